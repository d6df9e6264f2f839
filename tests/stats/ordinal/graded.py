"""A sample with an ordinal outcome: covariates act on treatment and on a latent score that is cut into levels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.models.logistic import LogisticFit, fit_logistic

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Graded:
    """Covariates ``(n, p)``, arms, places of levels ``(n,)``, the number of levels, and the propensity model."""

    x: Vector
    treated: NDArray[np.bool_]
    outcome: Vector
    levels: int
    fit: LogisticFit


def graded(
    seed: int = 5, n: int = 150, *, levels: int = 5, effect: float = 0.5, confounded: float = 0.6
) -> Graded:
    """Return ``n`` subjects; ``effect`` moves the latent score, ``confounded`` the log odds of treatment by the first covariate."""
    chance = np.random.default_rng(seed)
    x = np.column_stack([chance.normal(size=n), chance.integers(0, 2, n)])
    treated = chance.random(n) < 1 / (1 + np.exp(-confounded * x[:, 0]))
    latent = 0.6 * x[:, 0] - 0.4 * x[:, 1] + effect * treated + chance.normal(size=n)
    cuts = np.linspace(-1.2, 1.2, levels - 1)
    outcome = (latent[:, None] > cuts).sum(axis=1).astype(np.float64)
    return Graded(x, treated, outcome, levels, fit_logistic(x, treated))
