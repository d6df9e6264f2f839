"""E-values: published examples, and what algebra says of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.robustness.evalue import (
    EValue,
    e_value_of_odds_ratio,
    e_value_of_risk_ratio,
    e_value_of_standardised_difference,
)

ALGEBRA = 1e-12
PRINTED = 0.005
"""Half a unit of the last printed digit."""


def test_published_example_of_breast_feeding() -> None:
    """RR 3.9 (1.8 to 8.7): E-values 7.26 and 3.0 (VanderWeele & Ding, 2017, 'An example')."""
    found = e_value_of_risk_ratio(3.9, 1.8, 8.7)
    assert found.point == pytest.approx(7.26, abs=PRINTED)
    assert found.limit == pytest.approx(3.0, abs=ALGEBRA)


def test_a_protective_risk_ratio_is_turned_over() -> None:
    """RR 0.80 (0.71 to 0.91), as R's EValue computes it: 1.809017 and 1.428571."""
    found = e_value_of_risk_ratio(0.80, 0.71, 0.91)
    assert found.point == pytest.approx(1.25 + np.sqrt(1.25 * 0.25), rel=ALGEBRA)
    assert found.point == pytest.approx(1.809017, abs=1e-6)
    assert found.limit == pytest.approx(1.428571, abs=1e-6)


@pytest.mark.parametrize(
    ("ratio", "low", "high"), [(1.2, 0.9, 1.6), (0.9, 0.7, 1.0), (1.1, 1.0, 1.2), (1, 1, 1)]
)
def test_an_interval_that_holds_no_effect_needs_no_confounding(ratio: float, low: float, high: float) -> None:
    """The limit's E-value is 1 when the interval holds 1, its ends included."""
    assert e_value_of_risk_ratio(ratio, low, high).limit == 1


@given(st.floats(1.0001, 50), st.floats(0.5, 1), st.floats(1, 2))
def test_what_an_e_value_means(ratio: float, below: float, above: float) -> None:
    """A confounder with both risk ratios equal to E has a bounding factor E²/(2E − 1) that is the effect itself."""
    found = e_value_of_risk_ratio(ratio, ratio * below, ratio * above)
    assert found.point**2 / (2 * found.point - 1) == pytest.approx(ratio, rel=1e-9)
    assert 1 <= found.limit <= found.point


@given(st.floats(0.02, 50), st.floats(0.5, 1), st.floats(1, 2))
def test_the_inverse_ratio_has_the_same_e_values(ratio: float, below: float, above: float) -> None:
    """Which arm is called treated makes no difference."""
    one = e_value_of_risk_ratio(ratio, ratio * below, ratio * above)
    other = e_value_of_risk_ratio(1 / ratio, 1 / (ratio * above), 1 / (ratio * below))
    assert other.point == pytest.approx(one.point, rel=1e-9)
    assert other.limit == pytest.approx(one.limit, rel=1e-9)


def test_an_odds_ratio_of_a_rare_outcome_is_a_risk_ratio() -> None:
    """Rare: the same E-values, and the conversion named; common: those of the square root."""
    ratio = e_value_of_risk_ratio(4, 2.25, 9)
    rare = e_value_of_odds_ratio(4, 2.25, 9, rare=True)
    common = e_value_of_odds_ratio(4, 2.25, 9, rare=False)
    assert (rare.point, rare.limit) == (ratio.point, ratio.limit)
    assert "rare" in rare.conversion
    assert (common.risk_ratio, common.low, common.high) == (2, 1.5, 3)
    assert common.point == pytest.approx(2 + np.sqrt(2), rel=ALGEBRA)
    assert common.limit == pytest.approx(1.5 + np.sqrt(0.75), rel=ALGEBRA)
    assert "square root" in common.conversion


def test_a_standardised_difference_becomes_a_risk_ratio() -> None:
    """RR = exp(0.91 d), for the difference and for the limits."""
    d = np.log(2) / 0.91
    found = e_value_of_standardised_difference(d, d / 2, 2 * d)
    assert found.risk_ratio == pytest.approx(2, rel=ALGEBRA)
    assert found.point == pytest.approx(2 + np.sqrt(2), rel=ALGEBRA)
    assert found.low == pytest.approx(np.sqrt(2), rel=ALGEBRA)
    assert found.high == pytest.approx(4, rel=ALGEBRA)
    assert "0.91" in found.conversion


def test_limits_of_a_standardised_difference_are_the_published_ones() -> None:
    """With d ∓ 1.96 SE as limits the risk ratio's are exp(0.91 d ∓ 1.78 SE), to the rounding of 1.78."""
    d, error = -0.42, 0.14
    found = e_value_of_standardised_difference(d, d - 1.96 * error, d + 1.96 * error)
    published = np.exp([0.91 * d - 1.78 * error, 0.91 * d + 1.78 * error])
    assert [found.low, found.high] == pytest.approx(published, rel=1e-3)
    expected = e_value_of_risk_ratio(float(np.exp(0.91 * d)), *map(float, published))
    assert found.limit == pytest.approx(expected.limit, rel=2e-3)


@pytest.mark.parametrize("numbers", [(2, 2.1, 3), (2, 1, 1.9), (np.nan, 1, 2), (2, 1, np.inf)])
def test_an_effect_outside_its_interval_is_refused(numbers: tuple[float, float, float]) -> None:
    """Unordered and infinite numbers have no E-value, on any scale."""
    for scale in (e_value_of_risk_ratio, e_value_of_standardised_difference):
        with pytest.raises(EstimationError, match="inside its interval"):
            scale(*numbers)


def test_a_refusal_names_the_numbers_that_were_given() -> None:
    """A standardised difference is refused as such, not as the risk ratio that it would become."""
    with pytest.raises(EstimationError, match=r"an effect of 2 with interval 2\.1 to 3 "):
        e_value_of_standardised_difference(2, 2.1, 3)


@pytest.mark.parametrize("low", [0.0, -0.5])
def test_a_ratio_is_positive(low: float) -> None:
    """A limit of 0 or less is no ratio, before its root is taken or after."""
    with pytest.raises(EstimationError, match="more than 0"):
        e_value_of_risk_ratio(2, low, 3)
    with pytest.raises(EstimationError, match="more than 0"):
        e_value_of_odds_ratio(2, low, 3, rare=False)


def test_an_e_value_is_frozen() -> None:
    """What was computed cannot be changed."""
    found = EValue(2, 1, 1.5, 1, 2, "none")
    with pytest.raises(AttributeError):
        found.point = 3.0  # type: ignore[misc]
