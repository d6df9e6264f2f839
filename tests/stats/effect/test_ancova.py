"""ANCOVA for randomised designs."""

import numpy as np
import pytest
import statsmodels.api as sm

from medicore.errors import EstimationError
from medicore.stats.effect.ancova import ancova
from medicore.stats.models.linear import Covariance
from tests.stats.samples import draw

KINDS: dict[Covariance, str] = {"model": "nonrobust", "HC0": "HC0", "HC2": "HC2", "HC3": "HC3"}


@pytest.mark.parametrize("kind", KINDS)
def test_coefficient_error_interval_and_p_value_are_statsmodels(kind: Covariance) -> None:
    """Student's interval and p-value with n less the number of parameters."""
    sample = draw(151)
    design = sm.add_constant(np.column_stack([sample.treated, sample.x]))
    theirs = sm.OLS(sample.outcome, design).fit(cov_type=KINDS[kind], use_t=True)
    found = ancova(sample.x, sample.treated, sample.outcome, covariance=kind)
    assert found.value == pytest.approx(theirs.params[1])
    assert found.standard_error == pytest.approx(theirs.bse[1])
    assert found.p_value == pytest.approx(theirs.pvalues[1])
    np.testing.assert_allclose(found.interval(0.95), theirs.conf_int()[1])
    assert found.degrees_of_freedom == 235
    name = "homoscedastic" if kind == "model" else kind
    assert found.variance == f"{name}, t with 235 degrees of freedom"


def test_without_covariates_hc2_is_welchs_error() -> None:
    """Neyman's variance of the difference of means."""
    sample = draw(152)
    found = ancova(np.empty((240, 0)), sample.treated, sample.outcome)
    arms = (sample.outcome[sample.treated], sample.outcome[~sample.treated])
    assert found.value == pytest.approx(arms[0].mean() - arms[1].mean())
    expected = np.sqrt(sum(arm.var(ddof=1) / len(arm) for arm in arms))
    assert found.standard_error == pytest.approx(expected)


def test_interactions_are_with_the_centred_covariates() -> None:
    """The coefficient is the effect at the mean of the covariates, as Lin has it."""
    sample = draw(153)
    found = ancova(sample.x, sample.treated, sample.outcome, interactions=True)
    centred = sample.x - sample.x.mean(axis=0)
    arm = sample.treated.astype(float)[:, None]
    design = sm.add_constant(np.hstack([arm, centred, arm * centred]))
    theirs = sm.OLS(sample.outcome, design).fit(cov_type="HC2")
    assert found.value == pytest.approx(theirs.params[1])
    assert found.standard_error == pytest.approx(theirs.bse[1])
    assert found.estimator == "ANCOVA, interactions"


def test_a_third_arm_enters_as_a_column() -> None:
    """With the third arm's indicator among the covariates, the coefficient compares the first two."""
    chance = np.random.Generator(np.random.PCG64(154))
    arm = chance.integers(0, 3, size=300)
    outcome = np.array([0.0, 1.0, 5.0])[arm] + chance.normal(size=300)
    found = ancova((arm == 2).astype(float)[:, None], arm == 1, outcome)
    assert found.value == pytest.approx(outcome[arm == 1].mean() - outcome[arm == 0].mean())


@pytest.mark.parametrize("everybody", [True, False])
def test_one_arm_only_is_refused(everybody: bool) -> None:
    """Treatment that does not vary has no coefficient."""
    sample = draw(155)
    with pytest.raises(EstimationError, match="subject is left of 240"):
        ancova(sample.x, np.full(240, everybody), sample.outcome)
