"""Covariates with gaps, and a sample of them that are related to each other, to treatment and to outcome."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.stats.imputation.incomplete import IncompleteCovariate

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

NAN = float("nan")
LEVELS = ("none", "some", "much")


def number(name: str, values: Sequence[float]) -> IncompleteCovariate:
    """Return a covariate that is a number."""
    return IncompleteCovariate(name, np.asarray(values, dtype=np.float64))


def sample(seed: int, n: int = 90, gaps: float = 0.2) -> tuple[list[IncompleteCovariate], Mask, Vector]:
    """Return two numbers, a binary, a three-level and a complete covariate; all but the last have gaps."""
    chance = np.random.Generator(np.random.PCG64(seed))
    first, second, third = chance.normal(size=(3, n))
    second = 0.6 * first + 0.8 * second
    binary = (chance.random(n) < expit(first)).astype(np.float64)
    several = np.digitize(second + chance.normal(size=n), [-0.6, 0.6]).astype(np.float64)
    treated = chance.random(n) < expit(0.5 * first - 0.3 * binary)
    outcome = treated + first + 0.5 * second + 0.4 * binary - 0.3 * several + third + chance.normal(size=n)
    for column, share in zip((first, second, binary, several), (1.2, 1.0, 0.8, 1.1), strict=True):
        column[chance.random(n) < gaps * share] = NAN
    covariates = [
        IncompleteCovariate("weight", 80 + 12 * first),
        IncompleteCovariate("age", np.round(60 + 9 * second)),
        IncompleteCovariate("smoker", binary, ("no", "yes")),
        IncompleteCovariate("stage", several, LEVELS),
        IncompleteCovariate("height", 170 + 8 * third),
    ]
    return covariates, treated, outcome
