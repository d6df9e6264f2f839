"""What everybody may see of a closed run: conduct, and of findings what compares no arms."""

from typing import Any

import pytest

from medicore.records.blinding.pooled import (
    HIDDEN,
    pooled_event,
    pooled_finding,
    pooled_findings,
    pooled_messages,
    pooled_row,
)
from medicore.records.finding import Finding
from medicore.records.ledger.event_details import Ending
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, chain

RUN, NOON = "TEST-CLOSED/2025-03/1", "2025-04-01T12:00:00.000000Z"


def finding(step: str) -> Finding:
    """Return a finding of a step, whose texts hold a number."""
    return Finding(step, "monitoring", "primary", "4.321", "2.0310", "z is 4.321, above 2.0310", 0.01)


def event(action: str, **details: Any) -> LedgerEvent:
    """Return an event about the run."""
    return chain(NewEvent("medicore", "service", action, RUN, "z is 4.321", details), NOON, None)


@pytest.mark.parametrize("step", ["cohort", "propensity", "effect", "sensitivity"])
def test_a_finding_that_compares_arms_keeps_its_step(step: str) -> None:
    """Its numbers, subject and digest are gone; the gate is named only before the effect, where it tells no comparison."""
    shown = pooled_finding(finding(step).as_json())
    assert set(shown) == set(finding(step).as_json())
    assert "4.321" not in str(shown)
    assert "2.0310" not in str(shown)
    assert (shown["step"], shown["digest"], shown["false_alarm_rate"]) == (step, "", None)
    assert ("monitoring" in str(shown)) is (step in {"cohort", "propensity"})


@pytest.mark.parametrize("step", ["extract", "check"])
def test_a_finding_about_the_data_stays_whole(step: str) -> None:
    """It compares no arms, and quality answers it by its digest."""
    assert pooled_finding(finding(step).as_json()) == finding(step).as_json()
    assert pooled_findings([finding(step)]) == (finding(step),)


def test_messages_say_where_a_run_stopped() -> None:
    """By the gate or the step; the words of an error are shown of the first two steps alone."""
    assert pooled_messages(None) == []
    halted = Ending(event("run.halted", step="effect", findings=[finding("effect").as_json()]))
    assert pooled_messages(halted) == ["a gate fired at the step effect; what it found is closed"]
    failed = Ending(event("run.failed", step="effect", error="EstimationError"))
    assert pooled_messages(failed) == ["stopped at the step effect; why is closed"]
    assert pooled_messages(Ending(event("run.failed", step="check"))) == ["z is 4.321"]
    assert pooled_messages(Ending(event("run.rejected"))) == [
        "stopped at the step that it had reached; why is closed"
    ]


def test_a_row_keeps_its_conduct() -> None:
    """State, requester, count and lateness stay; every figure that compares is None, and says until when."""
    row = {"run": RUN, "state": "released", "n": 300, "estimate": 4.321, "p_value": 0.01, "messages": ["4.321"],
           "late": False, "not_estimable": ["x"], "estimator": "AIPW", "report": "file://"}  # fmt: skip
    assert pooled_row(row, "unblinded", ["a gate fired"]) == {
        "run": RUN, "state": "released", "n": 300, "estimate": None, "p_value": None, "messages": ["a gate fired"],
        "late": False, "closed": "unblinded",
    }  # fmt: skip


@pytest.mark.parametrize("action", ["effect.completed", "run.halted", "decision.signed", "run.rejected"])
def test_an_event_loses_what_was_found(action: str) -> None:
    """Its place, digests of files and digest stay; its reason and its details are closed."""
    told = event(action, look={"z": 4.321}, outputs={"effect.json": "0"}, step="effect")
    shown = pooled_event(told)
    assert "4.321" not in str(shown)
    assert (shown.digest, shown.sequence, shown.reason) == (told.digest, told.sequence, HIDDEN)
    assert shown.details["outputs"] == {"effect.json": "0"}


def test_an_event_of_conduct_stays_whole() -> None:
    """A request, a data lock and an approval's place are conduct; an empty reason stays empty."""
    for action in ("run.requested", "lock.frozen", "run.sealed", "run.released"):
        assert pooled_event(event(action, number=4.321)) == event(action, number=4.321)
    bare = chain(NewEvent("medicore", "service", "effect.completed", RUN), NOON, None)
    assert pooled_event(bare).reason == ""
