"""The arms' rates are the estimator that its estimating equations define."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.counts.augmented_rates import Form, fit_rate_models
from medicore.stats.counts.verification_rates import verify_rates
from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.contrasts import difference, log_rate_ratio
from tests.stats.counts.counted import FORMS, KINDS, counted, derivatives, weighted_estimate

seeds = st.integers(min_value=0, max_value=2**31)
EXACT = 1e-9


@pytest.mark.parametrize("form", FORMS)
def test_estimate_and_stacked_error_are_those_of_plain_models(form: Form) -> None:
    """Models by statsmodels give the rates, and their derivatives by weights the influences."""
    data = counted(21, n=50)
    plain, slopes = weighted_estimate(data, np.ones(50), form), derivatives(data, form)
    for place, kind in enumerate(KINDS):
        found = data.result(kind, form)
        assert (found.means.treated, found.means.control) == pytest.approx(tuple(plain[place]), abs=EXACT)
        assert found.stacked.root == pytest.approx(slopes[:, place], abs=1e-8)
        assert found.contributions.mean(axis=0) == pytest.approx(tuple(plain[place]), abs=EXACT)


def test_the_direct_error_is_the_spread_of_the_contributions() -> None:
    """It takes the models for known, with n − 1 for a divisor."""
    data = counted(22)
    found = data.result()
    apart = found.contributions[:, 0] - found.contributions[:, 1]
    expected = apart.std(ddof=1) / np.sqrt(len(apart))
    assert difference(found.means).standard_error == pytest.approx(expected)


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_exchanged_arms_invert_the_ratio(seed: int) -> None:
    """Who is called treated decides the sign of the logarithm and nothing else."""
    data = counted(seed, n=120)
    one = log_rate_ratio(data.result().stacked)
    other = log_rate_ratio(replace(data, treated=~data.treated).result().stacked)
    assert other.value == pytest.approx(-one.value, abs=EXACT)
    assert other.standard_error == pytest.approx(one.standard_error, rel=1e-7)


def test_another_unit_of_exposure_changes_the_rates_and_not_their_ratio() -> None:
    """Rates per month are a twelfth of those per year, with the same ratio and the same error of it."""
    data = counted(5)
    years, months = data.result(), replace(data, time=12 * data.time).result()
    assert months.means.treated == pytest.approx(years.means.treated / 12, rel=EXACT)
    assert months.stacked.root == pytest.approx(years.stacked.root / 12, rel=1e-6, abs=1e-12)


def test_the_order_of_subjects_does_not_matter() -> None:
    """A permuted sample has the same rates and the permuted influences."""
    data = counted(5)
    order = np.random.Generator(np.random.PCG64(1)).permutation(len(data.time))
    one, other = data.result(), data.chosen(order).result()
    assert other.means.treated == pytest.approx(one.means.treated, abs=EXACT)
    assert other.stacked.root == pytest.approx(one.stacked.root[order], abs=1e-9)


def test_with_one_exposure_and_one_column_it_is_augmented_weighting_of_the_rate() -> None:
    """With a binary covariate alone, log-linear and linear models are one, and so are both estimators."""
    data = counted(6, n=200)
    data = replace(data, x=data.x[:, 1:], time=np.full(200, 0.5))
    plain = augmented_inverse_probability(data.x, data.treated, data.count / 0.5, data.fit)
    found = data.result()
    assert found.means.treated == pytest.approx(plain.mean_treated, abs=EXACT)
    assert difference(found.stacked).standard_error == pytest.approx(plain.sandwich.standard_error, rel=1e-7)


def test_an_arm_without_event_is_refused() -> None:
    """No rate can be modelled in it."""
    data = counted(8)
    with pytest.raises(EstimationError, match="found no event"):
        fit_rate_models(data.x, data.treated, np.where(data.treated, 0.0, data.count), data.time)


def test_a_rate_of_nothing_has_no_ratio() -> None:
    """A ratio needs rates above 0, and the message says so."""
    means = replace(counted(8).result().means, treated=0.0)
    with pytest.raises(EstimationError, match="rate of an arm is not above 0"):
        log_rate_ratio(means)


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_the_second_implementation_confirms_estimate_and_error(seed: int) -> None:
    """scikit-learn, subject by subject, gives the same to the last digits, for ratio and difference."""
    data = counted(seed, n=120)
    for measure, contrast in (("difference", difference), ("rate ratio", log_rate_ratio)):
        found = contrast(data.result().means)
        second = verify_rates(data.x, data.x, data.treated, data.count, data.time, measure=measure)  # type: ignore[arg-type]
        assert second.relative_difference(found.value, found.standard_error) < 1e-7


def test_the_second_implementation_confirms_no_other_data() -> None:
    """One event more is a difference that it finds."""
    data = counted(31)
    found = difference(data.result().means)
    count = data.count.copy()
    count[0] += 1
    second = verify_rates(data.x, data.x, data.treated, count, data.time)
    assert second.relative_difference(found.value, found.standard_error) > 1e-3


def test_the_second_implementation_confirms_nothing_without_a_maximum() -> None:
    """An arm without an event, and a level without one, have no number to confirm, nor has their ratio."""
    data = counted(31, n=80)
    level = np.zeros(80)
    level[np.flatnonzero(data.treated)[:6]] = 1.0
    none = np.where(data.treated, 0.0, data.count)
    assert not np.isfinite(verify_rates(data.x, data.x, data.treated, none, data.time).value)
    ratio = verify_rates(data.x, data.x, data.treated, none, data.time, measure="rate ratio")
    assert not np.isfinite(ratio.value)
    x, some = np.column_stack([data.x, level]), np.where(level == 1, 0.0, data.count)
    assert not np.isfinite(verify_rates(data.x, x, data.treated, some, data.time).value)
