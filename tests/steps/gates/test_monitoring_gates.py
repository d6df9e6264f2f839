"""The gate of monitoring: a crossing is a finding for the board, unless the protocol says that nobody stops anything."""

from pathlib import Path
from typing import Any

import pytest

from medicore.steps.gates.monitoring_gates import (
    harm_findings,
    monitoring_findings,
    second_implementation_findings,
)
from tests.steps.looks import test_harms as harms
from tests.steps.looks.seen_looks import SEQUENCE, SPENDING, Study, planned, primary


def at_look(folder: Path, plan: dict[str, Any], z: float, month: str = "2025-01") -> list[Any]:
    """Return the findings of one look with three quarters of the planned information."""
    return [*monitoring_findings(Study(folder, planned(plan)).look(primary(z, 75, n=400), month=month))]


def test_a_crossed_boundary_is_a_finding_that_a_person_answers(tmp_path: Path) -> None:
    """Statistic and boundary stand in the finding; the chance of it without an effect is the nominal level."""
    for name, plan in (("spending", SPENDING), ("sequence", SEQUENCE)):
        (found,) = at_look(tmp_path / name, dict(plan), 5.0)
        assert (found.gate, found.statistic, found.overridable) == ("monitoring", "5", True)
        assert found.subject == f"boundary of {plan['method']}"
        assert found.false_alarm_rate is not None
        assert 0 < found.false_alarm_rate < 0.05
        assert "look 1 crossed the boundary" in found.message
        assert at_look(tmp_path / f"quiet-{name}", dict(plan), 1.5) == []


def test_a_study_that_stops_at_nothing_has_no_finding(tmp_path: Path) -> None:
    """With the action none a crossing is told in the results and is no finding."""
    assert at_look(tmp_path, {**SPENDING, "action": "none"}, 5.0) == []


def test_harm_and_futility_are_findings(tmp_path: Path) -> None:
    """Each bound that was crossed has its own finding, and says that it binds nobody."""
    plan = {
        **SPENDING,
        "benefit": "higher",
        "harm": {"alpha": 0.1, "function": "pocock"},
        "futility": {"beta": 0.1, "effect": 0.33, "function": "pocock"},
    }
    found = at_look(tmp_path, plan, -2.0)
    assert [one.subject for one in found] == ["bound for harm", "bound for futility"]
    assert all("binds nobody" in one.message and one.overridable for one in found)


def test_a_look_outside_the_single_month_is_a_finding(tmp_path: Path) -> None:
    """The planned month has none, whatever its result; any other month is told as a look without control."""
    plan = {"method": "single", "month": "2025-06"}
    assert at_look(tmp_path / "planned", plan, 5.0, month="2025-06") == []
    (found,) = at_look(tmp_path / "other", plan, 0.5, month="2025-05")
    assert (found.subject, found.overridable) == ("unplanned look", True)
    assert "look 1, of month 2025-05, is without control" in found.message


def counted(folder: Path, changed: dict[str, Any], *events: tuple[int, int], **told: Any) -> list[Any]:
    """Return the findings on a binomial and a Poisson harm at the last of looks with so many events in each arm."""
    both = ({**harms.BINOMIAL, **changed}, {**harms.POISSON, **changed})
    study = harms.Counting(folder, harms.planned(*both))
    rows = [study.look(harms.extract(*each, **told)) for each in events]
    return [*harm_findings(rows[-1])]


def test_a_signal_of_harm_is_a_finding_that_a_person_answers(tmp_path: Path) -> None:
    """Ratio, critical value and counts stand in the finding; fewer events are no finding, nor is one where none stops."""
    found = counted(tmp_path / "loud", {}, (25, 1))
    assert [(one.gate, one.subject, one.overridable) for one in found] == [
        ("monitoring", "harm fall", True), ("monitoring", "harm bleeding", True),
    ]  # fmt: skip
    for one in found:
        assert float(one.statistic) > float(one.threshold)
        assert one.false_alarm_rate is not None
        assert 0 < one.false_alarm_rate <= 0.05 + 1e-9
        assert "look 1 signals the harm" in one.message
        assert "25 events of the treated and 1 of the controls" in one.message
    assert counted(tmp_path / "quiet", {}, (3, 1)) == []
    assert counted(tmp_path / "none", {"action": "none"}, (25, 1)) == []


def test_a_signal_of_before_stays_a_finding(tmp_path: Path) -> None:
    """Where the counts fell, the finding names the look that signalled, with the statistic of this one."""
    for one in counted(tmp_path, {}, (25, 1), (3, 1)):
        assert "look 1 signalled the harm" in one.message
        assert float(one.statistic) < float(one.threshold)


def test_a_surveillance_past_its_end_is_a_finding(tmp_path: Path) -> None:
    """Nothing is tested any more, whatever the counts: the board is told, with the limit that was passed."""
    found = counted(tmp_path, {"upper_limit": 5}, (20, 16))
    assert [one.subject for one in found] == ["end of harm fall", "end of harm bleeding"]
    assert [one.threshold for one in found] == ["5", "5"]
    assert "36 events came in both arms" in found[0].message
    assert "events were expected" in found[1].message


def test_events_without_a_test_are_a_finding(tmp_path: Path) -> None:
    """Events that nothing can be held against are for the board; without any event there is nothing to tell."""
    found = counted(tmp_path / "events", {"exposure": "years"}, (3, 0), years=0.0)
    assert [one.subject for one in found] == ["untested harm fall", "untested harm bleeding"]
    assert all("an arm has no exposure yet" in one.message for one in found)
    assert counted(tmp_path / "no", {"exposure": "years"}, (0, 0), years=0.0) == []


@pytest.mark.parametrize(
    ("key", "gap", "words"),
    [
        ("difference", 1.1e-5, "they differ by 1.1e-05 (standard errors), tolerated are 1e-05"),
        ("difference", "inf", "they differ by inf (standard errors)"),
        ("level_difference", 2e-6, "they differ by 2e-06 (level), tolerated are 1e-06"),
        ("level_difference", float("nan"), "they differ by nan (level)"),
    ],
)
def test_an_unconfirmed_look_cannot_be_overridden(tmp_path: Path, key: str, gap: Any, words: str) -> None:
    """A second implementation that disagrees, or finds no number, stops the run for good; else it says nothing (FAULTS 62)."""
    section = Study(tmp_path, planned(SEQUENCE, action="none")).look(primary(1.0, 75, n=400))
    assert [*second_implementation_findings(section)] == []
    section["verification"][key] = gap
    (found,) = second_implementation_findings(section)
    assert (found.gate, found.overridable) == ("double programming of looks", False)
    assert words in found.message
    assert "what look 1 claims" in found.message
    section["verification"][key] = section["verification"][key.replace("difference", "tolerance")]
    assert [*second_implementation_findings(section)] == []


@pytest.mark.parametrize(
    ("key", "gap", "unit"),
    [("difference", "inf", "ratio"), ("difference", 1.1e-6, "ratio"), ("level_difference", 2e-6, "level")],
)
def test_an_unconfirmed_harm_cannot_be_overridden(tmp_path: Path, key: str, gap: Any, unit: str) -> None:
    """A harm whose test the second implementation does not confirm stops the run for good, whatever its action (FAULTS 62)."""
    plan = harms.planned({**harms.BINOMIAL, "action": "none"})
    rows = harms.Counting(tmp_path, plan).look(harms.extract(3, 1))
    assert [*harm_findings(rows)] == []
    rows[0]["verification"][key] = gap
    (found,) = harm_findings(rows)
    assert (found.gate, found.subject, found.overridable) == (
        "double programming of looks", f"harm fall, {unit}", False,
    )  # fmt: skip
    assert "does not confirm the test of the harm 'fall'" in found.message
