"""The restricted cubic spline is the natural spline of its knots, in Harrell's columns."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from patsy import dmatrix
from scipy.interpolate import CubicSpline

from medicore.errors import EstimationError
from medicore.stats.models.spline import PERCENTILES, Knots, spline_knots, spline_terms

EXACT = 1e-12
SPANNED = 1e-9

KNOTS = (2.0, 5.0, 7.5, 9.0, 12.0)
PLACES = np.linspace(-3.0, 20.0, 231)


def test_the_columns_are_those_of_rms() -> None:
    """With knots 2, 5 and 9 the column is that of R's rms at each of the values, worked out in fractions."""

    def by_hand(x: int) -> Fraction:
        first, middle, last = (Fraction(max(x - knot, 0) ** 3) for knot in (2, 5, 9))
        return (first - middle * Fraction(7, 4) + last * Fraction(3, 4)) / 49

    values = (1, 2, 4, 7, 9, 10, 30)
    found = spline_terms(np.array(values, dtype=float), (2.0, 5.0, 9.0))
    assert found[:, 0] == pytest.approx([float(by_hand(value)) for value in values], abs=EXACT)
    assert found[5, 0] == pytest.approx(6.0, abs=EXACT)


@pytest.mark.parametrize("number", [3, 4, 5])
def test_each_column_is_the_natural_spline_through_its_values_at_the_knots(number: int) -> None:
    """Between the knots a column is scipy's natural cubic spline; beyond them it is the tangent at the outer knot."""
    knots = np.array(KNOTS[:number])
    inside = PLACES[(knots[0] <= PLACES) & (knots[-1] >= PLACES)]
    at_knots, found = spline_terms(knots, tuple(knots)), spline_terms(inside, tuple(knots))
    assert found.shape[1] == number - 2
    for place in range(number - 2):
        curve = CubicSpline(knots, at_knots[:, place], bc_type="natural")
        assert found[:, place] == pytest.approx(curve(inside), abs=EXACT)
        beyond = np.array([knots[-1] + 3.0, knots[-1] + 40.0])
        line = curve(knots[-1]) + curve(knots[-1], 1) * (beyond - knots[-1])
        assert spline_terms(beyond, tuple(knots))[:, place] == pytest.approx(line, rel=EXACT)
    assert not spline_terms(knots[:1] - 5.0, tuple(knots)).any()


def test_it_spans_the_natural_splines_of_patsy() -> None:
    """Intercept, value and the further columns fit every column of patsy's natural spline with the same knots."""
    inside = PLACES[(KNOTS[0] <= PLACES) & (KNOTS[-1] >= PLACES)]
    other = np.asarray(
        dmatrix(
            "cr(x, knots=inner, lower_bound=low, upper_bound=high) - 1",
            {"x": inside, "inner": list(KNOTS[1:-1]), "low": KNOTS[0], "high": KNOTS[-1]},
        )
    )
    ours = np.column_stack([np.ones(len(inside)), inside, spline_terms(inside, KNOTS)])
    assert other.shape == ours.shape
    fitted = ours @ np.linalg.lstsq(ours, other, rcond=None)[0]
    assert fitted == pytest.approx(other, abs=SPANNED)


@given(shift=st.floats(-1000, 1000), scale=st.floats(0.01, 100))
def test_the_columns_move_with_the_unit(shift: float, scale: float) -> None:
    """In another unit the columns are the same curves in that unit, however its zero is chosen."""
    values = np.linspace(0, 15, 31)
    plain = spline_terms(values, KNOTS)
    moved = spline_terms(shift + scale * values, tuple(shift + scale * knot for knot in KNOTS))
    assert moved == pytest.approx(scale * plain, rel=1e-6, abs=1e-6 * scale)


@pytest.mark.parametrize("number", [3, 4, 5])
def test_the_knots_are_percentiles(number: Knots) -> None:
    """Of the numbers 0 to 1,000 the knots are the percentiles themselves, whatever the order of the subjects."""
    values = np.random.default_rng(1).permutation(np.arange(1001.0))
    assert spline_knots(values, number) == pytest.approx(
        [10 * percent for percent in PERCENTILES[number]], abs=EXACT
    )


def test_equal_knots_and_no_values_are_refused() -> None:
    """Where many subjects share a value there are no knots, and none where there is no value."""
    with pytest.raises(EstimationError, match="two of the 4 knots of a spline are equal"):
        spline_knots(np.array([1.0] * 60 + [2.0] * 40), 4)
    with pytest.raises(EstimationError, match="0 values have no percentiles"):
        spline_knots(np.zeros(0), 3)
