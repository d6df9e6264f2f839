"""Which of a month's runs stands for the month: one order, which every answer about a month uses."""

from medicore.records.ledger.states import RELEASED, RunState

NO_ATTEMPT = frozenset({RunState.EXPLORED, RunState.REFUSED})
"""The states of a run that neither is nor can become a record."""


def precedence(state: RunState, number: int) -> tuple[bool, bool, int]:
    """Return what orders the runs of a study's month; the run with the greatest value stands for the month.

    A released run goes before one that is not: a rerun takes its place once it is released itself. Among the others, an
    attempt goes before an exploration, and a later run before an earlier one.
    """
    return state in RELEASED, state not in NO_ATTEMPT, number
