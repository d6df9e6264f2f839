"""ANCOVA and g-computation of a randomised study: what they are equal to, and what they do not depend on."""

import numpy as np
import pytest
import statsmodels.api as sm

from medicore.errors import EstimationError
from medicore.stats.effect.ancova import ancova
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.standardisation import standardised_means
from medicore.stats.models.outcome_model import Family, Form
from medicore.stats.randomisation.adjusted_means import AdjustedMeans, Estimator, adjusted_means
from medicore.stats.randomisation.randomisation_scheme import Randomisation, Scheme
from tests.stats.randomisation.randomised_samples import SCHEMES, Trial, trial

SAME = 1e-9


def made(
    one: Trial, estimator: Estimator = "g-computation", family: Family = "gaussian", form: Form = "joint"
) -> AdjustedMeans:
    """Return the adjusted means of a study."""
    return adjusted_means(
        one.x, one.treated, one.outcome, one.randomisation, estimator=estimator, family=family, form=form
    )


def test_ancova_without_interactions_is_the_coefficient_with_hc2() -> None:
    """Estimate, standard error and degrees of freedom are those of ``ancova``, and of statsmodels."""
    one = trial("simple", 21)
    found = difference(made(one, "ancova").small_sample())
    expected = ancova(one.x, one.treated, one.outcome)
    design = sm.add_constant(np.column_stack([one.treated, one.x]).astype(float))
    other = sm.OLS(one.outcome, design).fit(cov_type="HC2", use_t=True)
    assert found.value == pytest.approx(expected.value, rel=SAME)
    assert found.standard_error == pytest.approx(expected.standard_error, rel=SAME)
    assert (found.value, found.standard_error) == pytest.approx((other.params[1], other.bse[1]), rel=SAME)
    assert found.degrees_of_freedom == expected.degrees_of_freedom == other.df_resid
    assert found.interval(0.95) == pytest.approx(other.conf_int()[1], rel=1e-7)


def test_ancova_with_interactions_counts_the_sampling_of_covariates() -> None:
    """The variance is HC2 of the centred coefficient plus that of the mean interaction, and their covariance."""
    one = trial("simple", 22, n=400)
    found = difference(made(one, "ancova", form="per arm").small_sample())
    centred = one.x - one.x.mean(axis=0)
    arm = one.treated.astype(float)[:, None]
    fit = sm.OLS(one.outcome, sm.add_constant(np.column_stack([arm, centred, arm * centred]))).fit(
        cov_type="HC2"
    )
    moved = (centred @ fit.params[3:]) / 400
    assert found.value == pytest.approx(fit.params[1], rel=SAME)
    assert found.standard_error**2 == pytest.approx(fit.bse[1] ** 2 + (moved**2).sum(), rel=0.02)
    assert found.standard_error > fit.bse[1]


@pytest.mark.parametrize("form", ["joint", "per arm"])
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_the_means_are_the_standardised_ones(family: Family, form: Form) -> None:
    """Without calibration the means, and under simple randomisation the sandwich, are those of ``standardised_means``."""
    one = trial("simple", 23, family=family)
    found = made(one, family=family, form=form).result()
    expected = standardised_means(one.x, one.treated, one.outcome, family, form)
    assert (found.mean_treated, found.mean_control) == pytest.approx((expected.treated, expected.control))
    assert found.stacked.covariance == pytest.approx(expected.covariance, rel=SAME)
    assert found.influence.mean() == pytest.approx(found.sandwich.value, rel=SAME)


def test_balance_in_strata_that_matter_makes_the_variance_smaller() -> None:
    """With the strata left out of the model, blocks gain precision, and the robust variance says the same."""
    one = trial("stratified", 24, n=400)
    same = Trial(one.x, one.treated, one.outcome, Randomisation("simple", one.randomisation.strata))
    for route in ("small_sample", "robust"):
        blocks, plain = (difference(getattr(made(study), route)()) for study in (one, same))
        assert blocks.value == plain.value
        assert blocks.standard_error < 0.95 * plain.standard_error
    stacked, coin = made(one).result(), made(same).result()
    assert stacked.sandwich.standard_error < 0.95 * coin.sandwich.standard_error
    assert stacked.influence_function.standard_error < 0.95 * coin.influence_function.standard_error


def test_strata_by_arm_in_the_model_leave_nothing_to_gain() -> None:
    """A model in each arm that holds every stratum has the same variance under every scheme (universal applicability)."""
    one = trial("stratified", 25, n=200)
    inside = (one.randomisation.strata[:, None] == [1, 2, 3]).astype(float)
    errors = []
    for scheme in SCHEMES[:3]:
        study = Trial(inside, one.treated, one.outcome, Randomisation(scheme, one.randomisation.strata))
        errors.append(difference(made(study, form="per arm").robust()).standard_error)
    assert errors == pytest.approx([errors[0]] * 3, rel=SAME)


def test_minimisation_calibrates_within_strata() -> None:
    """The estimate is that of a model with every stratum by arm where nothing else is in it: the post-stratified one."""
    one = trial("minimisation", 26)
    nothing = Trial(np.zeros((120, 1)), one.treated, one.outcome, one.randomisation)
    found = made(nothing).result()
    strata = one.randomisation.strata
    expected = sum(
        (strata == z).mean()
        * (one.outcome[(strata == z) & one.treated].mean() - one.outcome[(strata == z) & ~one.treated].mean())
        for z in range(4)
    )
    assert found.sandwich.value == pytest.approx(expected, rel=SAME)
    assert found.means.estimator == "g-computation, joint model, calibrated in strata"
    assert made(nothing).degrees_of_freedom == 120 - 2 - 6


@pytest.mark.parametrize("estimator", ["ancova", "g-computation"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_scale_shift_and_arms(scheme: Scheme, estimator: Estimator) -> None:
    """An outcome in another unit has the same t; with the arms' names exchanged the effect changes its sign alone."""
    one = trial(scheme, 27)
    before = difference(made(one, estimator).small_sample())
    unit = Trial(one.x, one.treated, 10 * one.outcome - 3, one.randomisation)
    other = difference(made(unit, estimator).small_sample())
    turned = Trial(one.x, ~one.treated, one.outcome, one.randomisation)
    mirrored = difference(made(turned, estimator).small_sample())
    assert other.value / other.standard_error == pytest.approx(before.value / before.standard_error, rel=1e-7)
    assert (mirrored.value, mirrored.standard_error) == pytest.approx(
        (-before.value, before.standard_error), rel=1e-7
    )


def test_hc3_is_wider_than_hc2() -> None:
    """The jackknife-like correction lengthens residuals more."""
    one = made(trial("simple", 28, n=60), "ancova")
    assert difference(one.small_sample("HC3")).standard_error > difference(one.small_sample()).standard_error


def test_names_say_what_was_computed() -> None:
    """Estimator and variance name the form, the scheme and the correction."""
    one = trial("stratified", 29)
    assert made(one, "ancova").name == "ANCOVA"
    assert made(one, "ancova", form="per arm").name == "ANCOVA, interactions"
    assert made(one, form="per arm").name == "g-computation"
    assert made(one, "ancova").small_sample().variance == "HC2, stratified, Student's t"
    assert "stratified, residuals corrected for leverage (HC2)" in made(one).small_sample().variance
    assert made(trial("simple", 29)).robust().variance == "variance of randomisation, ddof 1"


def test_a_subject_that_alone_determines_a_coefficient() -> None:
    """Its leverage is 1 and its residual 0, so that it adds nothing and nothing becomes infinite."""
    one = trial("simple", 30)
    alone = np.column_stack([one.x, np.arange(120) == 5]).astype(float)
    study = Trial(alone, one.treated, one.outcome, one.randomisation)
    assert 0 < difference(made(study, "ancova").small_sample("HC3")).standard_error < 1


def test_what_is_refused() -> None:
    """A binary ANCOVA, strata of other subjects, and more parameters than subjects."""
    binary = trial("simple", 31, family="binomial")
    with pytest.raises(EstimationError, match="an ANCOVA is linear, the outcome is binary"):
        made(binary, "ancova", family="binomial")
    one = trial("simple", 31)
    with pytest.raises(EstimationError, match=r"strata have the shape \(3,\); expected one for each of 120"):
        made(Trial(one.x, one.treated, one.outcome, Randomisation("simple", np.zeros(3, dtype=np.intp))))
    few = np.arange(8)
    strata = Randomisation("minimisation", np.repeat([0, 1, 2, 3], 2))
    with pytest.raises(EstimationError, match="8 subjects cannot carry 9 parameters"):
        adjusted_means(one.x[:8], few % 2 == 0, one.outcome[:8], strata)
