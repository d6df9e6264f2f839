"""The study that every contestant resamples: six covariates in the units in which a real study records them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

SEED = 20250331
COVARIATES = ("age", "female", "weight", "systolic", "creatinine", "baseline")
"""Years, 0 or 1, kg, mmHg, µmol/L, points of a score."""


@dataclass(frozen=True, slots=True)
class Study:
    """Covariates ``(n, 6)``, whether treated ``(n,)`` and the score at the end ``(n,)``."""

    x: Vector
    treated: NDArray[np.bool_]
    outcome: Vector


def made(n: int) -> Study:
    """Return ``n`` subjects whose treatment depends on their covariates, made from SEED; the true effect is 2."""
    generator = np.random.default_rng(SEED)
    x = np.column_stack(
        [
            generator.normal(55, 12, n),
            generator.random(n) < 0.5,
            generator.normal(78, 15, n),
            generator.normal(130, 18, n),
            np.exp(generator.normal(4.4, 0.25, n)),
            generator.normal(24, 8, n),
        ]
    )
    z = (x - [55, 0.5, 78, 130, 84, 24]) / [12, 0.5, 15, 18, 21, 8]
    chance = 1 / (1 + np.exp(-(z @ [0.4, -0.2, 0.1, 0.3, 0.2, 0.5] - 0.2)))
    treated = generator.random(n) < chance
    outcome = 20 + 2.0 * treated + z @ [1.0, 0.5, -0.5, 0.5, 0.5, 5.0] + generator.normal(0, 4, n)
    return Study(x, treated, outcome)
