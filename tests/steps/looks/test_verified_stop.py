"""Double programming of a stop: what a stopped study says of its effect is confirmed, and a wrong number is found."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medicore.stats.monitoring.stagewise import stage_wise
from medicore.steps.gates.monitoring_gates import second_implementation_findings
from medicore.steps.looks import claims, section
from tests.steps.looks.seen_looks import SPENDING, Study, planned, primary
from tests.steps.looks.test_verification import WRONG, confirmed


def moved_estimate(*given: Any, **more: Any) -> Any:
    """Return what the first implementation says after a stop, the estimate wrong by a thousandth of its scale."""
    found = stage_wise(*given, **more)
    return replace(found, estimate=found.estimate + WRONG)


def moved_end(*given: Any, **more: Any) -> Any:
    """Return the same, the upper limit wrong by a thousandth of its scale."""
    found = stage_wise(*given, **more)
    return replace(found, high=found.high + WRONG)


def moved_tail(*given: Any, **more: Any) -> Any:
    """Return the same, the p-value wrong by a thousandth."""
    found = stage_wise(*given, **more)
    return replace(found, p_value=found.p_value + WRONG)


def nothing(*_: Any, **__: Any) -> None:
    """Return nothing, as where the study goes on."""


@pytest.mark.parametrize("z", [4.5, -4.5])
@pytest.mark.parametrize("plan", [{}, {"sides": 1, "alpha": 0.025, "benefit": "lower"}])
def test_what_a_stopped_study_says_is_computed_twice(tmp_path: Path, plan: dict[str, Any], z: float) -> None:
    """Where a look ends the study, estimate, limits and p-value are confirmed, in both directions; before, there are none."""
    study = Study(tmp_path, planned(SPENDING, **plan))
    first = study.look(primary(1.0, 30, degrees_of_freedom=60))
    assert first["stage_wise"] is first["verification"]["stage_wise"] is None
    study.look(primary(0.9, 30, degrees_of_freedom=60))
    last = study.look(primary(z, 104, degrees_of_freedom=80))
    told, second = last["stage_wise"], last["verification"]["stage_wise"]
    assert confirmed(last)
    for key in ("estimate", "ci_low", "ci_high", "p_value"):
        assert second[key] == pytest.approx(told[key], rel=1e-6, abs=1e-7)
    assert second["ci_low"] < second["estimate"] < second["ci_high"]
    assert study.look(primary(z, 120))["verification"]["stage_wise"] is None or not last["crossed"]


@pytest.mark.parametrize(
    ("module", "name", "wrong", "key"),
    [
        (claims, "stage_wise", moved_estimate, "difference"),
        (claims, "stage_wise", moved_end, "difference"),
        (claims, "stage_wise", moved_tail, "level_difference"),
        (section, "after_stop", nothing, "difference"),
    ],
)
def test_a_wrong_estimate_after_a_stop_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, wrong: Any, key: str
) -> None:
    """A thousandth in any of its numbers, or none at all, is beyond what is tolerated and is a finding."""
    study = Study(tmp_path, planned(SPENDING))
    study.look(primary(1.0, 30))
    monkeypatch.setattr(module, name, wrong)
    found = study.look(primary(4.5, 60))
    assert not confirmed(found)
    assert float(found["verification"][key]) > 0.1 * WRONG
    (finding,) = second_implementation_findings(found) if wrong is not nothing else [None]
    assert finding is None or not finding.overridable
