"""The tipping point: where the conclusion changes, and the variance that it is judged by."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.robustness.tipping import delta_adjusted, tipping_point

ROOT_TOLERANCE = 1e-8
"""Absolute, in standard errors, of an interval's limit at the tipping point."""


def concluded(value: float, error: float, treated: int, missing: int, delta: float, null: float) -> bool:
    """Return whether the 95 % interval after a shift excludes ``null``."""
    low, high = delta_adjusted(value, error, treated=treated, missing=missing, delta=delta).interval(0.95)
    return not low <= null <= high


def test_the_method_by_hand() -> None:
    """With 20 of 100 treated missing and a shift of −5 the effect falls by 1 and its variance grows by 25·0.2·0.8/100."""
    found = delta_adjusted(3.0, 0.5, treated=100, missing=20, delta=-5.0)
    assert found.value == pytest.approx(2.0)
    assert found.standard_error == pytest.approx(np.sqrt(0.25 + 0.04))
    assert found.interval(0.95) == pytest.approx((2 - 1.959964 * np.sqrt(0.29), 2 + 1.959964 * np.sqrt(0.29)))


def test_without_a_shift_nothing_changes() -> None:
    """Missing at random is a shift of 0."""
    found = delta_adjusted(3.0, 0.5, treated=100, missing=20, delta=0.0)
    assert (found.value, found.standard_error) == (3.0, 0.5)


@given(st.floats(-5, 5), st.floats(0.05, 2), st.integers(20, 500), st.floats(0.03, 1), st.floats(-1, 1))
def test_the_conclusion_changes_at_the_tipping_point(
    value: float, error: float, treated: int, share: float, null: float
) -> None:
    """There a limit of the interval is the null; just before it nothing has changed, and just beyond it it has."""
    missing = max(1, round(share * treated))
    z = 1.959963984540054
    assume(abs(abs(value - null) - z * error) > 0.01 * error)
    found = tipping_point(value, error, treated=treated, missing=missing, null=null)
    assert found.concluded == concluded(value, error, treated, missing, 0.0, null)
    if found.delta is None:
        shifts = np.concatenate([-np.logspace(-3, 5, 60), np.logspace(-3, 5, 60)])
        assert not any(concluded(value, error, treated, missing, delta, null) for delta in shifts)
        return
    at = delta_adjusted(value, error, treated=treated, missing=missing, delta=found.delta)
    nearest = min(abs(end - null) for end in at.interval(0.95))
    assert nearest <= ROOT_TOLERANCE * at.standard_error
    for scale in np.linspace(-0.999, 0.999, 21):
        assert concluded(value, error, treated, missing, scale * found.delta, null) == found.concluded
    assert concluded(value, error, treated, missing, 1.0001 * found.delta, null) != found.concluded


def test_an_effect_is_tipped_against_its_direction() -> None:
    """A shown benefit disappears when missing outcomes are worse; one not shown appears when they are better."""
    shown = tipping_point(5.0, 1.0, treated=100, missing=10)
    not_shown = tipping_point(1.0, 1.0, treated=100, missing=30)
    assert shown.concluded
    assert shown.delta is not None
    assert shown.delta < 0
    assert shown.delta_of_estimate == pytest.approx(-50)
    assert not not_shown.concluded
    assert not_shown.delta is not None
    assert not_shown.delta > 0
    assert tipping_point(-5.0, 1.0, treated=100, missing=10).delta == pytest.approx(-shown.delta)


def test_with_all_missing_the_share_is_certain() -> None:
    """With every treated outcome missing, the shift is the distance of the limit from the null."""
    found = tipping_point(5.0, 1.0, treated=50, missing=50)
    assert found.delta == pytest.approx(-(5 - 1.959963984540054))


def test_an_effect_of_nothing_tips_either_way() -> None:
    """With a value equal to the null, the shift that shows an effect is the same in both directions."""
    found = tipping_point(0.0, 1.0, treated=100, missing=50)
    assert found.delta is not None
    assert concluded(0.0, 1.0, 100, 50, 1.001 * found.delta, 0.0)
    assert concluded(0.0, 1.0, 100, 50, -1.001 * found.delta, 0.0)


def test_an_exact_effect_of_nothing_is_on_the_edge() -> None:
    """With value and standard error both 0 and one missing among few, no shift shows an effect."""
    found = tipping_point(0.0, 0.0, treated=10, missing=1)
    assert found.delta is None
    assert not found.concluded


def test_an_effect_without_error_is_tipped_by_its_own_distance() -> None:
    """With standard error 0 and all missing, the two roots are one: minus the distance from the null."""
    assert tipping_point(5.0, 0.0, treated=10, missing=10, null=2.0).delta == -3.0


def test_without_missing_outcomes_there_is_no_tipping_point() -> None:
    """Nothing can be shifted, and that is said."""
    found = tipping_point(5.0, 1.0, treated=100, missing=0)
    assert (found.delta, found.delta_of_estimate, found.concluded, found.missing_share) == (
        None,
        None,
        True,
        0,
    )
    assert not found.possible(-1e9, 1e9)


def test_too_few_missing_outcomes_never_show_an_effect() -> None:
    """One missing outcome in a hundred is too uncertain a share to turn a null result."""
    found = tipping_point(1.0, 1.0, treated=100, missing=1)
    assert found.delta is None
    assert not found.concluded


def test_a_shift_may_be_impossible() -> None:
    """A risk cannot be shifted beyond 0 or 1: the tipping point is compared with what is possible, ends included."""
    found = tipping_point(0.2, 0.05, treated=200, missing=40)
    assert found.delta is not None
    assert found.possible(found.delta, 0.7)
    assert found.possible(-9, found.delta)
    assert not found.possible(found.delta + 0.01, 0.7)
    assert not found.possible(-9, found.delta - 0.01)


@pytest.mark.parametrize(("treated", "missing"), [(0, 0), (10, 11), (10, -1)])
def test_counts_that_cannot_be_are_refused(treated: int, missing: int) -> None:
    """No treated, or more missing than treated."""
    with pytest.raises(EstimationError, match="without outcome"):
        delta_adjusted(1.0, 1.0, treated=treated, missing=missing, delta=1.0)
    with pytest.raises(EstimationError, match="without outcome"):
        tipping_point(1.0, 1.0, treated=treated, missing=missing)


def test_the_variance_is_that_of_repeated_trials() -> None:
    """Over 20,000 trials with outcomes missing at random, the shifted effect varies as the standard error says."""
    chance = np.random.Generator(np.random.PCG64(3))
    treated, risk, delta = 80, 0.3, -4.0
    outcome = chance.normal(2.0, 1.5, size=(20_000, treated))
    absent = chance.random((20_000, treated)) < risk
    observed = np.where(absent, np.nan, outcome)
    means, sizes = np.nanmean(observed, axis=1), (~absent).sum(axis=1)
    effects = means + absent.mean(axis=1) * delta
    errors = np.nanstd(observed, axis=1, ddof=1) / np.sqrt(sizes)
    said = np.array(
        [
            delta_adjusted(
                mean, error, treated=treated, missing=int(treated - size), delta=delta
            ).standard_error
            for mean, error, size in zip(means[:2000], errors[:2000], sizes[:2000], strict=True)
        ]
    )
    assert np.sqrt((said**2).mean()) == pytest.approx(effects.std(ddof=1), rel=0.02)
    assert errors.mean() < 0.8 * effects.std(ddof=1)


def test_students_quantile_moves_the_tipping_point() -> None:
    """With 10 degrees of freedom the interval is judged by 2.228, and (1 − 0.2·δ)² = 2.228² · 0.25 at its limit."""
    plain = tipping_point(1.1, 0.5, treated=10**9, missing=2 * 10**8)
    found = tipping_point(1.1, 0.5, treated=10**9, missing=2 * 10**8, degrees_of_freedom=10)
    assert plain.concluded
    assert not found.concluded
    assert found.delta == pytest.approx((2.2281388520 * 0.5 - 1.1) / 0.2, rel=1e-6)
