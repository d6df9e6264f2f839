"""Inverse probability weighting: Hájek, overlap weighting, Horvitz–Thompson."""

import numpy as np
import pytest
import statsmodels.api as sm

from medicore.stats.balance.weights import Target, balancing_weights, stabilised_weights
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.inverse_probability import hajek, horvitz_thompson, weighted_means
from medicore.stats.models.logistic import fit_logistic
from tests.stats.samples import draw

TARGETS: tuple[Target, ...] = ("ATE", "ATT", "ATO")


@pytest.mark.parametrize("target", TARGETS)
def test_with_fixed_weights_it_is_weighted_least_squares(target: Target) -> None:
    """Estimate and HC0 standard error are those of regressing the outcome on the arm with the weights."""
    sample = draw(111)
    weights = balancing_weights(sample.treated, sample.fit.fitted, target)
    theirs = sm.WLS(sample.outcome, sm.add_constant(sample.treated.astype(float)), weights=weights)
    fit = theirs.fit(cov_type="HC0")
    found = difference(weighted_means(sample.treated, sample.outcome, sample.fit, target).weights_fixed)
    assert found.value == pytest.approx(fit.params[1])
    assert found.standard_error == pytest.approx(fit.bse[1])
    assert found.variance == "sandwich, weights fixed, ddof 0"


def test_hajek_gives_both_variances_of_one_estimate() -> None:
    """First the one that accounts for the estimated scores, which is smaller for the ATE."""
    sample = draw(112, n=2000)
    estimated, fixed = hajek(sample.treated, sample.outcome, sample.fit)
    assert estimated.value == fixed.value
    assert estimated.standard_error < fixed.standard_error
    assert estimated.variance == "sandwich, scores estimated, ddof 0"
    assert estimated.estimator == "IPW (Hájek)"


def test_overlap_weighting_has_its_own_name() -> None:
    """The target ATO is called overlap weighting in every table."""
    sample = draw(113)
    assert hajek(sample.treated, sample.outcome, sample.fit, "ATO")[0].estimator == "Overlap weighting"


def test_stabilised_weights_change_nothing() -> None:
    """A Hájek mean normalises per arm, so a constant per arm drops out."""
    sample = draw(114)
    weights = stabilised_weights(sample.treated, sample.fit.fitted)
    means = [
        np.average(sample.outcome[arm], weights=weights[arm]) for arm in (sample.treated, ~sample.treated)
    ]
    assert hajek(sample.treated, sample.outcome, sample.fit)[0].value == pytest.approx(means[0] - means[1])


def test_horvitz_thompson_is_the_mean_of_signed_weighted_outcomes() -> None:
    """Without normalisation, as a diagnostic."""
    sample = draw(115)
    score = sample.fit.fitted
    terms = np.where(sample.treated, sample.outcome / score, -sample.outcome / (1 - score))
    found = horvitz_thompson(sample.treated, sample.outcome, sample.fit)
    assert found.value == pytest.approx(terms.mean())
    assert found.estimator == "IPW (Horvitz–Thompson)"


def test_without_covariates_weighting_is_no_adjustment() -> None:
    """With an intercept alone, all scores are the share treated, and the difference is the raw one."""
    sample = draw(116)
    fit = fit_logistic(np.empty((240, 0)), sample.treated)
    raw = sample.outcome[sample.treated].mean() - sample.outcome[~sample.treated].mean()
    for target in TARGETS:
        assert hajek(sample.treated, sample.outcome, fit, target)[0].value == pytest.approx(raw)
    assert horvitz_thompson(sample.treated, sample.outcome, fit).value == pytest.approx(raw)
