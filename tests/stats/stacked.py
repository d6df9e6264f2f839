"""An independent route to estimates and sandwich variances: stacked estimating equations, complex-step derivatives.

Nothing of the core is used. Every equation is written out with its parameters, the whole stack is solved by
Newton's method from 0, its derivative is exact to rounding (Squire & Trapp, 1998), and the variance is
A⁻¹ B A⁻ᵀ / n. Matrices are ``(n, p)`` without intercept.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Equations = Callable[[Complex], Complex]

STEP = 1e-30
TINY = 1e-11


@dataclass(frozen=True)
class Data:
    """Standardised designs with intercept, the arm as 0 and 1, and the outcome with its family."""

    propensity: Array
    model: Array
    arm: Array
    outcome: Array
    family: str = "gaussian"

    @classmethod
    def of(
        cls,
        x_propensity: Array,
        x_outcome: Array,
        treated: NDArray[np.bool_],
        outcome: Array,
        family: str = "gaussian",
    ) -> "Data":
        """Return the data with columns centred and scaled."""
        return cls(_basis(x_propensity), _basis(x_outcome), treated.astype(float), outcome, family)


@dataclass(frozen=True)
class Values:
    """What an estimator's own equations are written in, at one value of the parameters."""

    arm: Array
    y: Array
    score: Complex
    model_1: Complex
    model_0: Complex
    means: Complex
    target: str


def _basis(x: Array) -> Array:
    basis: Array = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0)])
    return basis


def solve(equations: Equations, size: int) -> tuple[Array, Array]:
    """Return the root θ, ``(k,)``, of the summed equations, and its sandwich standard errors."""
    theta = np.zeros(size)
    for _ in range(60):
        value = equations(theta.astype(complex)).real
        derivative = _derivative(equations, theta) / len(value)
        step = np.linalg.solve(derivative, -value.mean(axis=0))
        while _distance(equations, theta + step) > _distance(equations, theta) + TINY:
            step = step / 2
        theta = theta + step
        if np.abs(step).max() < TINY * (1 + np.abs(theta).max()):
            break
    at_root = equations(theta.astype(complex)).real
    n = len(at_root)
    bread = np.linalg.inv(_derivative(equations, theta) / n)
    variance = bread @ (at_root.T @ at_root / n) @ bread.T / n
    return theta, np.sqrt(np.maximum(np.diag(variance), 0))  # a parameter that is constant has variance 0


def influences(equations: Equations, theta: Array) -> Array:
    """Return each subject's influence on the parameters, ``(n, k)``, at the root of the equations."""
    at_root = equations(theta.astype(complex)).real
    bread = np.linalg.inv(_derivative(equations, theta) / len(at_root))
    moved: Array = -at_root @ bread.T
    return moved


def _distance(equations: Equations, theta: Array) -> float:
    return float(np.linalg.norm(equations(theta.astype(complex)).real.mean(axis=0)))


def _derivative(equations: Equations, theta: Array) -> Array:
    columns = []
    for place in range(len(theta)):
        shifted = theta.astype(complex)
        shifted[place] += 1j * STEP
        columns.append(equations(shifted).sum(axis=0).imag / STEP)
    return np.column_stack(columns)


def effect(data: Data, estimator: str, target: str = "ATE") -> tuple[float, float]:
    """Return the estimate and standard error by one of the estimators in ``ESTIMATORS``."""
    tail = ESTIMATORS[estimator]
    design = np.empty((len(data.arm), 0)) if estimator == "g-computation" else data.propensity
    p, q = design.shape[1], data.model.shape[1]
    cuts = (p, p + q, p + 2 * q)

    def equations(theta: Complex) -> Complex:
        gamma, first, second, means = np.split(theta, cuts)
        score = _expit(design @ gamma)
        model = [data.model @ beta for beta in (first, second)]
        model_1, model_0 = [_expit(m) for m in model] if data.family == "binomial" else model
        arm, y = data.arm, data.outcome
        return np.column_stack(
            [
                design * (arm - score)[:, None],
                data.model * (arm * (y - model_1))[:, None],
                data.model * ((1 - arm) * (y - model_0))[:, None],
                *tail(Values(arm, y, score, model_1, model_0, means, target)),
                np.full(len(y), means[0] - means[1] - means[-1]),
            ]
        )

    theta, errors = solve(equations, p + 2 * q + SIZES.get(estimator, 2) + 1)
    return float(theta[-1]), float(errors[-1])


def _expit(x: Complex) -> Complex:
    return 1 / (1 + np.exp(-x))


def _tilt(at: Values) -> Complex:
    tilts: dict[str, Complex] = {
        "ATE": 1 + 0 * at.score,
        "ATT": at.score,
        "ATO": at.score * (1 - at.score),
    }
    return tilts[at.target]


def _hajek(at: Values) -> list[Complex]:
    tilt = _tilt(at)
    return [
        at.arm * tilt / at.score * (at.y - at.means[0]),
        (1 - at.arm) * tilt / (1 - at.score) * (at.y - at.means[1]),
    ]


def _horvitz_thompson(at: Values) -> list[Complex]:
    return [
        at.arm * at.y / at.score - at.means[0],
        (1 - at.arm) * at.y / (1 - at.score) - at.means[1],
    ]


def _g_computation(at: Values) -> list[Complex]:
    counted = at.arm if at.target == "ATT" else np.ones(len(at.arm))
    return [counted * (at.model_1 - at.means[0]), counted * (at.model_0 - at.means[1])]


def _aipw(at: Values) -> list[Complex]:
    if at.target == "ATT":
        odds = at.score / (1 - at.score)
        return [
            at.arm * (at.y - at.means[0]),
            at.arm * (at.model_0 - at.means[1]) + (1 - at.arm) * odds * (at.y - at.model_0),
        ]
    return [
        at.model_1 + at.arm / at.score * (at.y - at.model_1) - at.means[0],
        at.model_0 + (1 - at.arm) / (1 - at.score) * (at.y - at.model_0) - at.means[1],
    ]


def _augmented_hajek(at: Values) -> list[Complex]:
    tilt = _tilt(at)
    total_1, total_0, average_1, average_0, extra_1, extra_0 = at.means[:6]
    return [
        np.full(len(at.y), average_1 + extra_1 - total_1),
        np.full(len(at.y), average_0 + extra_0 - total_0),
        tilt * (at.model_1 - average_1),
        tilt * (at.model_0 - average_0),
        at.arm * tilt / at.score * (at.y - at.model_1 - extra_1),
        (1 - at.arm) * tilt / (1 - at.score) * (at.y - at.model_0 - extra_0),
    ]


ESTIMATORS: dict[str, Callable[[Values], list[Complex]]] = {
    "hajek": _hajek,
    "horvitz-thompson": _horvitz_thompson,
    "g-computation": _g_computation,
    "aipw": _aipw,
    "augmented hajek": _augmented_hajek,
}
SIZES = {"augmented hajek": 6}
