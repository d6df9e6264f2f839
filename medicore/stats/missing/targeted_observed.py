"""Targeted maximum likelihood estimation (TMLE) of the average treatment effect with missing outcomes."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans, means_of_influence
from medicore.stats.effect.tmle import OUTCOME_MARGIN, fluctuation_of
from medicore.stats.given import checked
from medicore.stats.missing.observation import Observation
from medicore.stats.models.outcome_model import Family, fit_outcome_models
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]


@checked
def targeted_observed(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    observed: NDArray[np.bool_],
    propensity: Scores,
    observation: Observation,
    *,
    family: Family = "gaussian",
) -> ArmMeans:
    """Return the arms' means over everybody by TMLE, targeted among the observed by the clever covariate AR/(eπ).

    Outcome models m are fitted among the observed of each arm (van der Laan & Rubin, 2006; Gruber & van der Laan, 2012,
    with an indicator of missing outcomes). A continuous outcome is mapped from the range of the observed to 0–1. On the
    logit scale each arm's predictions move by a constant ε that is fitted among the arm's observed with weights 1/(eπ),
    π the probability of an observed outcome in the arm, and solves Σ R(Y − m*)/(eπ) = 0; the mean of m* over everybody
    is the arm's. The standard error is that of the efficient influence function AR(Y − m*)/(eπ) + m* − mean, ddof 1; it
    treats e and π as known. With no outcome missing it is ``targeted`` with its default fluctuation.

    ``x`` is ``(n, p)`` without intercept; ``outcome``, ``(n,)``, is not read where ``observed``, ``(n,)`` bool, is
    false. Raises EstimationError when the fluctuation does not converge, or the observed outcome does not vary.
    """
    known = np.where(observed, outcome, 0.0)
    inside = known[observed]
    lowest, highest = (0.0, 1.0) if family != "gaussian" else (float(inside.min()), float(inside.max()))
    if lowest == highest:
        raise EstimationError(
            "the observed outcome does not vary; expected two values or more; check its source"
        )
    scaled = (known - lowest) / (highest - lowest)
    score = propensity.fitted
    models = fit_outcome_models(x, treated, known, family, observed=observed)
    means, influences = [], []
    for arm, own, chance, model in zip(
        (treated, ~treated), (score, 1 - score), observation.arms, models, strict=True
    ):
        seen = arm & observed
        weight = 1 / (own * chance.fitted)
        initial = (model.predicted - lowest) / (highest - lowest)
        start = logit(np.clip(initial, OUTCOME_MARGIN, 1 - OUTCOME_MARGIN))
        move = fluctuation_of(start[seen], np.ones(int(seen.sum())), scaled[seen], weight[seen])
        predicted = lowest + (highest - lowest) * expit(start + move)
        mean = float(predicted.mean())
        means.append(mean)
        influences.append(np.where(seen, weight * (known - predicted), 0.0) + predicted - mean)
    name = "TMLE for treatment and observation"
    return means_of_influence("ATE", name, means, influences, "influence function, ddof 1", 1)
