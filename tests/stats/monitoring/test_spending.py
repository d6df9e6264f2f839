"""Spending functions: their formulas, what holds of all, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.monitoring.spending import FAMILIES, Spending, require_level

ALGEBRA = 1e-12
PRINTED = 5e-7
"""Half a unit of the last printed digit."""
EACH = tuple(
    [Spending("obrien-fleming"), Spending("pocock")]
    + [Spending("hwang-shih-decani", gamma) for gamma in (-4, -2, 0, 1)]
    + [Spending("power", rho) for rho in (0.5, 1, 3)]
)
spendings = st.sampled_from(EACH)


def test_the_functions_at_a_half() -> None:
    """The formulas worked by hand at half the information and level 0.05."""
    e = np.e
    assert Spending("pocock").spent(0.5, 0.05) == pytest.approx(0.05 * np.log((1 + e) / 2), rel=ALGEBRA)
    assert Spending("power", 3).spent(0.5, 0.05) == pytest.approx(0.05 / 8, rel=ALGEBRA)
    found = Spending("hwang-shih-decani", -4).spent(0.5, 0.05)
    assert found == pytest.approx(0.05 * (e**2 - 1) / (e**4 - 1), rel=ALGEBRA)
    assert Spending("hwang-shih-decani", 1).spent(0.5, 0.05) == pytest.approx(
        0.05 / (1 + e**-0.5), rel=ALGEBRA
    )
    assert Spending("hwang-shih-decani", 0).spent(0.5, 0.05) == pytest.approx(0.025, rel=ALGEBRA)
    # z(0.025) is 1.959964; divided by √½ it is 2.771808, whose tail is 0.00278729
    assert Spending("obrien-fleming").spent(0.5, 0.05) == pytest.approx(2 * 0.00278729, abs=PRINTED / 10)


def test_a_two_sided_level_is_twice_the_function_at_half() -> None:
    """Of O'Brien & Fleming's type this is not the function of the whole level."""
    function = Spending("obrien-fleming")
    assert function.spent(0.25, 0.05, 2) == pytest.approx(2 * function.spent(0.25, 0.025), rel=ALGEBRA)
    assert function.spent(0.25, 0.05, 2) < function.spent(0.25, 0.05) / 3


@given(spendings, st.floats(0, 2), st.floats(0, 2), st.floats(1e-6, 0.5), st.sampled_from([1, 2]))
def test_a_spent_level_rises_from_0_to_alpha(
    spending: Spending, one: float, other: float, alpha: float, sides: int
) -> None:
    """Nothing is spent without information, all of it from the maximum on, and never less with more information."""
    early, late = sorted((one, other))
    spent = [spending.spent(time, alpha, sides) for time in (0, early, late, 1, 2)]  # type: ignore[arg-type]
    assert spent[0] == 0
    assert spent[1] <= spent[2] * (1 + ALGEBRA)
    assert spent[2] <= alpha * (1 + ALGEBRA)
    assert spent[3] == spent[4] == alpha


def test_late_and_early_functions() -> None:
    """O'Brien & Fleming's type spends later than Pocock's, and a larger gamma or a smaller rho earlier."""
    early = Spending("obrien-fleming"), Spending("pocock")
    gammas = [Spending("hwang-shih-decani", gamma) for gamma in (-4, -1, 0, 1, 4)]
    powers = [Spending("power", rho) for rho in (3, 1, 0.5)]
    for group in (early, gammas, powers):
        spent = [function.spent(0.3, 0.05) for function in group]
        assert spent == sorted(set(spent))


@pytest.mark.parametrize(
    ("family", "parameter", "words"),
    [
        ("haybittle", None, "is 'haybittle'"),
        ("pocock", 1.0, "parameter 1; expected none"),
        ("obrien-fleming", 0.0, "parameter 0; expected none"),
        ("power", None, "no parameter; expected one"),
        ("hwang-shih-decani", None, "no parameter; expected one"),
        ("hwang-shih-decani", float("inf"), "parameter inf; expected a finite"),
        ("power", float("nan"), "parameter nan; expected a finite"),
        ("power", 0.0, "parameter 0; expected more than 0"),
        ("power", -1.0, "parameter -1; expected more than 0"),
    ],
)
def test_a_function_that_is_none_is_refused(family: str, parameter: float | None, words: str) -> None:
    """Another family, and a parameter that is missing, not wanted or outside its range."""
    with pytest.raises(EstimationError, match=words):
        Spending(family, parameter)  # type: ignore[arg-type]


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, float("nan")])
def test_a_level_outside_0_to_1_is_refused(alpha: float) -> None:
    """The level is named, and so is what is expected."""
    with pytest.raises(EstimationError, match="alpha is"):
        Spending("pocock").spent(0.5, alpha)
    with pytest.raises(EstimationError, match="beta is"):
        require_level(alpha, "beta")


@pytest.mark.parametrize("time", [-0.1, float("nan")])
def test_a_fraction_below_0_is_refused(time: float) -> None:
    """The information fraction is 0 or more."""
    with pytest.raises(EstimationError, match="information fraction is"):
        Spending("pocock").spent(time, 0.05)


@pytest.mark.parametrize("sides", [0, 3])
def test_sides_are_one_or_two(sides: int) -> None:
    """Any other number is refused."""
    with pytest.raises(EstimationError, match=f"has {sides} sides"):
        Spending("pocock").spent(0.5, 0.05, sides)  # type: ignore[arg-type]


def test_every_family_is_tried_here() -> None:
    """The families of the properties above are all that there are."""
    assert {spending.family for spending in EACH} == set(FAMILIES)
