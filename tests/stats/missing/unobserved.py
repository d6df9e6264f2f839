"""Samples in which some outcomes are missing, depending on arm and covariates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.stats.balance.weights import Target
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.missing.observation import Observation, fit_observation
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.stats.models.outcome_model import Family, Form
from tests.stats.samples import draw

Vector = NDArray[np.float64]
COMPLETE = ("neither", "treated", "control")
"""The arm that misses no outcome."""


@dataclass(frozen=True)
class Unobserved:
    """Covariates ``(n, p)``, arm, outcome, NaN where it is not observed, and whether it is; ``known`` has them all."""

    x: Vector
    treated: NDArray[np.bool_]
    outcome: Vector
    observed: NDArray[np.bool_]
    known: Vector
    family: Family

    @property
    def propensity(self) -> LogisticFit:
        """The propensity model on all covariates."""
        return fit_logistic(self.x, self.treated)

    @property
    def observation(self) -> Observation:
        """The observation model on all covariates."""
        return fit_observation(self.x, self.treated, self.observed)

    def taken(self, rows: NDArray[np.intp]) -> "Unobserved":
        """Return the sample that holds these subjects in this order."""
        arrays = (self.x, self.treated, self.outcome, self.observed, self.known)
        return Unobserved(*(array[rows] for array in arrays), self.family)  # type: ignore[arg-type]

    def augmented(self, target: Target = "ATE", form: Form = "per arm") -> AugmentedResult:
        """Return the doubly robust estimate, every model on all covariates."""
        return augmented_observed(
            self.x, self.treated, self.outcome, self.observed, self.propensity, self.observation,
            family=self.family, form=form, target=target,
        )  # fmt: skip


def unobserved(
    seed: int, n: int = 240, p: int = 3, family: Family = "gaussian", complete: str = "neither"
) -> Unobserved:
    """Return a sample that misses three outcomes in ten, none in the ``complete`` arm; each arm misses or has some."""
    sample = draw(seed, n, p, family)
    chance = np.random.Generator(np.random.PCG64([seed, 1]))
    observed = chance.random(n) < expit(1 + 0.6 * sample.x[:, 0] - 0.7 * sample.treated)
    observed |= {"neither": np.zeros(n, dtype=bool), "treated": sample.treated, "control": ~sample.treated}[
        complete
    ]
    outcome = np.where(observed, sample.outcome, np.nan)
    return Unobserved(sample.x, sample.treated, outcome, observed, sample.outcome, family)
