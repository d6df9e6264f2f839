"""Cross-fitted AIPW: the arms' means from out-of-fold predictions, and the median over repeated splits."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans, means_of_influence
from medicore.stats.effect.cross_fitting import Nuisance
from medicore.stats.effect.measures import Effect
from medicore.stats.given import checked

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@checked
def cross_fitted_means(
    treated: Flags,
    outcome: Vector,
    observed: Flags,
    nuisance: Nuisance,
    *,
    target: Literal["ATE", "ATT"] = "ATE",
) -> ArmMeans:
    """Return the arms' means by AIPW for treatment and observation with predictions from other folds.

    ATE: mean of m + 1(A = a) R (Y − m)/(p π), p the probability of the arm and π that of an observed outcome in it
    (Robins, Rotnitzky & Zhao, 1994; Chernozhukov et al., 2018, equation 5.3, with the weights divided by π). ATT:
    Σ A[m1 + R(Y − m1)/π1]/ΣA and Σ[A m0 + (1 − A) R e/(1 − e) (Y − m0)/π0]/ΣA (same, equation 5.4). The scores of all folds
    are averaged together (definition 3.2). The variance is that of the influence function, ddof 1 (ATT ddof 0): with
    cross-fitting, the estimation of the nuisance models adds nothing to it in large samples. ``outcome``, ``(n,)``, is
    not read where ``observed``, ``(n,)`` bool, is false.

    Raises EstimationError when a weight does not exist because a probability is 0.
    """
    n, score = len(treated), nuisance.score
    chances = {"ATE": (score, 1 - score), "ATT": (np.ones(n), 1 - score)}[target]
    tilt = np.ones(n) if target == "ATE" else score
    population = np.ones(n) if target == "ATE" else n / treated.sum() * treated
    scale = 1.0 if target == "ATE" else n / treated.sum()
    arms = (
        (treated, nuisance.treated, chances[0] * nuisance.seen_treated, np.ones(n)),
        (~treated, nuisance.control, chances[1] * nuisance.seen_control, tilt),
    )
    means, influences = [], []
    for arm, predicted, chance, odds in arms:
        seen = arm & observed
        impossible = int((chance[seen] <= 0).sum())
        if impossible:
            raise EstimationError(
                f"{impossible} subject(s) have a probability of 0 for what was seen of them"
            )
        residual = np.zeros(n)
        residual[seen] = odds[seen] * (outcome[seen] - predicted[seen]) / chance[seen]
        contribution = population * predicted + scale * residual
        mean = float(contribution.mean())
        means.append(mean)
        influences.append(contribution - population * mean)
    ddof = 1 if target == "ATE" else 0
    name = "AIPW, cross-fitted" if observed.all() else "AIPW for treatment and observation, cross-fitted"
    return means_of_influence(target, name, means, influences, f"influence function, ddof {ddof}", ddof)


def median_effect(effects: Sequence[Effect]) -> Effect:
    """Return the median over splits, with the median of the squared standard errors plus squared distances from it.

    θ = med θₛ and SE² = med(SEₛ² + (θₛ − θ)²) (Chernozhukov et al., 2018, definition 3.3), on the scale of inference: of
    a ratio's logarithm. The distance is not divided by n, so that what the splits differ by widens the interval.
    """
    found = [effect.inference for effect in effects]
    values = np.array([one.value for one in found])
    middle = float(np.median(values))
    squared = np.array([one.standard_error for one in found]) ** 2 + (values - middle) ** 2
    first = found[0]
    told = first.variance if len(found) == 1 else f"{first.variance}, median of {len(found)} splits"
    inference = replace(first, value=middle, standard_error=float(np.sqrt(np.median(squared))), variance=told)
    return replace(effects[0], inference=inference)
