"""The subjects of a halted run by the state of their outcome: counts, and nothing of the outcomes' values."""

from presentation.sections.outcomes import STATES, states_table
from presentation.writing.inputs import Report
from presentation.writing.typst import block

_SHOWN = tuple(state for state in STATES if state[1] != "outside_window")


def states(report: Report) -> str:
    """Return Table 14.1.1.1: the outcomes of the eligible subjects at the data lock, by arm."""
    words = (
        "Percentages of the eligible, or of those whose outcome was due. Values of outcomes are not shown."
    )
    return block(states_table(report, _SHOWN, words))
