"""Every action has its meaning in one sentence."""

import re

import pytest

from medicore.errors import IntegrityError
from medicore.records.ledger.actions import ACTIONS, known_action

STEPS = ("extract", "check", "cohort", "propensity", "effect", "sensitivity", "report", "review", "archive")


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_meaning_is_one_sentence(action: str) -> None:
    """An action is named as noun.participle, and its meaning is a sentence."""
    assert re.fullmatch(r"[a-z]+\.[a-z]+", action)
    assert re.fullmatch(r"[A-Z][^.]{20,120}\.", ACTIONS[action])


@pytest.mark.parametrize("step", STEPS)
def test_every_step_can_complete_and_halt(step: str) -> None:
    """The ledger can say of each step that it completed and that it halted."""
    assert known_action(f"{step}.completed") in ACTIONS
    assert known_action(f"{step}.halted") in ACTIONS


def test_an_unknown_action_is_refused() -> None:
    """What the table lacks is no action."""
    with pytest.raises(IntegrityError, match="not one that the ledger knows"):
        known_action("run.deleted")
