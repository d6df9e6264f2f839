"""Cross-fitted AIPW over many samples with curved confounding, which regression on the covariates alone leaves behind."""

from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.cross_fitted import cross_fitted_means, median_effect
from medicore.stats.effect.cross_fitting import cross_fit, strata_of, stratified_folds
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import Effect
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.learners import LEARNERS
from medicore.stats.models.logistic import fit_logistic
from tests.simulation.coverage import Coverage
from tests.simulation.unobserved import curved_observed
from tests.simulation.workers import simulated
from tests.simulation.worlds import Trial, curved, stream

LEVEL = 0.95
SIMULATIONS = 200
FOLDS = 5
TRUTH = 1.0
"""The effect in ``curved``."""
REGRESSION = "AIPW, regression on the covariates"
COMPLETE, GAPS = "all observed", "outcomes missing"
PLAN = (
    (COMPLETE, 60, "penalised", 3),
    (COMPLETE, 300, "penalised", 1),
    (COMPLETE, 1000, "penalised", 1),
    (COMPLETE, 500, "boosting", 1),
    (GAPS, 500, "penalised", 1),
    (GAPS, 1000, "boosting", 1),
)
"""What is simulated: outcomes, subjects, learner and repeated splits."""

Mask = NDArray[np.bool_]
Found = tuple[float, float, float, float]
"""Value, standard error and both ends of the interval."""


def _of(estimate: Estimate) -> Found:
    return (estimate.value, estimate.standard_error, *estimate.interval(LEVEL))


def estimated(trial: Trial, seen: Mask, learner: str, repeats: int, seed: int) -> Estimate:
    """Return the median of the cross-fitted estimates over the repeated splits."""
    arrays = trial.treated, np.where(seen, trial.outcome, np.nan), seen
    effects = []
    for turn in range(repeats):
        fold = stratified_folds(strata_of(*arrays, "gaussian"), FOLDS, seed + turn)
        nuisance = cross_fit(trial.x, trial.x, trial.x, *arrays, fold, LEARNERS[learner])
        effects.append(Effect("difference", difference(cross_fitted_means(*arrays, nuisance))))
    return median_effect(effects).inference


def _one(index: int, outcomes: str, n: int, learner: str, repeats: int) -> tuple[Found, Found] | None:
    """Return what regression and the learner find in one sample; None where a fold has too few of a kind."""
    trial = curved(index, n)
    seen = curved_observed(trial, stream(14, index)) if outcomes == GAPS else np.ones(n, dtype=bool)
    outcome = np.where(seen, trial.outcome, np.nan)
    models = fit_logistic(trial.x, trial.treated), fit_observation(trial.x, trial.treated, seen)
    plain = augmented_observed(trial.x, trial.treated, outcome, seen, *models)
    try:
        flexible = estimated(trial, seen, learner, repeats, 1000 * index)
    except EstimationError:
        return None
    return _of(plain.influence_function), _of(flexible)


@cache
def coverages() -> tuple[tuple[Coverage, int], ...]:
    """Return each row, and in how many of the samples there was no estimate. Takes minutes."""
    rows = []
    for outcomes, n, learner, repeats in PLAN:
        made = simulated(partial(_one, outcomes=outcomes, n=n, learner=learner, repeats=repeats), SIMULATIONS)
        kept = [found for found in made if found is not None]
        several = f", median of {repeats} splits" if repeats > 1 else ""
        for place, name in enumerate((REGRESSION, f"cross-fitted AIPW, {learner}{several}")):
            value, error, low, high = np.array([found[place] for found in kept]).T
            row = Coverage(
                outcomes,
                n,
                name,
                TRUTH,
                len(kept),
                float(value.mean() - TRUTH),
                float(value.std(ddof=1)),
                float(error.mean()),
                float(((low <= TRUTH) & (high >= TRUTH)).mean()),
            )
            rows.append((row, SIMULATIONS - len(kept)))
    return tuple(rows)
