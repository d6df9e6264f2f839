"""Standardisation with missing outcomes: models of the observed outcomes, averaged over the target population."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.effect.contrasts import ArmMeans, means_of_influence
from medicore.stats.given import checked
from medicore.stats.models.outcome_model import Family, Form, fit_outcome_models
from medicore.stats.models.sandwich import propagate

Vector = NDArray[np.float64]


@checked
def standardised_observed(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    observed: NDArray[np.bool_],
    *,
    family: Family = "gaussian",
    form: Form = "per arm",
    target: Literal["ATE", "ATT"] = "ATE",
) -> ArmMeans:
    """Return the mean prediction under each arm of outcome models that are fitted among the observed.

    The g-formula (Robins, 1986) with outcomes missing at random given the arm and ``x``, ``(n, p)``; it needs right
    outcome models. The variance is the stacked sandwich over these and the mean, ddof 0. ``outcome``, ``(n,)``, is not
    read where ``observed``, ``(n,)`` bool, is false.
    """
    n = len(outcome)
    counted = np.ones(n) if target == "ATE" else treated.astype(np.float64)
    share = counted / counted.sum()
    means, influences = [], []
    for model in fit_outcome_models(x, treated, outcome, family, form, observed):
        mean = float(share @ model.predicted)
        means.append(mean)
        through = propagate(model.influence, model.gradient, share)
        influences.append(n * share * (model.predicted - mean) + through)
    name = "g-computation from the observed" + (", joint model" if form == "joint" else "")
    return means_of_influence(target, name, means, influences, "stacked sandwich, ddof 0")
