"""Confidence sequences and quantiles a second time: published multiples, closed forms, and Student's t by scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t

from medicore.stats.monitoring.confidence_sequence import ConfidenceSequence, tuning
from medicore.stats.verification_sequence import (
    anytime_p,
    log_mixture,
    multiple,
    nominal_level,
    normal_bound,
    student_as_normal,
    student_bound,
    tuned,
)

EXACT = 1e-9
PUBLISHED = 1e-4
"""Of multiples with four decimals, from a ρ² with five figures."""
sides = st.sampled_from([1, 2])


@pytest.mark.parametrize(("n", "expected"), [(300, 3.0351), (1000, 3.1110), (3000, 3.2463)])
def test_the_published_multiples(n: int, expected: float) -> None:
    """Tuned at 300 subjects, ρ² = .027373 by the approximation, two-sided .05."""
    assert multiple(0.05, n * 0.027373, 2) == pytest.approx(expected, abs=PUBLISHED)


@given(st.floats(0, 40), st.floats(1e-3, 1e4))
def test_the_mixture_has_its_closed_form(z: float, v: float) -> None:
    """The integral is exp(z²v/(2(v + 1)))/√(v + 1)."""
    assert log_mixture(z, v) == pytest.approx(z**2 * v / (2 * (v + 1)) - np.log(v + 1) / 2, abs=1e-9)


@given(st.floats(0.001, 0.4), st.integers(1, 5000), st.integers(1, 20_000), st.floats(-8, 8), sides)
def test_the_first_implementation_is_confirmed(alpha: float, at: int, n: int, z: float, side: int) -> None:
    """For any sequence tuning, multiple and p-value, by integral and search, are those in closed form."""
    first = ConfidenceSequence(alpha, at, sides=side)  # type: ignore[arg-type]
    rho = tuned(alpha, at, side)
    assert rho == pytest.approx(first.rho_squared, rel=EXACT)
    assert multiple(alpha, n * rho, side) == pytest.approx(first.multiple(n), rel=EXACT)
    assert anytime_p(z, n * rho, side) == pytest.approx(first.p_value(z, 1.0, n), rel=1e-7, abs=1e-12)


def test_the_tuning_is_the_narrowest() -> None:
    """The multiple at the tuned number of subjects is smaller than with another ρ², on either side."""
    rho = tuned(0.05, 300, 2)
    assert rho == pytest.approx(tuning(0.05, 300), rel=EXACT)
    here = multiple(0.05, 300 * rho, 2)
    assert all(multiple(0.05, 300 * rho * away, 2) > here for away in (0.9, 1.1))
    assert tuned(0.025, 300, 1) == pytest.approx(rho, rel=EXACT)


@given(st.floats(1e-12, 0.9), st.floats(1, 400), sides)
def test_quantiles_are_those_of_scipy(level: float, degrees: float, side: int) -> None:
    """Bounds of the normal distribution and of Student's t have their level over all sides."""
    assert normal_bound(level, side) == pytest.approx(norm.isf(level / side), rel=1e-9, abs=1e-9)
    assert nominal_level(normal_bound(level, side), side) == pytest.approx(level, rel=1e-9)
    if level / side < 0.45:
        assert student_bound(level, side, degrees) == pytest.approx(t.isf(level / side, degrees), rel=1e-8)


@given(st.floats(1e-6, 20), st.sampled_from([-1, 1]), st.floats(2, 500))
def test_a_t_has_the_z_of_its_p_value(value: float, sign: int, degrees: float) -> None:
    """The z has its sign and its p-value."""
    z = sign * student_as_normal(sign * value, degrees)
    assert 2 * norm.sf(z) == pytest.approx(2 * t.sf(value, degrees), rel=1e-7)
    assert z > 0


def test_what_is_no_number_stays_what_it_is() -> None:
    """A t whose p-value underflows is itself; a level of 0 has no bound; no claim has no level."""
    assert student_as_normal(1e6, 400.0) == 1e6
    assert student_bound(0.0, 2, 10.0) == np.inf
    assert nominal_level(np.inf, 2) == 0
    assert anytime_p(0.0, 3.0, 1) == anytime_p(-4.0, 3.0, 1) == 1
