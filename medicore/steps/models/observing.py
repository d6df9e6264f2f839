"""Observing: the model of an observed outcome, and the weights that treatment and observation make together."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.balance.weights import Target, effective_sample_size, largest_share
from medicore.stats.missing.observation import Observation, fit_observation
from medicore.stats.missing.observation_weights import observation_weights
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Observable(Protocol):
    """What the diagnostics need of a sample: its arms, its scores, who is observed, and the model of that."""

    @property
    def treated(self) -> Flags:
        """Who is treated, ``(n,)``."""

    @property
    def observed(self) -> Flags:
        """Whose outcome is observed, ``(n,)``."""

    @property
    def x_observation(self) -> Vector:
        """The design of the observation model, ``(n, q)``."""

    @property
    def fit(self) -> Scores:
        """The propensity scores."""

    @property
    def target(self) -> Target:
        """The target population."""


def fitted_observation(x: Vector, treated: Flags, observed: Flags) -> Observation:
    """Return the probability of being observed under each arm on the design ``x``, ``(n, q)``.

    Raises EstimationError when a subject's probability is 0, so that no weight exists.
    """
    found = fit_observation(x, treated, observed)
    certain = int(((found.treated.fitted <= 0) | (found.control.fitted <= 0)).sum())
    if certain:
        raise EstimationError(
            f"{certain} subject(s) have a probability of exactly 0 of being observed, so they have no weight; simplify the "
            "observation model under outcome.missing.covariates"
        )
    return found


def observation_section(sample: Observable, names: Sequence[str]) -> dict[str, Any]:
    """Return the diagnostics of being observed: chances, the weights' product, and balance of observed against all.

    ``names`` are those of the observation model's terms. An SMD is the mean of a term among the weighted observed of an
    arm less its mean among everybody of the target population, in the standard deviation of everybody, ddof 1.
    """
    model = fitted_observation(sample.x_observation, sample.treated, sample.observed)
    weights = observation_weights(sample.treated, sample.observed, sample.fit, model, sample.target)
    everyone = _population(sample)
    by_arm, worst = {}, {}
    arms = {"treated": (sample.treated, model.treated), "control": (~sample.treated, model.control)}
    for arm, (inside, chance) in arms.items():
        seen = inside & sample.observed
        carried = weights[seen]
        by_arm[arm] = {
            "observed": int(seen.sum()),
            "missing": int((inside & ~sample.observed).sum()),
            "lowest_chance": float(chance.fitted[inside].min()),
            "highest_chance": float(chance.fitted[inside].max()),
            "effective_sample_size": effective_sample_size(carried),
            "largest_weight_share": largest_share(carried),
        }
        worst[arm] = _farthest(sample.x_observation, seen, carried, everyone, names)
    fit = model.fit
    return {
        "converged": fit is None or fit.converged,
        "separated": fit is not None and fit.separated,
        "arms": by_arm,
        "worst": worst,
    }


def _population(sample: Observable) -> Vector:
    """Return each subject's weight in the target population, ``(n,)``."""
    score = sample.fit.fitted
    if sample.target == "ATE":
        return np.ones(len(score))
    return sample.treated.astype(np.float64) if sample.target == "ATT" else score * (1 - score)


def _farthest(
    x: Vector, seen: Flags, weights: Vector, everyone: Vector, names: Sequence[str]
) -> dict[str, Any]:
    """Return the term in which the weighted observed of an arm differ most from everybody."""
    spread = x.std(axis=0, ddof=1)
    apart = np.average(x[seen], axis=0, weights=weights) - np.average(x, axis=0, weights=everyone)
    smd = np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 0)
    place = int(np.argmax(np.abs(smd)))
    return {"term": names[place], "smd": float(smd[place])}
