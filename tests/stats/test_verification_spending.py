"""Alpha spending a second time: published numbers, the first implementation on random designs, and what is found wrong."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from medicore.stats.monitoring.boundaries import AlphaSpending, looks
from medicore.stats.monitoring.lower_bounds import futility_bounds
from medicore.stats.monitoring.repeated import sequential_p_value
from medicore.stats.monitoring.spending import Spending
from medicore.stats.verification_spending import (
    Function,
    Recorded,
    costed,
    futility_bound,
    own_looks,
    sequential_p,
)
from tests.stats.monitoring.designs import ANCHOR, EQUAL, designs, fractions

ALGEBRA = 1e-13
LEVEL = 1e-7
"""Of the first implementation's probabilities."""
BOUND = 1e-6
"""Of its bounds, where looks are a twentieth of the maximum apart."""
SMALLEST_MOVE = 1e-3
"""A boundary that is wrong by so much is found."""
TOLERATED = 1e-5
"""What the gate tolerates of a bound."""
OBRIEN_FLEMING = Function("obrien-fleming", None, 0.05, 2)
POCOCK = Function("pocock", None, 0.05, 2)


def function_of(design: AlphaSpending) -> Function:
    """Return the second implementation's function of a design."""
    return Function(design.spending.family, design.spending.parameter, design.alpha, design.sides)


def recorded(design: AlphaSpending, at: tuple[float, ...]) -> list[Recorded]:
    """Return the looks as the first implementation finds them."""
    return [Recorded(one.fraction, one.critical_value, one.spent) for one in looks(design, at)]


@pytest.mark.parametrize("time", [1e-4, 0.02, 0.3, 0.99, 1.0, 1.7])
@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("obrien-fleming", None),
        ("pocock", None),
        ("hwang-shih-decani", -4.0),
        ("hwang-shih-decani", 0.0),
        ("hwang-shih-decani", 2.5),
        ("power", 0.7),
        ("power", 3.0),
    ],
)
def test_the_functions_are_those_of_the_first(
    name: str, parameter: float | None, sides: int, time: float
) -> None:
    """Written from other forms of the same formulas, each function spends the same by any time."""
    first = Spending(name, parameter).spent(time, 0.03, sides)  # type: ignore[arg-type]
    assert Function(name, parameter, 0.03, sides).at(time) == pytest.approx(first, rel=1e-10, abs=1e-300)


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (OBRIEN_FLEMING, EQUAL, (4.8769, 3.3570, 2.6803, 2.2898, 2.0310)),
        (POCOCK, EQUAL, (2.4380, 2.4268, 2.4102, 2.3966, 2.3860)),
        (OBRIEN_FLEMING, (0.25, 0.5, 0.8, 1.15), (4.3326, 2.9631, 2.2662, 2.0634)),
        (Function("obrien-fleming", None, 0.025, 1), (0.25, 0.5, 0.75, 1.0), (4.332634, 2.963132, 2.359044)),
        (Function("power", 3.0, 0.05, 2), (0.2, 0.35, 0.5), (3.540084, 3.107460, 2.799782)),
        (Function("hwang-shih-decani", -4.0, 0.025, 1), (1 / 7, 2 / 7, 3 / 7), (3.382211, 3.191490, 2.983395)),
    ],
)  # fmt: skip
def test_boundaries_of_other_software(
    function: Function, at: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    """The packages gsDesign 3.11, ldbounds 2.0.2 and rpact 4.5 find these, and each is found to cost what it may."""
    found = own_looks(function, at, [False] * len(at))
    assert [one.bound for one in found][: len(expected)] == pytest.approx(expected, abs=ANCHOR)
    cumulative = [function.at(time) for time in at]
    assert [one.spent for one in found] == pytest.approx(cumulative, rel=1e-12)
    exact = [Recorded(time, one.bound, one.spent) for time, one in zip(at, found, strict=True)]
    assert [one.crossing for one in costed(function, exact)] == pytest.approx(
        np.diff([0.0, *cumulative]), rel=1e-9
    )


@settings(max_examples=15)
@given(designs, fractions())
def test_the_first_implementation_is_confirmed(design: AlphaSpending, at: tuple[float, ...]) -> None:
    """On any design what a look costs, what it may spend, and the bound that spends it are those of the first."""
    given_looks = recorded(design, at)
    found = costed(function_of(design), given_looks)
    spent = np.diff([0.0, *(one.spent for one in given_looks)])
    assert [one.crossing for one in found] == pytest.approx(spent, abs=LEVEL)
    assert [one.allowed for one in found] == pytest.approx(spent, abs=ALGEBRA)
    assert [one.bound for one in found] == pytest.approx([one.bound for one in given_looks], abs=BOUND)
    assert found[-1].spent == pytest.approx(design.alpha, abs=LEVEL)
    own = own_looks(function_of(design), at, [False] * len(at))
    assert [one.bound for one in own] == pytest.approx([one.bound for one in given_looks], abs=BOUND)


@settings(max_examples=10)
@given(designs, fractions(), st.data())
def test_a_boundary_that_moved_is_found(
    design: AlphaSpending, at: tuple[float, ...], data: st.DataObject
) -> None:
    """One boundary that is wrong by a thousandth is farther from the second's than is tolerated, up or down."""
    given_looks = recorded(design, at)
    place = data.draw(st.integers(0, len(at) - 1))
    move = data.draw(st.sampled_from([-SMALLEST_MOVE, SMALLEST_MOVE]))
    given_looks[place] = replace(given_looks[place], bound=given_looks[place].bound + move)
    cost = costed(function_of(design), given_looks)[place]
    assert cost.noted
    assert abs(cost.bound - given_looks[place].bound) > 50 * TOLERATED
    assert (cost.crossing < cost.allowed) == (move > 0)


def test_what_was_spent_before_limits_what_is_allowed() -> None:
    """A held look and one whose function is below the recorded level may spend nothing, and have no bound."""
    found = costed(
        POCOCK,
        [Recorded(0.2, np.inf, 0.0, held=True), Recorded(0.4, 2.0, 0.045), Recorded(0.6, np.inf, 0.045)],
    )
    assert [one.allowed for one in found] == [0, pytest.approx(POCOCK.at(0.4)), 0]
    assert (found[0].bound, found[2].bound, found[2].crossing) == (np.inf, np.inf, 0)
    assert found[1].crossing == pytest.approx(2 * norm.sf(2.0), rel=1e-9)
    assert [one.noted for one in found] == [False, True, False]
    assert found[2].spent == 0.045
    after = costed(POCOCK, [Recorded(0.4, 2.0, 0.045), Recorded(1.0, 2.5, 0.05)])[1]
    assert after.allowed == pytest.approx(0.005, abs=ALGEBRA)


def test_a_level_that_rounding_decides_on_is_not_noted() -> None:
    """A first look of 1 % of the information may spend 6e-111; a later one a share of 1e-10; neither has a bound to compare."""
    first, second = costed(OBRIEN_FLEMING, [Recorded(0.01, 22.38, 0.0), Recorded(0.5, 2.9626, 0.003)])
    assert (first.noted, second.noted) == (False, True)
    share = POCOCK.at(0.5) - 1e-11
    assert not costed(POCOCK, [Recorded(0.4, 2.5, share), Recorded(0.5, 9.0, share)])[1].noted


def test_own_looks_keep_the_look_before_and_wait() -> None:
    """A look whose information did not rise is the one before; looks of too few subjects spend nothing."""
    found = own_looks(POCOCK, (0.3, 0.6, 0.55, 0.600001, 1.0), (True, False, False, False, False))
    assert found[0].bound == np.inf
    assert found[1] is found[2] is found[3]
    plain = own_looks(POCOCK, (0.6, 1.0), (False, False))
    assert [found[1].bound, found[4].bound] == pytest.approx([one.bound for one in plain], abs=1e-10)
    assert found[4].spent == pytest.approx(0.05, rel=1e-12)


@settings(max_examples=15)
@given(fractions(), st.sampled_from([0.1, 0.2]), st.floats(1.5, 5))
def test_futility_is_that_of_the_first(at: tuple[float, ...], beta: float, drift: float) -> None:
    """On any design the last bound for futility is that of the first implementation."""
    design = AlphaSpending(Spending("hwang-shih-decani", -4), 0.025, 1)
    upper = [one.critical_value for one in looks(design, at)]
    for spending in (Spending("pocock"), Spending("obrien-fleming"), Spending("power", 1.0)):
        function = Function(spending.family, spending.parameter, beta)
        first = futility_bounds(at, upper, spending, beta, drift)
        for last in range(1, len(at) + 1):
            found = futility_bound(function, drift, at[:last], upper[:last])
            if found.noted:
                assert found.bound == pytest.approx(first[last - 1], abs=BOUND)
        assert found.spent == pytest.approx(beta, rel=1e-12)


def test_futility_has_its_limits() -> None:
    """A study that would end for efficacy has that bound; a level that is none has −∞, and is not compared."""
    linear = Function("power", 1.0, 0.2)
    assert futility_bound(linear, 3.0, (1.0,), (1.5,)).bound == 1.5
    nothing = futility_bound(Function("power", 400.0, 0.2), 3.0, (0.1,), (4.0,))
    assert (nothing.bound, nothing.noted) == (-np.inf, False)
    small = futility_bound(Function("obrien-fleming", None, 0.1), 3.0, (0.03,), (9.0,))
    assert 1e-30 < small.allowed < 1e-15
    assert not small.noted
    assert futility_bound(linear, 3.0, (0.5,), (4.0,)).bound == pytest.approx(
        3 * np.sqrt(0.5) + norm.ppf(0.1), abs=1e-9
    )


@settings(max_examples=15)
@given(designs, fractions(4), st.lists(st.floats(-4, 4), min_size=4, max_size=4))
def test_sequential_p_values_are_those_of_the_first(
    design: AlphaSpending, at: tuple[float, ...], z: list[float]
) -> None:
    """On any design and statistics the p-value is that of the first; it is found again where the start is wrong."""
    statistics = z[: len(at)]
    first = sequential_p_value(design, at, statistics)
    function = function_of(design)
    assert sequential_p(function, at, statistics, first) == pytest.approx(first, abs=LEVEL)
    assert sequential_p(function, at, statistics, 0.31) == pytest.approx(first, abs=LEVEL)


def test_a_sequential_p_value_has_its_ends() -> None:
    """Without an effect it is 1; a statistic beyond every bound has the smallest; one look has the fixed analysis'."""
    one_sided = Function("pocock", None, 0.025, 1)
    assert sequential_p(one_sided, (0.5,), (-9.0,), 1.0) == 1
    assert sequential_p(POCOCK, (0.5, 1.0), (0.0, 0.0), 1.0) == 1
    assert sequential_p(POCOCK, (1.0,), (38.0,), 1e-9) < 1e-298
    assert sequential_p(POCOCK, (1.0,), (-2.5,), 0.5) == pytest.approx(2 * norm.sf(2.5), rel=1e-8)
    assert sequential_p(one_sided, (1.0,), (2.5,), 0.0062) == pytest.approx(norm.sf(2.5), rel=1e-8)
    rising = [sequential_p(POCOCK, (0.5, 0.49), (2.0, z), 0.5) for z in (1.0, 2.0, 2.5, 3.0)]
    assert rising[0] == rising[1]
    assert all(late < early for early, late in pairwise(rising[1:]))
