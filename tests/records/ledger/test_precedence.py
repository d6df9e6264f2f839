"""The order of a month's runs: which of them stands for the month."""

import itertools

import pytest

from medicore.records.ledger.precedence import precedence
from medicore.records.ledger.states import RELEASED, RunState

EXPLORED, FAILED, SEALED, ARCHIVED = RunState.EXPLORED, RunState.FAILED, RunState.SEALED, RunState.ARCHIVED


@pytest.mark.parametrize(
    ("states", "stands"),
    [
        ((ARCHIVED, SEALED), 1),
        ((ARCHIVED, FAILED, EXPLORED), 1),
        ((ARCHIVED, RunState.RELEASED), 2),
        ((FAILED, SEALED, RunState.RUNNING), 3),
        ((SEALED, EXPLORED, EXPLORED), 1),
        ((EXPLORED, EXPLORED), 2),
        ((RunState.HALTED, RunState.REJECTED), 2),
    ],
)
def test_one_run_stands_for_a_month(states: tuple[RunState, ...], stands: int) -> None:
    """The last released run, else the last attempt, else the last exploration."""
    runs = enumerate(states, start=1)
    assert max(runs, key=lambda run: precedence(run[1], run[0])) == (stands, states[stands - 1])


def test_no_run_overtakes_a_released_one() -> None:
    """Whatever the states, a run that is not released goes before none that is, and of equals the later one goes first."""
    for first, second in itertools.product(RunState, repeat=2):
        later_wins = precedence(second, 2) > precedence(first, 1)
        if first in RELEASED and second not in RELEASED:
            assert not later_wins
        if first is second:
            assert later_wins
