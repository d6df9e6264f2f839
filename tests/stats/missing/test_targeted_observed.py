"""TMLE with missing outcomes: the fluctuation by another library, and the estimator without missing outcomes."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans, difference
from medicore.stats.effect.tmle import OUTCOME_MARGIN, targeted
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.targeted_observed import targeted_observed
from medicore.stats.models.outcome_model import Family
from medicore.stats.models.scores import known_scores
from tests.stats.missing.unobserved import COMPLETE, Unobserved, unobserved

CLOSE = 1e-8
"""Relative difference between two routes to the same root."""
Vector = NDArray[np.float64]
FAMILIES: tuple[Family, ...] = ("gaussian", "binomial")


def made(sample: Unobserved) -> ArmMeans:
    """Return the estimator's answer with every model on all covariates."""
    return targeted_observed(
        sample.x, sample.treated, sample.outcome, sample.observed, sample.propensity, sample.observation,
        family=sample.family,
    )  # fmt: skip


def by_statsmodels(sample: Unobserved) -> tuple[Vector, Vector]:
    """Return the targeted predictions and influence values under each arm, ``(n, 2)``, every model by statsmodels."""
    design = sm.add_constant(sample.x)
    arm, seen, n = sample.treated.astype(float), sample.observed, len(sample.treated)
    logistic = sm.families.Binomial()
    score = sm.GLM(arm, design, family=logistic).fit(tol=1e-14).fittedvalues
    chances = _chances(sample, arm)
    low, high = sample.outcome[seen].min(), sample.outcome[seen].max()
    family = sm.families.Gaussian() if sample.family == "gaussian" else logistic
    predictions, influences = np.empty((n, 2)), np.empty((n, 2))
    for place, (inside, own) in enumerate(((sample.treated, score), (~sample.treated, 1 - score))):
        rows = inside & seen
        weight = 1 / (own * chances[:, place])
        fitted = sm.GLM(sample.outcome[rows], design[rows], family=family).fit(tol=1e-14).predict(design)
        scaled = np.clip((fitted - low) / (high - low), OUTCOME_MARGIN, 1 - OUTCOME_MARGIN)
        offset = np.log(scaled / (1 - scaled))
        target = (sample.outcome[rows] - low) / (high - low)
        moved = sm.GLM(
            target, np.ones(rows.sum()), family=logistic, offset=offset[rows], freq_weights=weight[rows]
        ).fit(tol=1e-14)
        predictions[:, place] = low + (high - low) / (1 + np.exp(-(offset + moved.params[0])))
        influences[:, place] = predictions[:, place]
        influences[rows, place] += weight[rows] * (sample.outcome[rows] - predictions[rows, place])
    return predictions, influences


def _chances(sample: Unobserved, arm: Vector) -> Vector:
    """Return the chance of an observed outcome under each arm, 1 in an arm that misses none, ``(n, 2)``."""
    seen, n = sample.observed.astype(float), len(arm)
    misses = [bool((~sample.observed)[inside].any()) for inside in (sample.treated, ~sample.treated)]
    if all(misses):
        fit = sm.GLM(seen, np.column_stack([np.ones(n), sample.x, arm]), family=sm.families.Binomial())
        held = fit.fit(tol=1e-14)
        as_if = (np.column_stack([np.ones(n), sample.x, np.full(n, one)]) for one in (1.0, 0.0))
        return np.column_stack([held.predict(design) for design in as_if])
    inside = sample.treated if misses[0] else ~sample.treated
    design = sm.add_constant(sample.x)
    held = sm.GLM(seen[inside], design[inside], family=sm.families.Binomial()).fit(tol=1e-14)
    chances = np.ones((n, 2))
    chances[:, 0 if misses[0] else 1] = held.predict(design)
    return chances


@pytest.mark.parametrize("complete", COMPLETE)
@pytest.mark.parametrize("family", FAMILIES)
def test_statsmodels_targets_to_the_same_means_and_errors(family: Family, complete: str) -> None:
    """A weighted intercept-only GLM with the predictions as offset gives the means, and their influence the errors."""
    sample = unobserved(61, n=400, family=family, complete=complete)
    found = made(sample)
    predictions, influences = by_statsmodels(sample)
    assert (found.treated, found.control) == pytest.approx(tuple(predictions.mean(axis=0)), rel=CLOSE)
    np.testing.assert_allclose(found.covariance, np.cov(influences, rowvar=False) / 400, rtol=1e-6)
    told = difference(found)
    assert (told.estimand, told.n, told.variance) == ("ATE", 400, "influence function, ddof 1")
    assert told.estimator == "TMLE for treatment and observation"


def test_predictions_beyond_the_observed_range_are_brought_back() -> None:
    """Where the highest and lowest are not observed, their predictions start just inside the range, at either end."""
    sample = unobserved(67, n=400)
    order = np.argsort(sample.x[:, 0])
    known = 5 * sample.x[:, 0] + sample.known
    observed = sample.observed.copy()
    observed[order[:20]] = observed[order[-20:]] = False
    steep = replace(sample, known=known, observed=observed, outcome=np.where(observed, known, np.nan))
    predicted = steep.augmented().models[0].predicted
    assert predicted.max() > known[observed].max()
    assert predicted.min() < known[observed].min()
    found = made(steep)
    means = by_statsmodels(steep)[0].mean(axis=0)
    assert (found.treated, found.control) == pytest.approx(tuple(means), rel=CLOSE, abs=CLOSE)


@pytest.mark.parametrize("family", FAMILIES)
def test_with_no_outcome_missing_it_is_the_estimator_without(family: Family) -> None:
    """Means and covariance are those of ``targeted``, bit for bit."""
    sample = unobserved(62, family=family)
    everybody = np.ones(240, dtype=bool)
    plain = targeted(sample.x, sample.treated, sample.known, sample.propensity, family=family).means
    found = targeted_observed(
        sample.x, sample.treated, sample.known, everybody, sample.propensity,
        fit_observation(sample.x, sample.treated, everybody), family=family,
    )  # fmt: skip
    assert (found.treated, found.control) == (plain.treated, plain.control)
    assert found.root.tobytes() == plain.root.tobytes()


def test_it_is_near_the_doubly_robust_estimate() -> None:
    """In 20,000 subjects both efficient estimators agree within a tenth of a standard error."""
    sample = unobserved(63, n=20_000)
    found, other = difference(made(sample)), sample.augmented().influence_function
    assert abs(found.value - other.value) < 0.1 * other.standard_error
    assert found.standard_error == pytest.approx(other.standard_error, rel=0.02)


def test_the_means_stay_within_the_range_of_the_observed() -> None:
    """A subject with a weight of a million cannot carry a mean out of the observed outcomes' range."""
    sample = unobserved(64)
    score = sample.propensity.fitted.copy()
    score[(sample.treated & sample.observed).argmax()] = 1e-6
    found = targeted_observed(
        sample.x, sample.treated, sample.outcome, sample.observed, known_scores(score), sample.observation
    )
    inside = sample.outcome[sample.observed]
    for mean in (found.treated, found.control):
        assert inside.min() <= mean <= inside.max()


def test_an_outcome_that_is_not_observed_is_never_read() -> None:
    """NaN or a number in its place, every bit is the same."""
    sample = unobserved(65)
    models = (sample.observed, sample.propensity, sample.observation)
    mine, theirs = (
        targeted_observed(sample.x, sample.treated, y, *models) for y in (sample.outcome, sample.known)
    )
    assert (mine.treated, mine.control) == (theirs.treated, theirs.control)
    assert mine.root.tobytes() == theirs.root.tobytes()


def test_an_observed_outcome_that_is_constant_is_refused() -> None:
    """It has no range to be scaled by, whatever would stand in the gaps."""
    sample = unobserved(66)
    constant = np.where(sample.observed, 3.0, np.arange(240.0))
    with pytest.raises(EstimationError, match="the observed outcome does not vary"):
        targeted_observed(
            sample.x, sample.treated, constant, sample.observed, sample.propensity, sample.observation
        )
