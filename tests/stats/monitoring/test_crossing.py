"""Crossing probabilities under a drift: closed forms, the likelihood ratio, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from medicore.errors import EstimationError
from medicore.stats.monitoring.boundaries import looks
from medicore.stats.monitoring.crossing import crossing_probabilities
from medicore.stats.monitoring.integration import START, share_above, share_below, still_running
from tests.stats.monitoring.designs import EQUAL, LATE, PROBABILITY, fractions

NONE = -np.inf
ROUNDING = 1e-12
PRINTED = 5e-4
"""What three decimals of a constant and a factor leave open."""


@given(st.floats(0.05, 1.5), st.floats(-6, 6), st.floats(-3, 0), st.floats(0, 3))
def test_one_look_is_a_normal_tail(fraction: float, drift: float, low: float, high: float) -> None:
    """The statistic is normal with mean drift·√t."""
    found = crossing_probabilities((fraction,), (low,), (high,), drift)
    mean = drift * np.sqrt(fraction)
    assert found.upper[0] == pytest.approx(ndtr(mean - high), abs=ROUNDING)
    assert found.lower[0] == pytest.approx(ndtr(low - mean), abs=ROUNDING)


@settings(max_examples=25)
@given(fractions(), st.floats(-5, 5))
def test_without_an_early_stop_the_last_look_is_a_fixed_analysis(at: tuple[float, ...], drift: float) -> None:
    """With no bound before the last look, the recursion gives back the normal distribution."""
    number = len(at)
    found = crossing_probabilities(at, [NONE] * number, [*[np.inf] * (number - 1), 1.5], drift)
    assert found.upper[-1] == pytest.approx(ndtr(drift - 1.5), abs=PROBABILITY)
    assert sum(found.upper[:-1]) == 0


@pytest.mark.parametrize("drift", [-100.0, 100.0])
def test_paths_are_followed_where_the_drift_takes_them(drift: float) -> None:
    """At 4 % of the information z is near ±20 already; at the end half of the paths are above the drift."""
    found = crossing_probabilities((0.04, 1), (NONE, NONE), (np.inf, drift), drift)
    assert found.upper[1] == pytest.approx(0.5, abs=PROBABILITY)


@settings(max_examples=25)
@given(fractions(), st.floats(0, 6))
def test_the_other_sign_mirrors_the_study(at: tuple[float, ...], drift: float) -> None:
    """With all signs turned, upper and lower bounds change places."""
    upper = [look.critical_value for look in looks(LATE, at)]
    lower = [value - 3 for value in upper]
    found = crossing_probabilities(at, lower, upper, drift)
    turned = crossing_probabilities(at, [-value for value in upper], [-value for value in lower], -drift)
    assert found.upper == pytest.approx(turned.lower, abs=PROBABILITY)
    assert found.lower == pytest.approx(turned.upper, abs=PROBABILITY)


@pytest.mark.parametrize("drift", [-2.0, 0.7, 3.2])
def test_a_drift_is_a_likelihood_ratio(drift: float) -> None:
    """Paths that run on under a drift are those without, weighted by exp(drift·z√t − drift²t/2)."""
    without = still_running(START, 0.4, -2.5, 2.5, 1.0)
    ratio = np.exp(drift * without.points * np.sqrt(0.4) - drift**2 * 0.4 / 2)
    there = still_running(START, 0.4, -2.5, 2.5, 1.0, drift)
    assert there.masses.sum() == pytest.approx(without.masses @ ratio, abs=PROBABILITY)
    motion = (1.8 - drift - without.points * np.sqrt(0.4) + drift * 0.4) / np.sqrt(0.6)
    expected = (without.masses * ratio) @ ndtr(-motion)
    assert share_above(there, 1.0, 1.8, drift) == pytest.approx(expected, abs=PROBABILITY)
    both = share_above(there, 1.0, 1.8, drift) + share_below(there, 1.0, 1.8, drift)
    assert both == pytest.approx(there.masses.sum(), abs=ROUNDING)


@pytest.mark.parametrize("second", [0.9, 0.55, 0.5005])
def test_two_looks_are_a_bivariate_normal(second: float) -> None:
    """However close they are: the second look by Gauss–Legendre quadrature over z of the first."""
    found = crossing_probabilities((0.5, second), (-1.5, -1.0), (2.0, 1.9), 0.8)
    nodes, weights = np.polynomial.legendre.leggauss(64)
    ends = np.linspace(-1.5, 2.0, 201)
    middle, half = (ends[1:] + ends[:-1]) / 2, (ends[1] - ends[0]) / 2
    z = (middle[:, None] + half * nodes).ravel()
    density = np.exp(-0.5 * (z - 0.8 * np.sqrt(0.5)) ** 2) / np.sqrt(2 * np.pi) * np.tile(weights, 200) * half
    mean = z * np.sqrt(0.5) + 0.8 * (second - 0.5)
    above = density @ ndtr((mean - 1.9 * np.sqrt(second)) / np.sqrt(second - 0.5))
    below = density @ ndtr((-1.0 * np.sqrt(second) - mean) / np.sqrt(second - 0.5))
    assert (found.upper[1], found.lower[1]) == pytest.approx((above, below), abs=PROBABILITY)


@pytest.mark.parametrize("unit", [0.01, 30.0])
def test_the_unit_of_information_does_not_matter(unit: float) -> None:
    """Fractions times u with the drift over √u are the same study, and the same points of integration."""
    at = np.array([0.3, 0.31, 0.7, 1.0])
    bounds = [-1.0, -0.5, 0.2, 1.0], [2.5, 2.4, 2.2, 2.0]
    one = crossing_probabilities(at, *bounds, 2.1)  # type: ignore[arg-type]
    other = crossing_probabilities(at * unit, *bounds, 2.1 / np.sqrt(unit))  # type: ignore[arg-type]
    assert other.upper == pytest.approx(one.upper, abs=ROUNDING)
    assert other.lower == pytest.approx(one.lower, abs=ROUNDING)


def test_power_of_a_known_design() -> None:
    """Pocock's test with five looks, constant 2.413, has 90 % power at 1.207 times the fixed information.

    The numbers are of Jennison & Turnbull (2000), chapter 2, printed to three decimals.
    """
    found = crossing_probabilities(EQUAL, [-2.413] * 5, [2.413] * 5, np.sqrt(10.507 * 1.207))
    assert found.any == pytest.approx(0.9, abs=PRINTED)
    level = crossing_probabilities(EQUAL, [-2.413] * 5, [2.413] * 5).any
    assert level == pytest.approx(0.05, abs=PRINTED)


def test_a_drift_far_beyond_the_bounds_leaves_nobody_running() -> None:
    """Where no path can stay inside, later looks have probability 0 and the first has all."""
    found = crossing_probabilities((0.5, 1), (-2, -2), (2, 2), 100)
    assert found.upper == pytest.approx((1, 0), abs=ROUNDING)


@pytest.mark.parametrize("at", [(0.5, 0.5), (0.5, 0.4), (0.0,), (np.nan,), (0.5, np.inf), (0.5, 0.500001)])
def test_fractions_must_rise(at: tuple[float, ...]) -> None:
    """The look that does not rise is named."""
    with pytest.raises(EstimationError, match=f"look {len(at)} has information fraction"):
        crossing_probabilities(at, [NONE] * len(at), [2.0] * len(at))


@pytest.mark.parametrize(
    ("lower", "upper", "drift", "words"),
    [
        ((NONE,), (2, 2), 0, "1 lower bounds for 2 looks"),
        ((NONE, NONE), (2, np.nan), 0, "2 upper bounds for 2 looks"),
        ((NONE, 3), (2, 2), 0, "a lower bound is above"),
        ((NONE, NONE), (2, 2), np.inf, "the drift is inf"),
    ],
)
def test_bounds_and_drift_are_checked(
    lower: tuple[float], upper: tuple[float], drift: float, words: str
) -> None:
    """One for each look, each a number, the lower one below, and a finite drift."""
    with pytest.raises(EstimationError, match=words):
        crossing_probabilities((0.5, 1), lower, upper, drift)


def test_no_look_is_refused() -> None:
    """A study without a look has no probability."""
    with pytest.raises(EstimationError, match="there is no look"):
        crossing_probabilities((), (), ())
