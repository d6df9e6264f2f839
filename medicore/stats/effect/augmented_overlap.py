"""Augmented overlap weighting: the doubly adjusted estimator of the effect in the overlap population (ATO)."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import tilting
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.augmented_hajek import augmented_hajek_means
from medicore.stats.effect.contrasts import difference, means_of_influence
from medicore.stats.given import checked
from medicore.stats.models.outcome_model import Family, fit_outcome_models
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]


@checked
def augmented_overlap(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    propensity: Scores,
    *,
    family: Family = "gaussian",
) -> AugmentedResult:
    """Return the effect in the overlap population: outcome models averaged over it, plus weighted residuals.

    The point estimate is that of ``augmented_hajek_means`` (Zhou, Tong, Li & Thomas, 2020, equation 4). With
    h = e(1 − e) the efficient influence function of an arm's mean is [h w (y − m) + (h + h′(a − e))(m − μ)]/mean(h),
    where w is the inverse probability of the arm. The term with h′ is needed because the population itself depends on
    the scores (Hirano, Imbens & Ridder, 2003, section 4). ddof 1.
    ``x`` is ``(n, p)`` without intercept.
    """
    stacked = augmented_hajek_means(x, treated, outcome, propensity, family=family, target="ATO")
    models = fit_outcome_models(x, treated, outcome, family)
    score = propensity.fitted
    tilt, slope = tilting(score, "ATO")
    counted = tilt + slope * (treated - score)
    both = (stacked.treated, stacked.control)
    influences = []
    for arm, chance, model, mean in zip((treated, ~treated), (score, 1 - score), models, both, strict=True):
        residual = np.where(arm, tilt / chance * (outcome - model.predicted), 0.0)
        influences.append((residual + counted * (model.predicted - mean)) / tilt.mean())
    means = means_of_influence(
        "ATO", "Augmented overlap weighting", both, influences, "influence function, ddof 1", 1
    )
    sandwich = replace(stacked, estimator=means.estimator)
    return AugmentedResult(
        influence_function=difference(means),
        sandwich=difference(sandwich),
        mean_treated=both[0],
        mean_control=both[1],
        influence=influences[0] - influences[1] + both[0] - both[1],
        means=means,
        stacked=sandwich,
        models=models,
    )
