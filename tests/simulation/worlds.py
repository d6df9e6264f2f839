"""Populations whose effects are known exactly, and samples from them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

Vector = NDArray[np.float64]

SELECTION = np.array([0.6, -0.4, 0.2])
"""Coefficients of the true propensity model, on the logit scale."""
PROGNOSIS = np.array([0.8, 0.5, -0.3])
"""Coefficients of the outcome model under control."""
MODIFICATION = np.array([0.5, 0.0, 0.3])
"""How the effect changes with the covariates."""
BASELINE, RISE = -0.8, 0.7
"""Log odds of the binary outcome under control, and what treatment adds, where the covariates are 0."""


@dataclass(frozen=True)
class Trial:
    """Covariates ``(n, p)``, arm and outcome."""

    x: Vector
    treated: NDArray[np.bool_]
    outcome: Vector


def stream(world: int, index: int) -> np.random.Generator:
    """Return the random stream of one sample of one world."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([2025, world, index])))


def observational(index: int, n: int) -> Trial:
    """Return a sample with a continuous outcome, selection by covariates, and an effect that they modify."""
    chance = stream(1, index)
    x = chance.normal(size=(n, 3))
    treated = chance.random(n) < expit(x @ SELECTION)
    return Trial(x, treated, _continuous(x, treated, chance))


def randomised(index: int, n: int) -> Trial:
    """Return a sample of a randomised trial with a continuous outcome."""
    chance = stream(2, index)
    x = chance.normal(size=(n, 3))
    treated = chance.random(n) < 0.5
    return Trial(x, treated, _continuous(x, treated, chance))


def binary(index: int, n: int) -> Trial:
    """Return a sample with an outcome of 0 and 1 and selection by covariates."""
    chance = stream(3, index)
    x = chance.normal(size=(n, 3))
    treated = chance.random(n) < expit(x @ SELECTION)
    risk = expit(BASELINE + RISE * treated + x @ PROGNOSIS)
    return Trial(x, treated, (chance.random(n) < risk).astype(np.float64))


def balanced(index: int, n1: int, n0: int, terms: int) -> Trial:
    """Return a randomised sample with arms of given sizes and independent normal covariates."""
    chance = stream(4, index)
    treated = np.arange(n1 + n0) < n1
    return Trial(chance.normal(size=(n1 + n0, terms)), treated, np.zeros(n1 + n0))


def curved(index: int, n: int) -> Trial:
    """Return a sample in which selection and outcome depend on the square of a covariate as well.

    The covariates are uniform with variance 1, so that every score is between 0.22 and 0.84: what theory promises
    of a large sample then holds in one of a thousand.
    """
    chance = stream(5, index)
    x = chance.uniform(-(3**0.5), 3**0.5, size=(n, 2))
    treated = chance.random(n) < expit(0.5 * x[:, 0] + 0.4 * (x[:, 1] ** 2 - 1))
    outcome = treated + x[:, 0] + 1.5 * x[:, 1] ** 2 + chance.normal(size=n)
    return Trial(x, treated, outcome)


def _continuous(x: Vector, treated: NDArray[np.bool_], chance: np.random.Generator) -> Vector:
    noise = chance.normal(size=len(x)) * (1 + 0.5 * treated)
    outcome: Vector = treated * (1 + x @ MODIFICATION) + x @ PROGNOSIS + noise
    return outcome


def effect_in_the_treated() -> float:
    """Return the ATT of ``observational``; its ATE and ATO are 1.

    Given the selection's predictor L, the effect averages 1 + kL, so that the ATT is 1 + k·E[L e(L)]/E[e(L)].
    """
    spread = float(np.linalg.norm(SELECTION))
    slope = float(MODIFICATION @ SELECTION) / spread**2
    treated = over_normal(lambda z: expit(spread * z))
    return 1 + slope * over_normal(lambda z: spread * z * expit(spread * z)) / treated


def risks() -> tuple[float, float]:
    """Return the mean outcome of ``binary`` if everybody were treated, and if nobody were."""
    spread = float(np.linalg.norm(PROGNOSIS))
    one, zero = (
        over_normal(lambda z, start=start: expit(start + spread * z)) for start in (BASELINE + RISE, BASELINE)
    )
    return one, zero


def measures() -> dict[str, float]:
    """Return the effect measures of ``binary``."""
    one, zero = risks()
    return {
        "risk difference": one - zero,
        "log risk ratio": float(np.log(one / zero)),
        "log odds ratio": float(logit(one) - logit(zero)),
    }


def over_normal(function) -> float:  # type: ignore[no-untyped-def] # noqa: ANN001
    """Return the expectation of a function of a standard normal variable, by Gauss–Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    return float(weights @ function(nodes) / weights.sum())
