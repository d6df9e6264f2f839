"""Coverage of pooled intervals over worlds with gaps, in which every imputation model is right.

Given arm and binary covariate the two numbers are normal with means that depend on both, and the outcome is linear:
then treatment is logistic, and every covariate given all else is linear or logistic in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.estimate import Estimate
from medicore.stats.imputation.chained_equations import ImputationModel, imputations
from medicore.stats.imputation.incomplete import IncompleteCovariate
from medicore.stats.imputation.pooling import pooled
from medicore.stats.models.linear import fit_linear
from medicore.stats.models.logistic import fit_logistic
from tests.simulation.workers import simulated

Vector = NDArray[np.float64]
Mechanism = Literal["MCAR", "MAR"]
Numbers = Literal["normal", "matching"]

SUBJECTS = 300
IMPUTATIONS = 10
ITERATIONS = 5
PLAN: tuple[tuple[Mechanism, Numbers, int], ...] = (
    ("MCAR", "normal", 2000),
    ("MAR", "normal", 2000),
    ("MAR", "matching", 1000),
)
"""What is simulated, and how many samples of it."""
TRUTH = {
    "mean of x1": 0.35,
    "slope of x1": 1.0,
    "slope of b": 0.8,
    "effect, regression": 0.5,
    "effect, AIPW": 0.5,
}


@dataclass(frozen=True, slots=True)
class World:
    """Numbers x1 and x2, binary b, arm and outcome, and where x1 and b are missing."""

    x1: Vector
    x2: Vector
    b: Vector
    treated: NDArray[np.bool_]
    outcome: Vector
    x1_missing: NDArray[np.bool_]
    b_missing: NDArray[np.bool_]


def world(seed: int, mechanism: Mechanism, n: int = SUBJECTS) -> World:
    """Return a world of ``n`` subjects in which about three in ten lack x1, and three in ten b."""
    chance = np.random.Generator(np.random.PCG64([17, seed]))
    b = (chance.random(n) < 0.4).astype(np.float64)
    treated = chance.random(n) < 0.35 + 0.25 * b
    x1 = 0.6 * treated + 0.2 * b + chance.normal(size=n)
    x2 = -0.3 * treated + 0.5 * x1 + 0.4 * b + chance.normal(size=n)
    outcome = 0.5 * treated + x1 + 0.5 * x2 + 0.8 * b + chance.normal(size=n)
    if mechanism == "MCAR":
        risks = np.full((2, n), 0.3)
    else:
        risks = np.array(
            [expit(-1.3 + 0.6 * outcome - 0.5 * treated), expit(-0.9 - 0.5 * outcome + 0.4 * x2)]
        )
    missing = chance.random((2, n)) < risks
    return World(x1, x2, b, treated, outcome, *missing)


def analyses(
    x1: Vector, x2: Vector, b: Vector, treated: NDArray[np.bool_], outcome: Vector
) -> list[Estimate]:
    """Return the estimates of what TRUTH names, in its order, from complete data."""
    n = len(x1)
    fit = fit_linear(np.column_stack([x1, x2, b, treated]), outcome)
    errors = fit.standard_errors("model")
    covariates = np.column_stack([x1, x2, b])
    augmented = augmented_inverse_probability(covariates, treated, outcome, fit_logistic(covariates, treated))

    def estimate(name: str, value: float, error: float, freedom: int) -> Estimate:
        return Estimate(name, "model", float(value), float(error), "model", n, freedom)

    return [
        estimate("mean of x1", x1.mean(), x1.std(ddof=1) / np.sqrt(n), n - 1),
        estimate("slope of x1", fit.coefficients[1], errors[1], fit.degrees_of_freedom),
        estimate("slope of b", fit.coefficients[3], errors[3], fit.degrees_of_freedom),
        estimate("effect, regression", fit.coefficients[4], errors[4], fit.degrees_of_freedom),
        augmented.influence_function,
    ]


def imputed(
    seed: int, mechanism: Mechanism, numbers: Numbers, number: int = IMPUTATIONS
) -> list[tuple[float, float, bool, float]]:
    """Return value, standard error, whether the 95 % interval holds the truth and missing information, per TRUTH."""
    one = world(seed, mechanism)
    covariates = [
        IncompleteCovariate("x1", np.where(one.x1_missing, np.nan, one.x1)),
        IncompleteCovariate("x2", one.x2),
        IncompleteCovariate("b", np.where(one.b_missing, np.nan, one.b), ("no", "yes")),
    ]
    model = ImputationModel(numbers, iterations=ITERATIONS)
    completed = imputations(covariates, one.treated, one.outcome, seed=seed, number=number, model=model)
    found = [analyses(*data.columns, one.treated, one.outcome) for data in completed]
    rows = []
    for truth, estimates in zip(TRUTH.values(), zip(*found, strict=True), strict=True):
        result = pooled(estimates)
        low, high = result.estimate.interval(0.95)
        rows.append(
            (
                result.estimate.value,
                result.estimate.standard_error,
                low <= truth <= high,
                result.missing_information,
            )
        )
    return rows


def complete_cases(seed: int, mechanism: Mechanism) -> list[float]:
    """Return the estimates from the subjects without gaps."""
    one = world(seed, mechanism)
    whole = ~(one.x1_missing | one.b_missing)
    return [
        estimate.value
        for estimate in analyses(
            one.x1[whole], one.x2[whole], one.b[whole], one.treated[whole], one.outcome[whole]
        )
    ]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Over all simulations: bias in its Monte-Carlo standard errors, mean and true standard error, and coverage."""

    quantity: str
    simulations: int
    bias: float
    in_errors: float
    mean_error: float
    deviation: float
    coverage: float
    missing_information: float


@cache
def coverage(mechanism: Mechanism, numbers: Numbers, simulations: int) -> Sequence[Coverage]:
    """Return the coverage of what TRUTH names."""
    table = np.array(
        simulated(partial(imputed, mechanism=mechanism, numbers=numbers), simulations), dtype=float
    )
    rows = []
    for place, (name, truth) in enumerate(TRUTH.items()):
        values, errors, hits, information = table[:, place].T
        bias, deviation = float(values.mean() - truth), float(values.std(ddof=1))
        rows.append(
            Coverage(
                quantity=name,
                simulations=simulations,
                bias=bias,
                in_errors=bias / (deviation / np.sqrt(simulations)),
                mean_error=float(np.sqrt((errors**2).mean())),
                deviation=deviation,
                coverage=float(hits.mean()),
                missing_information=float(information.mean()),
            )
        )
    return rows
