"""The scheme by which a study was randomised, and what its balance within strata does to a variance."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError

Vector = NDArray[np.float64]
Whole = NDArray[np.intp]
Scheme = Literal["simple", "stratified", "biased coin", "minimisation"]


@dataclass(frozen=True, slots=True)
class Randomisation:
    """A scheme with the stratum of each subject.

    ``strata`` is ``(n,)``, 0 to the number of strata less 1; a stratum is one combination of the levels of all
    stratification factors. Under simple randomisation it is not read.

    Stratified permuted blocks and the biased coin of Efron within strata balance the arms in every stratum, so that the
    imbalance adds nothing to the variance (Ye, Shao, Yi & Zhao, 2023: Ω = 0). Of minimisation (Pocock & Simon,
    1975) the imbalance within strata is unknown: an estimator must not depend on it (Bannick, Shao, Liu, Du, Yi & Ye,
    2025), and is calibrated within strata.
    """

    scheme: Scheme
    strata: Whole

    @property
    def balanced(self) -> bool:
        """Whether the scheme is known to balance the arms within every stratum."""
        return self.scheme in ("stratified", "biased coin")

    @property
    def calibrated(self) -> bool:
        """Whether predictions are calibrated within strata."""
        return self.scheme == "minimisation"

    @property
    def number(self) -> int:
        """The number of strata."""
        return int(self.strata.max(initial=-1)) + 1

    def cells(self, arm: Whole, arms: int) -> Whole:
        """Return the subjects of each stratum and arm, ``(strata, arms)``; ``arm`` is ``(n,)``, 0 to ``arms`` − 1."""
        counts = np.bincount(self.strata * arms + arm, minlength=self.number * arms)
        return counts.reshape(self.number, arms)


def simple_randomisation(subjects: int) -> Randomisation:
    """Return the scheme without strata."""
    return Randomisation("simple", np.zeros(subjects, dtype=np.intp))


def cell_means(values: Vector, arm: Whole, arms: int, randomisation: Randomisation) -> Vector:
    """Return the mean of ``values``, ``(n,)``, in each stratum and arm, ``(strata, arms)``; 0 in an empty one."""
    sums = np.bincount(
        randomisation.strata * arms + arm, weights=values, minlength=randomisation.number * arms
    ).reshape(randomisation.number, arms)
    counts = randomisation.cells(arm, arms)
    return np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)


def calibrated(predicted: Vector, arm: Whole, outcome: Vector, randomisation: Randomisation) -> Vector:
    """Return predictions, ``(n, arms)``, that are unbiased in every stratum: the mean residual of the cell is added.

    ``arm`` and ``outcome`` are ``(n,)``. An estimator with such predictions has the same variance under every scheme that
    balances within strata (Bannick et al., 2025; RobinCar2 does the same for minimisation).

    Raises EstimationError where a stratum has no subject of an arm.
    """
    arms = predicted.shape[1]
    empty = int((randomisation.cells(arm, arms) == 0).any(axis=1).sum())
    if empty:
        raise EstimationError(
            f"{empty} of {randomisation.number} strata of the randomisation lack a subject of an arm, so that predictions "
            "cannot be calibrated in them; expected every arm in every stratum; merge strata"
        )
    residual = outcome - predicted[np.arange(len(arm)), arm]
    found: Vector = predicted + cell_means(residual, arm, arms, randomisation)[randomisation.strata]
    return found
