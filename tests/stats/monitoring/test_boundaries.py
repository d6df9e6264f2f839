"""Boundaries of alpha spending: published numbers, properties, a second derivation, and what is refused."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from medicore.errors import EstimationError
from medicore.stats.monitoring.boundaries import AlphaSpending, Look, looks
from medicore.stats.monitoring.crossing import crossing_probabilities
from medicore.stats.monitoring.spending import Spending
from tests.stats.monitoring.designs import (
    ANCHOR,
    EARLY,
    EQUAL,
    LATE,
    OBRIEN_FLEMING,
    ONE_SIDED,
    PROBABILITY,
    designs,
    fractions,
)

ALGEBRA = 1e-12
ROUNDING = 1e-9
PATHS = 400_000


def values(found: tuple[Look, ...]) -> list[float]:
    """Return the critical values of looks."""
    return [look.critical_value for look in found]


@pytest.mark.parametrize(
    ("design", "at", "expected"),
    [
        (LATE, EQUAL, (4.8769, 3.3570, 2.6803, 2.2898, 2.0310)),
        (EARLY, EQUAL, (2.4380, 2.4268, 2.4102, 2.3966, 2.3860)),
        (LATE, (0.25, 0.5, 0.8, 1.15), (4.3326, 2.9631, 2.2662, 2.0634)),
        (replace(LATE, alpha=0.025, sides=1), (0.25, 0.5, 0.75, 1), (4.332634, 2.963132, 2.359044)),
        (AlphaSpending(Spending("power", 3), 0.05), (0.2, 0.35, 0.5), (3.540084, 3.107460, 2.799782)),
        (AlphaSpending(Spending("hwang-shih-decani", -4), 0.025, 1), np.arange(1, 8) / 7, (3.382211, 3.191490, 2.983395)),
    ],
)  # fmt: skip
def test_boundaries_of_other_software(
    design: AlphaSpending, at: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    """The packages gsDesign 3.11, ldbounds 2.0.2 and rpact 4.5 find these, equal looks, unequal ones and an over-run."""
    found = values(looks(design, at))
    assert found[: len(expected)] == pytest.approx(expected, abs=ANCHOR)


def test_levels_too_small_for_other_software() -> None:
    """At 2 % of the information O'Brien & Fleming's type spends 3e-56, the exact tail at 15.8055."""
    found = looks(LATE, (0.02, 0.5, 1))
    assert found[0].critical_value == pytest.approx(15.805489, abs=1e-6)
    assert looks(LATE, (0.071, 0.1, 0.142, 0.171))[2].critical_value == pytest.approx(5.8336, abs=1e-2)


@given(designs)
def test_one_look_with_all_information_is_the_fixed_analysis(design: AlphaSpending) -> None:
    """Its boundary is the normal quantile, its nominal level alpha, and all is spent."""
    (look,) = looks(design, (1.0,))
    assert look.critical_value == pytest.approx(-ndtri(design.alpha / design.sides), abs=ALGEBRA)
    assert (look.nominal_level, look.spent) == pytest.approx((design.alpha, design.alpha), rel=ALGEBRA)


@settings(max_examples=25)
@given(designs, fractions())
def test_crossing_under_no_effect_sums_to_alpha(design: AlphaSpending, at: tuple[float, ...]) -> None:
    """The probability to cross at each look, computed from the boundaries, is the level spent there."""
    found = looks(design, at)
    upper = values(found)
    crossing = crossing_probabilities(at, [design.lower(value) for value in upper], upper)
    spent = np.diff([0.0, *(look.spent for look in found)])
    assert np.add(crossing.upper, crossing.lower) == pytest.approx(spent, abs=PROBABILITY)
    assert crossing.any == pytest.approx(design.alpha, abs=PROBABILITY)


@settings(max_examples=25)
@given(designs, fractions())
def test_what_is_monotone(design: AlphaSpending, at: tuple[float, ...]) -> None:
    """Spent levels rise; a larger alpha lowers every boundary; no boundary is below the fixed analysis'."""
    found = looks(design, at)
    assert all(early.spent <= late.spent for early, late in pairwise(found))
    easier = looks(replace(design, alpha=design.alpha * 1.5), at)
    assert all(low <= high + ROUNDING for low, high in zip(values(easier), values(found), strict=True))
    assert min(values(found)) >= -ndtri(design.alpha / design.sides) - ROUNDING
    if design.spending.family == "obrien-fleming" and len(at) > 1:
        equal = values(looks(design, np.arange(1, len(at) + 1) / len(at)))  # type: ignore[arg-type]
        assert equal == sorted(equal, reverse=True)


@settings(max_examples=15)
@given(designs, fractions(), st.data())
def test_a_look_is_the_same_whenever_it_is_computed(
    design: AlphaSpending, at: tuple[float, ...], data: st.DataObject
) -> None:
    """No later look changes an earlier one, and looks computed one by one from the record are those computed at once."""
    whole = looks(design, at)
    cut = data.draw(st.integers(0, len(at)))
    first = looks(design, at[:cut])
    assert first == whole[:cut]
    assert first + looks(design, at[cut:], earlier=first) == whole


def test_boundaries_by_another_route() -> None:
    """Three looks by Gauss–Legendre quadrature over the joint density of the Brownian motion itself."""
    at = np.array([0.3, 0.55, 1.0])
    c = np.array(values(looks(EARLY, at)))  # type: ignore[arg-type]
    nodes, weights = np.polynomial.legendre.leggauss(60)
    ends = c * np.sqrt(at)
    one, two, three = (end * nodes for end in ends)
    steps = np.diff(at, prepend=0)

    def normal(difference: np.ndarray, step: float) -> np.ndarray:
        return np.exp(-(difference**2) / (2 * step)) / np.sqrt(2 * np.pi * step)

    inside = normal(one, steps[0]) * weights * ends[0]
    staying = [inside.sum()]
    for here, there, step, end in ((one, two, steps[1], ends[1]), (two, three, steps[2], ends[2])):
        inside = inside @ normal(here[:, None] - there, step) * weights * end
        staying.append(inside.sum())
    assert 1 - np.array(staying) == pytest.approx([look.spent for look in looks(EARLY, at)], abs=PROBABILITY)  # type: ignore[arg-type]


def test_boundaries_by_simulation() -> None:
    """Of 400,000 Brownian motions the share that crosses one of 12 boundaries is alpha, to five standard errors."""
    at = np.array([0.1, 0.137, 0.181, 0.262, 0.298, 0.377, 0.451, 0.52, 0.633, 0.741, 0.87, 1])
    c = np.array(values(looks(EARLY, at)))  # type: ignore[arg-type]
    stream = np.random.Generator(np.random.PCG64(20240717))
    motion, crossed = np.zeros(PATHS), np.zeros(PATHS, dtype=bool)
    for bound, step, fraction in zip(c, np.diff(at, prepend=0), at, strict=True):
        motion += stream.standard_normal(PATHS) * np.sqrt(step)
        crossed |= np.abs(motion) >= bound * np.sqrt(fraction)
    assert abs(crossed.mean() - 0.05) < 5 * np.sqrt(0.05 * 0.95 / PATHS)


def test_information_that_does_not_rise_keeps_the_earlier_look() -> None:
    """A corrected lock lowers it, a rerun repeats it: fraction, boundary and level stay, and later looks are as without."""
    found = looks(LATE, (0.4, 0.35, 0.4, 0.400001, 0.7, 1))
    plain = looks(LATE, (0.4, 0.7, 1))
    assert found[1] == found[2] == found[3] == replace(plain[0], kept=True)
    assert (found[0], *found[4:]) == plain
    assert looks(LATE, (1.0,), earlier=found[:5]) == plain[2:]
    assert looks(LATE, (0.3,), earlier=found[:2]) == (found[1],)


def test_a_spent_level_never_comes_back() -> None:
    """Where more was spent than the function allows, nothing more is, there is no boundary, and the rest is spent later."""
    earlier = (Look(0.3, 2.5, 0.0124, 0.03),)
    second, last = looks(LATE, (0.5, 1), earlier=earlier)
    assert (second.critical_value, second.nominal_level, second.spent) == (np.inf, 0, 0.03)
    assert last.spent == pytest.approx(0.05, abs=ALGEBRA)
    crossing = crossing_probabilities((0.3, 1), (-2.5, -last.critical_value), (2.5, last.critical_value))
    assert crossing.upper[1] * 2 == pytest.approx(0.02, abs=PROBABILITY)


def test_over_running_and_a_declared_end() -> None:
    """The last look takes what is left, beyond the maximum or at the declared end; after it nothing is left."""
    over = looks(LATE, (0.5, 1.2, 1.3))
    assert [look.spent for look in over[1:]] == [0.05, 0.05]
    assert over[2].critical_value == np.inf
    end = looks(LATE, (0.5, 0.9), times=(0.5, 1))
    assert end[1].spent == 0.05
    assert end[1].critical_value < looks(LATE, (0.5, 0.9))[1].critical_value


def test_one_sided_looks_have_no_lower_boundary() -> None:
    """−∞ below, and the boundaries are those of a two-sided design of twice the level, nearly."""
    assert (ONE_SIDED.lower(2.0), LATE.lower(2.0)) == (-np.inf, -2.0)
    assert values(looks(ONE_SIDED, EQUAL)) == pytest.approx(values(looks(LATE, EQUAL)), abs=1e-5)


def test_many_close_looks_are_integrated_as_exactly() -> None:
    """Looks a thousandth apart: crossing, computed with the finer grid of another look between, is what is spent."""
    at = (0.5, 0.5005, 0.501, 1)
    found = looks(EARLY, at)
    upper = values(found)
    finer = crossing_probabilities(
        (0.5, 0.5005, 0.501, 0.50101, 1),
        [-value for value in (*upper[:3], np.inf, upper[3])],
        (*upper[:3], np.inf, upper[3]),
    )
    assert finer.any == pytest.approx(0.05, abs=PROBABILITY)


@pytest.mark.parametrize("fraction", [0.0, -0.2, np.inf, np.nan])
def test_information_that_is_none_is_refused(fraction: float) -> None:
    """The look is named by its number; so it is when the spending time is none."""
    with pytest.raises(EstimationError, match="look 2 has information fraction"):
        looks(LATE, (0.5, fraction))
    with pytest.raises(EstimationError, match="look 1 has spending time"):
        looks(LATE, (0.5,), times=(fraction,))


def test_times_are_as_many_as_looks() -> None:
    """One time too few is refused."""
    with pytest.raises(EstimationError, match="1 spending times for 2 looks"):
        looks(LATE, (0.5, 1), times=(0.5,))


@pytest.mark.parametrize(
    "earlier",
    [
        (Look(0.5, 2, 0.05, 0.06),),
        (Look(0.5, 2, 0.05, 0.02), Look(0.6, 2, 0.05, 0.01)),
        (Look(0.5, 2, 0.05, 0.02), Look(0.5, 2, 0.05, 0.03)),
        (Look(0.5, 2, 0.05, 0.02), Look(0.6, 2, 0.05, 0.02, kept=True)),
        (Look(0.5, 2, 0.05, 0.02, kept=True),),
        (Look(0.5, 2, 0.05, np.nan),),
        (Look(0.0, 2, 0.05, 0.01),),
        (Look(0.0, 2, 0.05, 0.01, kept=True),),
    ],
)
def test_earlier_looks_that_no_design_can_have_are_refused(earlier: tuple[Look, ...]) -> None:
    """More than the level, a level or fraction that falls or stands, a kept look that moves or comes first."""
    with pytest.raises(EstimationError, match=f"earlier look {len(earlier)} has"):
        looks(LATE, (0.9,), earlier=earlier)


def test_a_design_is_checked() -> None:
    """It has two sides unless it says one; a level and a number of sides that are none are refused."""
    assert AlphaSpending(OBRIEN_FLEMING, 0.05).sides == 2
    with pytest.raises(EstimationError, match="alpha is 1"):
        AlphaSpending(OBRIEN_FLEMING, 1.0)
    with pytest.raises(EstimationError, match="3 sides"):
        AlphaSpending(OBRIEN_FLEMING, 0.05, 3)  # type: ignore[arg-type]
