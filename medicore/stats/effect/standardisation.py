"""Standardisation (g-computation): outcome models averaged over the target population."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.effect.contrasts import ArmMeans, difference, means_of_influence
from medicore.stats.effect.estimate import Estimate
from medicore.stats.given import checked
from medicore.stats.models.outcome_model import Family, Form, fit_outcome_models
from medicore.stats.models.sandwich import propagate

Vector = NDArray[np.float64]


@checked
def standardised_means(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    family: Family = "gaussian",
    form: Form = "per arm",
    target: Literal["ATE", "ATT"] = "ATE",
) -> ArmMeans:
    """Return the mean prediction of the outcome models under each arm, over everybody or over the treated.

    Robins (1986). The variance is the stacked sandwich over the outcome models and the mean (Stefanski & Boos, 2002,
    section 3), ddof 0. ``x`` is ``(n, p)`` without intercept.
    """
    n = len(outcome)
    counted = np.ones(n) if target == "ATE" else treated.astype(np.float64)
    share = counted / counted.sum()
    means, influences = [], []
    for model in fit_outcome_models(x, treated, outcome, family, form):
        mean = float(share @ model.predicted)
        means.append(mean)
        through = propagate(model.influence, model.gradient, share)
        influences.append(n * share * (model.predicted - mean) + through)
    name = "g-computation" if form == "per arm" else "g-computation, joint model"
    return means_of_influence(target, name, means, influences, "stacked sandwich, ddof 0")


@checked
def standardised_difference(x: Vector, treated: NDArray[np.bool_], outcome: Vector) -> Estimate:
    """Return the difference of standardised means, with least squares in each arm, averaged over everybody."""
    return difference(standardised_means(x, treated, outcome))
