"""Observing: the model of an observed outcome, and the weights that treatment and observation make together."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.balance.weights import Target
from medicore.stats.missing.observation import Observation, fit_observation
from medicore.stats.missing.observation_weights import ObservedArm, observed_arms
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
    def observation(self) -> Observation:
        """The fitted observation model."""

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

    ``names`` are those of the observation model's terms. For each arm the term is told in which its weighted observed
    subjects differ most from the target population, by the standardised mean difference of ``observed_arms``.
    """
    arms = observed_arms(
        sample.x_observation, sample.treated, sample.observed, sample.fit, sample.observation, sample.target
    )
    fit = sample.observation.fit
    both = dict(zip(("treated", "control"), arms, strict=True))
    return {
        "converged": fit is None or fit.converged,
        "separated": fit is not None and fit.separated,
        "arms": {
            arm: {
                "observed": found.observed,
                "missing": found.subjects - found.observed,
                "lowest_chance": found.lowest_chance,
                "highest_chance": found.highest_chance,
                "effective_sample_size": found.effective_size,
                "largest_weight_share": found.largest_share,
            }
            for arm, found in both.items()
        },
        "worst": {arm: _farthest(found, names) for arm, found in both.items()},
    }


def _farthest(arm: ObservedArm, names: Sequence[str]) -> dict[str, Any]:
    """Return the term in which the weighted observed of an arm differ most from the target population."""
    differences = [term.smd_weighted for term in arm.balance]
    place = int(np.argmax(np.abs(differences)))
    return {"term": names[place], "smd": differences[place]}
