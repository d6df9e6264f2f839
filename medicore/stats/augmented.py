"""Augmented inverse probability weighting (AIPW), the primary, doubly robust estimator."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.estimate import Estimate
from medicore.stats.linear import fit_linear
from medicore.stats.logistic import LogisticFit

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AugmentedResult:
    """The AIPW estimate with its two analytic standard errors, and the mean of each arm.

    ``influence`` is ``(n,)``: each subject's uncentred contribution, whose mean is the estimate.
    """

    influence_function: Estimate
    sandwich: Estimate
    mean_treated: float
    mean_control: float
    influence: Vector


def augmented_inverse_probability(
    x: Vector, treated: NDArray[np.bool_], outcome: Vector, propensity: LogisticFit
) -> AugmentedResult:
    """Return the average treatment effect by AIPW with least-squares outcome models per arm.

    τ = mean[m1(x) − m0(x) + a(y − m1(x))/e(x) − (1 − a)(y − m0(x))/(1 − e(x))], the residuals weighted by 1/e
    and 1/(1 − e) without normalisation (Robins, Rotnitzky & Zhao, 1994; Lunceford & Davidian, 2004, equation 9).
    Standard errors: influence function, sd with ddof 1 over √n; and the stacked sandwich over propensity and
    outcome models (Stefanski & Boos, 2002), ddof 0. ``x`` is ``(n, p)`` without intercept.
    """
    n, score = len(outcome), propensity.fitted
    parts, corrections = [], np.zeros(n)
    for sign, arm, chance in ((1.0, treated, score), (-1.0, ~treated, 1 - score)):
        model = fit_linear(x, outcome, arm)
        weight = np.where(arm, 1 / chance, 0.0)
        residual = outcome - model.predicted
        parts.append(model.predicted + weight * residual)
        outcome_slope = model.basis.T @ (1 - weight) / n
        score_slope = propensity.basis.T @ (-sign * weight * (1 - chance) * residual) / n
        corrections += sign * (model.influence @ outcome_slope + propensity.influence @ score_slope)
    contributions = parts[0] - parts[1]
    value = float(contributions.mean())
    analytic = float(contributions.std(ddof=1) / np.sqrt(n))
    stacked = float(np.sqrt(((contributions - value + corrections) ** 2).sum()) / n)
    return AugmentedResult(
        influence_function=Estimate("ATE", "AIPW", value, analytic, "influence function, ddof 1", n),
        sandwich=Estimate("ATE", "AIPW", value, stacked, "stacked sandwich, ddof 0", n),
        mean_treated=float(parts[0].mean()),
        mean_control=float(parts[1].mean()),
        influence=contributions,
    )
