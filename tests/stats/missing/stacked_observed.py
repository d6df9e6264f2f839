"""Estimators with missing outcomes, written out as stacked estimating equations with complex-step derivatives."""

from collections.abc import Callable

import numpy as np

from tests.stats.missing.unobserved import Unobserved
from tests.stats.stacked import Array, Complex, solve


def effect(sample: Unobserved, estimator: str, target: str = "ATE") -> tuple[float, float]:
    """Return estimate and sandwich standard error; equations that an estimator does not need change neither."""
    arm = sample.treated.astype(float)
    seen = sample.observed.astype(float)
    y = np.where(sample.observed, sample.known, 0.0)
    basis = _basis(sample.x)
    columns, rows = _observation(sample, basis, arm)
    q, k = basis.shape[1], columns.shape[1]
    link: Callable[[Complex], Complex] = _expit if sample.family == "binomial" else lambda value: value
    tail = {"augmented": _augmented, "hajek": _hajek, "standardised": _standardised}[estimator]

    def equations(theta: Complex) -> Complex:
        gamma, alpha, first, second, means = np.split(theta, np.cumsum([q, k, q, q]))
        score = _expit(basis @ gamma)
        chance = np.where(rows == 1, _expit(columns @ alpha), 1.0)
        models = [link(basis @ beta) for beta in (first, second)]
        weights = _weights(arm, score, target)
        factor = seen / chance
        return np.column_stack(
            [
                basis * (arm - score)[:, None],
                columns * (rows * (seen - chance))[:, None],
                basis * (arm * seen * (y - models[0]))[:, None],
                basis * ((1 - arm) * seen * (y - models[1]))[:, None],
                *tail(arm, y, score, [weight * factor for weight in weights], models, means, target),
                np.full(len(y), means[0] - means[1] - means[-1]),
            ]
        )

    size = 6 if (estimator, target) == ("augmented", "ATO") else 2
    theta, errors = solve(equations, 3 * q + k + size + 1)
    return float(theta[-1]), float(errors[-1])


def _observation(sample: Unobserved, basis: Array, arm: Array) -> tuple[Array, Array]:
    """Return the columns of the regression of being observed, and 1 for the subjects that it is about."""
    misses = [(~sample.observed)[inside].any() for inside in (sample.treated, ~sample.treated)]
    if all(misses):
        return np.column_stack([basis, arm]), np.ones(len(arm))
    return basis, arm if misses[0] else 1 - arm


def _weights(arm: Array, score: Complex, target: str) -> tuple[Complex, Complex]:
    tilts: dict[str, Complex] = {"ATE": 1 + 0 * score, "ATT": score, "ATO": score * (1 - score)}
    return arm * tilts[target] / score, (1 - arm) * tilts[target] / (1 - score)


def _augmented(
    arm: Array,
    y: Array,
    score: Complex,
    weights: list[Complex],
    models: list[Complex],
    means: Complex,
    target: str,
) -> list[Complex]:
    pairs = list(zip(models, weights, strict=True))
    if target == "ATO":
        tilt = score * (1 - score)
        made = [np.full(len(y), means[2 + a] + means[4 + a] - means[a]) for a in (0, 1)]
        made += [tilt * (model - means[2 + a]) for a, model in enumerate(models)]
        return made + [weight * (y - model - means[4 + a]) for a, (model, weight) in enumerate(pairs)]
    counted = arm if target == "ATT" else np.ones(len(y))
    return [counted * (model - means[a]) + weight * (y - model) for a, (model, weight) in enumerate(pairs)]


def _hajek(
    _arm: Array, y: Array, _score: Complex, weights: list[Complex], _models: object, means: Complex, _: str
) -> list[Complex]:
    return [weight * (y - means[a]) for a, weight in enumerate(weights)]


def _standardised(
    arm: Array, y: Array, _score: object, _weights: object, models: list[Complex], means: Complex, target: str
) -> list[Complex]:
    counted = arm if target == "ATT" else np.ones(len(y))
    return [counted * (model - means[a]) for a, model in enumerate(models)]


def _basis(x: Array) -> Array:
    basis: Array = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0)])
    return basis


def _expit(x: Complex) -> Complex:
    return 1 / (1 + np.exp(-x))
