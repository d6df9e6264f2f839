"""The second implementation of ANCOVA and g-computation confirms the first, and would tell a fault."""

import numpy as np
import pytest

from medicore.stats.effect.measures import Measure, effect_of
from medicore.stats.models.outcome_model import Family, Form
from medicore.stats.randomisation.adjusted_means import Estimator, adjusted_means
from medicore.stats.randomisation.randomisation_scheme import Randomisation, Scheme
from medicore.stats.randomisation.verification_adjusted import verify_adjusted
from medicore.stats.verification import TOLERANCE, Verification
from tests.stats.randomisation.randomised_samples import SCHEMES, Trial, trial


def second(
    one: Trial, estimator: Estimator, family: Family, form: Form, measure: Measure = "difference"
) -> Verification:
    """Return the second implementation's answer."""
    return verify_adjusted(
        one.x,
        one.treated,
        one.outcome,
        scheme=one.randomisation.scheme,
        strata=one.randomisation.strata,
        estimator=estimator,
        family=family,
        form=form,
        measure=measure,
    )


@pytest.mark.parametrize("form", ["joint", "per arm"])
@pytest.mark.parametrize(
    ("estimator", "family", "measure"),
    [
        ("ancova", "gaussian", "difference"),
        ("g-computation", "gaussian", "difference"),
        ("g-computation", "binomial", "difference"),
        ("g-computation", "binomial", "risk ratio"),
        ("g-computation", "binomial", "odds ratio"),
    ],
)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_both_routes_agree(
    scheme: Scheme, estimator: Estimator, family: Family, measure: Measure, form: Form
) -> None:
    """Estimate and standard error for small samples are within the tolerance of double programming."""
    one = trial(scheme, 51, n=90, family=family)
    first = adjusted_means(
        one.x, one.treated, one.outcome, one.randomisation, estimator=estimator, family=family, form=form
    )
    found = effect_of(first.small_sample(), measure).inference
    told = second(one, estimator, family, form, measure)
    assert told.relative_difference(found.value, found.standard_error) < TOLERANCE / 1000


def test_another_scheme_is_told() -> None:
    """Who takes the strata for nothing has another standard error."""
    one = trial("stratified", 52, n=200)
    found = second(one, "g-computation", "gaussian", "joint")
    plain = Trial(one.x, one.treated, one.outcome, trial("simple", 1).randomisation)
    other = verify_adjusted(
        plain.x,
        plain.treated,
        plain.outcome,
        scheme="simple",
        strata=one.randomisation.strata,
        estimator="g-computation",
    )
    assert found.relative_difference(other.value, other.standard_error) > 1000 * TOLERANCE


def test_strata_of_one_subject() -> None:
    """A cell of one subject, or of none, is the same to both routes, under blocks and with a lone subject calibrated."""
    one = trial("stratified", 53, n=40)
    strata = one.randomisation.strata.copy()
    strata[[0, 1]] = 4, 5
    study = Trial(one.x, one.treated, one.outcome, Randomisation("stratified", strata))
    first = adjusted_means(study.x, study.treated, study.outcome, study.randomisation)
    found = effect_of(first.small_sample(), "difference").inference
    told = second(study, "g-computation", "gaussian", "joint")
    assert told.relative_difference(found.value, found.standard_error) < TOLERANCE / 1000
    pair = [int(np.flatnonzero(one.treated)[0]), int(np.flatnonzero(~one.treated)[0])]
    lone = one.randomisation.strata.copy()
    lone[pair] = 4
    study = Trial(one.x, one.treated, one.outcome, Randomisation("minimisation", lone))
    first = adjusted_means(study.x, study.treated, study.outcome, study.randomisation)
    found = effect_of(first.small_sample(), "difference").inference
    told = second(study, "g-computation", "gaussian", "joint")
    assert told.relative_difference(found.value, found.standard_error) < TOLERANCE / 1000


def test_without_a_risk_there_is_no_ratio() -> None:
    """Where nobody of an arm has the outcome nothing is confirmed."""
    one = trial("simple", 54, family="binomial")
    none = Trial(one.x, one.treated, np.where(one.treated, one.outcome, 0.0), one.randomisation)
    told = second(none, "g-computation", "binomial", "per arm", "odds ratio")
    assert not np.isfinite(told.value)
    linear = verify_adjusted(
        none.x,
        none.treated,
        none.outcome - 1.0,
        scheme="simple",
        strata=none.randomisation.strata,
        estimator="g-computation",
        measure="risk ratio",
    )
    assert np.isnan(linear.value)
    assert np.isnan(linear.standard_error)
