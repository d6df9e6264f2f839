"""Weighted means of the observed: stacked equations, and the estimator without missing outcomes."""

import numpy as np
import pytest

from medicore.stats.balance.weights import Target
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.inverse_probability import weighted_means
from medicore.stats.missing.hajek_observed import hajek_observed
from medicore.stats.missing.observation import fit_observation
from tests.stats.missing.stacked_observed import effect
from tests.stats.missing.unobserved import COMPLETE, unobserved

CLOSE = 1e-8
"""Relative difference between two routes to the same root and the same sandwich."""
TARGETS: tuple[Target, ...] = ("ATE", "ATT", "ATO")


@pytest.mark.parametrize("complete", COMPLETE)
@pytest.mark.parametrize("target", TARGETS)
def test_estimate_and_sandwich_solve_the_stacked_equations(target: Target, complete: str) -> None:
    """The variance is that of the stack of propensity, observation and means."""
    sample = unobserved(31, complete=complete)
    means = hajek_observed(
        sample.treated, sample.outcome, sample.observed, sample.propensity, sample.observation, target
    )
    found = difference(means)
    assert (found.value, found.standard_error) == pytest.approx(effect(sample, "hajek", target), rel=CLOSE)
    assert (found.estimand, found.n, found.variance) == (target, 240, "stacked sandwich, ddof 0")
    assert found.estimator == {"ATO": "Overlap weighting"}.get(target, "IPW (Hájek)") + (
        " for treatment and observation"
    )


@pytest.mark.parametrize("target", TARGETS)
def test_with_no_outcome_missing_it_is_the_estimator_without(target: Target) -> None:
    """Means and covariance are those of ``weighted_means``."""
    sample = unobserved(32)
    everybody = np.ones(240, dtype=bool)
    plain = weighted_means(sample.treated, sample.known, sample.propensity, target).scores_estimated
    found = hajek_observed(
        sample.treated, sample.known, everybody, sample.propensity,
        fit_observation(sample.x, sample.treated, everybody), target,
    )  # fmt: skip
    assert (found.treated, found.control) == pytest.approx((plain.treated, plain.control), rel=1e-12)
    np.testing.assert_allclose(found.covariance, plain.covariance, rtol=1e-12)


def test_an_outcome_that_is_not_observed_is_never_read() -> None:
    """NaN or a number in its place, every bit is the same."""
    sample = unobserved(33)
    models = (sample.observed, sample.propensity, sample.observation)
    mine, theirs = (hajek_observed(sample.treated, y, *models) for y in (sample.outcome, sample.known))
    assert (mine.treated, mine.control) == (theirs.treated, theirs.control)
    assert mine.root.tobytes() == theirs.root.tobytes()
