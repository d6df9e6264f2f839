"""The gate of monitoring: a crossing is a finding for the board, unless the protocol says that nobody stops anything."""

from pathlib import Path
from typing import Any

from medicore.steps.gates.monitoring_gates import monitoring_findings
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
