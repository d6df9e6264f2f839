"""Adjusted means of RobinCar2's three-arm data under each of its schemes: the models of its cases, the core's covariance."""

import csv
import gzip
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.models.linear import fit_linear
from medicore.stats.randomisation.randomisation_covariance import randomisation_covariance
from medicore.stats.randomisation.randomisation_scheme import Randomisation, Scheme, calibrated
from tests.reference.reference import FOLDER
from tests.reference.second_set import TopicRow

Vector = NDArray[np.float64]

TOPIC = "randomisation"
FILE = FOLDER / "v2" / "data" / "robincar2_glm_data.csv.gz"
SCHEMES: dict[str, Scheme] = {"sr(1)": "simple", "pb(s1)": "stratified", "ps(s1)": "minimisation"}
"""RobinCar2's names: simple, permuted blocks, Pocock and Simon."""
CONTRASTS = ((1, 0), (2, 0), (2, 1))
"""Arms of ``difference_1`` to ``difference_3``: trt1 and trt2 against placebo, and against each other."""


@dataclass(frozen=True)
class Trial:
    """Arm (0 placebo, 1, 2), stratum, covariate and outcome, ``(n,)`` each."""

    arm: NDArray[np.intp]
    strata: NDArray[np.intp]
    covariate: Vector
    outcome: Vector


def trial() -> Trial:
    """Return the data."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return Trial(
        np.array([("pbo", "trt1", "trt2").index(row["treatment"]) for row in rows]),
        np.array([("a", "b").index(row["s1"]) for row in rows]),
        np.array([float(row["covar"]) for row in rows]),
        np.array([float(row["y"]) for row in rows]),
    )


def computed(row: TopicRow) -> float:
    """Return the core's number for a row: the difference of two arms, or its standard error."""
    _, scheme, formula = row.case.split("|")
    data = trial()
    own = _design(formula, data, data.arm)
    fit = fit_linear(own, data.outcome)
    predicted = np.column_stack(
        [fit.predict(_design(formula, data, np.full(len(own), arm))) for arm in (0, 1, 2)]
    )
    randomisation = Randomisation(SCHEMES[scheme], data.strata)
    if randomisation.calibrated:
        predicted = calibrated(predicted, data.arm, data.outcome, randomisation)
    quantity, number = row.quantity.split("_")
    one, zero = CONTRASTS[int(number) - 1]
    if quantity == "difference":
        return float(predicted[:, one].mean() - predicted[:, zero].mean())
    covariance = randomisation_covariance(predicted, data.arm, data.outcome, randomisation)
    return float(np.sqrt(covariance[one, one] + covariance[zero, zero] - 2 * covariance[one, zero]))


def _design(formula: str, data: Trial, arm: NDArray[np.intp]) -> Vector:
    """Return the columns of an R formula of the cases: the arms, the stratum by arm, the covariate."""
    arms = [(arm == one).astype(float) for one in (1, 2)]
    columns = list(arms)
    if "s1" in formula:
        inside = data.strata.astype(float)
        columns += [inside, *(one * inside for one in arms)]
    if "covar" in formula:
        columns.append(data.covariate)
    return np.column_stack(columns)


def cases() -> tuple[str, ...]:
    """Return every case that must be there."""
    formulae = ("y~treatment", "y~treatment+covar", "y~treatment*s1+covar")
    return tuple(f"robincar2|{scheme}|{formula}" for scheme, formula in itertools.product(SCHEMES, formulae))
