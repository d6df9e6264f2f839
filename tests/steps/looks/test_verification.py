"""Double programming of looks: every claim is confirmed, and one that is wrong in its fourth decimal is found."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.steps.looks import boundaries, claims, section, verification
from tests.steps.looks.seen_looks import SEQUENCE, SPENDING, Study, planned, primary

WRONG = 1e-3
"""A boundary that is wrong by so much is found."""
BOUNDED: dict[str, Any] = {
    "benefit": "lower",
    "harm": {"alpha": 0.05, "function": "pocock"},
    "futility": {"beta": 0.1, "effect": 0.33, "function": "pocock"},
}


def confirmed(found: dict[str, Any]) -> bool:
    """Return whether the second implementation confirms a look."""
    return verification.confirmed(found["verification"])


@st.composite
def studies(draw: st.DrawFn) -> tuple[dict[str, Any], list[tuple[float, float, int, int | None]]]:
    """Return a plan by alpha spending, and looks by z, information, subjects and degrees of freedom."""
    function, parameter = draw(
        st.sampled_from(
            [("obrien-fleming", None), ("pocock", None), ("hwang-shih-decani", -3.0), ("power", 1.5)]
        )
    )
    sides = draw(st.sampled_from([1, 2]))
    plan: dict[str, Any] = {
        "function": function, "sides": sides, "alpha": 0.05 if sides == 2 else 0.025,
        "benefit": draw(st.sampled_from(["higher", "lower"])), "first_subjects": draw(st.sampled_from([10, 150])),
    }  # fmt: skip
    if draw(st.booleans()):
        plan["harm"] = {"alpha": 0.05, "function": draw(st.sampled_from(["pocock", "obrien-fleming"]))}
    if draw(st.booleans()):
        plan["futility"] = {"beta": 0.1, "effect": 0.3, "function": "pocock"}
    if parameter is not None:
        plan["parameter"] = parameter
    look = st.tuples(
        st.floats(-4, 4),
        st.integers(5, 130).map(float),
        st.sampled_from([80, 200, 300]),
        st.sampled_from([None, 7, 90]),
    )
    return plan, draw(st.lists(look, min_size=1, max_size=4))


@settings(max_examples=20)
@given(studies())
def test_any_look_by_alpha_spending_is_confirmed(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: tuple[dict[str, Any], list[tuple[float, float, int, int | None]]],
) -> None:
    """On any plan and any looks, falling information too, every claim of each look is that of the second."""
    plan, made = drawn
    study = Study(tmp_path_factory.mktemp("drawn"), planned(SPENDING, **plan))
    for z, information, n, degrees in made:
        found = study.look(primary(z, information, n, degrees_of_freedom=degrees))
        assert confirmed(found), found
        for name in ("harm", "futility"):
            assert (found[name] is None) == (found["verification"][name] is None)


@settings(max_examples=20)
@given(
    st.floats(-5, 5),
    st.integers(20, 900),
    st.sampled_from([1, 2]),
    st.sampled_from([None, 30]),
    st.booleans(),
)
def test_any_look_by_a_sequence_is_confirmed(
    tmp_path_factory: pytest.TempPathFactory, z: float, n: int, sides: int, degrees: int | None, lower: bool
) -> None:
    """Multiple, interval and p-value of two looks, before and after the first that speaks."""
    plan = planned(
        SEQUENCE, sides=sides, alpha=0.05 / (3 - sides), benefit="lower" if lower else "higher", first=100
    )
    study = Study(tmp_path_factory.mktemp("sequence"), plan)
    for size in (n, 2 * n):
        found = study.look(primary(z, 0.1 * size, size, degrees_of_freedom=degrees))
        assert confirmed(found), found
        assert found["verification"]["looks"] == []


def test_a_year_of_looks_is_confirmed(tmp_path: Path) -> None:
    """Twelve months with bounds for harm and futility: each look's row says what it costs and may spend."""
    study = Study(tmp_path, planned(SPENDING, **BOUNDED))
    for month in range(1, 13):
        found = study.look(primary(-0.2 * month, 100 * month / 12))
        assert confirmed(found)
    rows = found["verification"]["looks"]
    assert [row["number"] for row in rows] == [*range(1, 13)]
    spent = [look["spent"] for look in found["looks"]]
    assert [row["crossing"] for row in rows] == pytest.approx(
        [now - before for now, before in zip(spent, [0.0, *spent], strict=False)], abs=1e-7
    )
    assert sum(row["allowed"] for row in rows) == pytest.approx(0.05, abs=1e-12)
    assert found["verification"]["spent"] == pytest.approx(0.05, abs=1e-7)


def test_a_single_month_and_a_ratio_are_confirmed(tmp_path: Path) -> None:
    """The planned month is the fixed analysis, others claim nothing; limits of a ratio are on its own scale."""
    study = Study(tmp_path / "one", planned({"method": "single", "month": "2025-02"}))
    for month, controlled in (("2025-01", False), ("2025-02", True), ("2025-02", False)):
        found = study.look(primary(2.5, 50), month=month, data=f"{len(study.told)}")
        assert confirmed(found)
        assert (found["verification"]["boundary"] == "inf") != controlled
        assert (found["verification"]["sequential_p"] is None) != controlled
    stored = planned(SPENDING, first_subjects=150).as_json()
    stored["estimand"]["measure"] = "risk ratio"
    ratio = {"scale": "logarithm", "measure": "risk ratio", "unit": "", "estimate": 1.5}
    study = Study(tmp_path / "ratio", planned(SPENDING).model_validate(stored))
    for n in (100, 200):
        found = study.look(primary(1.0, 40.0 + n, n, **ratio))
        assert confirmed(found)
        second = found["verification"]
        assert second["ci_low"] == pytest.approx(found["ci_low"], rel=1e-6)
    assert second["ci_low"] > 0


def test_what_earlier_runs_claimed_stands(tmp_path: Path) -> None:
    """Looks of another design, reruns and kept looks are confirmed: only what this run computes is judged."""
    study = Study(tmp_path, planned(SPENDING, function="pocock"))
    first = study.look(primary(1.0, 30))
    study.told = [
        replace(study.told[0], claim=replace(_claim(study), boundary=_moved(_claim(study).boundary)))
    ]
    study.plan = planned(SPENDING)
    second = study.look(primary(1.0, 60))
    assert confirmed(second)
    assert second["verification"]["looks"][0]["crossing"] != pytest.approx(
        first["looks"][0]["spent"], abs=1e-6
    )
    assert confirmed(study.look(primary(1.1, 55)))
    again = study.look(primary(1.0, 60), data="2025-02")
    assert again["looks"][-1]["rerun_of"] == 2
    assert confirmed(again)


def _claim(study: Study) -> Any:
    return study.told[0].claim


def _moved(boundary: Any) -> Any:
    return replace(boundary, critical_value=boundary.critical_value + 0.1)


def moved_look(*given: Any, **more: Any) -> Any:
    """Return the looks of the first implementation, the last boundary wrong by a thousandth."""
    found = RIGHT["looks"](*given, **more)
    return (*found[:-1], replace(found[-1], critical_value=found[-1].critical_value + WRONG))


def overspent(*given: Any, **more: Any) -> Any:
    """Return the looks of the first implementation, the last with a thousandth more spent than its boundary costs."""
    found = RIGHT["looks"](*given, **more)
    return (*found[:-1], replace(found[-1], spent=found[-1].spent + WRONG))


def moved_interval(*given: Any, **more: Any) -> Any:
    """Return the interval of the first implementation, longer by a thousandth of a standard error."""
    low, high = RIGHT["repeated_interval"](*given, **more)
    return low - WRONG * given[1], high


def moved_p(*given: Any) -> Any:
    """Return the sequential p-value of the first implementation, a thousandth smaller."""
    return RIGHT["sequential_p_value"](*given) - WRONG


def moved_futility(*given: Any) -> Any:
    """Return the bounds for futility of the first implementation, the last wrong by a thousandth."""
    found = RIGHT["futility_bounds"](*given)
    return (*found[:-1], found[-1] + WRONG)


def moved_z(*given: Any) -> Any:
    """Return the statistic of the first implementation, wrong by a thousandth."""
    return RIGHT["normal_quantile"](*given) + WRONG


def none(*_: Any) -> None:
    """Return no bound."""


RIGHT: dict[str, Callable[..., Any]] = {
    "looks": boundaries.looks,
    "repeated_interval": claims.repeated_interval,
    "sequential_p_value": claims.sequential_p_value,
    "futility_bounds": claims.futility_bounds,
    "normal_quantile": section.normal_quantile,
}


@pytest.mark.parametrize(
    ("module", "name", "wrong", "key"),
    [
        (boundaries, "looks", moved_look, "difference"),
        (boundaries, "looks", overspent, "level_difference"),
        (claims, "repeated_interval", moved_interval, "difference"),
        (claims, "sequential_p_value", moved_p, "level_difference"),
        (claims, "futility_bounds", moved_futility, "difference"),
        (section, "normal_quantile", moved_z, "difference"),
        (section, "futility_bound", none, "difference"),
        (section, "harm_bound", none, "level_difference"),
    ],
)
def test_a_wrong_claim_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, wrong: Any, key: str
) -> None:
    """Whatever part of the first implementation is wrong by a thousandth, or finds nothing, the difference says so."""
    study = Study(tmp_path, planned(SPENDING, **BOUNDED))
    assert confirmed(study.look(primary(-1.0, 30, degrees_of_freedom=40)))
    monkeypatch.setattr(module, name, wrong)
    found = study.look(primary(-2.1, 60, degrees_of_freedom=40))
    assert not confirmed(found)
    second = found["verification"]
    assert float(second[key]) > 0.3 * WRONG


def test_a_claim_that_is_not_confirmed_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look counts without its claim: a rerun computes the boundary again, and the next look rests on that."""
    study = Study(tmp_path, planned(SPENDING))
    with monkeypatch.context() as patch:
        patch.setattr(boundaries, "looks", moved_look)
        wrong = study.look(primary(1.0, 40))
    assert study.told[0].seen is not None
    assert study.told[0].claim is None
    again = study.look(primary(1.0, 40), data="2025-01")
    assert again["looks"][1]["rerun_of"] == 1
    assert confirmed(again)
    assert wrong["boundary"] == pytest.approx(again["boundary"] + WRONG, rel=1e-12)
    last = study.look(primary(1.0, 80))
    assert last["looks"][0]["boundary"] == again["boundary"]
    assert confirmed(last)
