"""Single imputation: every gap of a baseline covariate gets one value, which depends neither on arm nor on outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np
from numpy.typing import NDArray

from medicore.stats.imputation.incomplete import IncompleteCovariate, require_imputable

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fill:
    """The value for the gaps of one covariate: a mean, or the name of a level.

    ``value`` is None when nothing is missing.
    """

    name: str
    observed: int
    missing: int
    value: float | str | None


@dataclass(frozen=True, slots=True)
class SingleImputation:
    """The completed covariates, and the values that were filled in.

    ``columns`` are ``(n,)`` each, in the given order; categories are the indexes of their levels. A covariate without
    gaps is the given array itself, and observed values are never changed. ``fills`` has one entry per covariate.
    ``indicators``, if requested, holds for every covariate with gaps its name and an ``(n,)`` column that is 1 where
    its value was missing, else 0. Indicators of covariates with the same gaps are aliased in a model, which keeps the
    first of them.
    """

    columns: tuple[Vector, ...]
    fills: tuple[Fill, ...]
    indicators: tuple[tuple[str, Vector], ...]


def impute_once(covariates: Sequence[IncompleteCovariate], *, indicators: bool = False) -> SingleImputation:
    """Return the covariates with every gap filled by the mean, or by the most frequent level.

    A number gets the mean of the observed values of both arms together. A category gets its most frequent level; of
    equally frequent levels, the first declared. Neither treatment nor outcome is used. In a randomised trial the
    completed covariates are therefore still functions of baseline alone, for which covariate adjustment is recommended
    (FDA, 2023, "Adjusting for covariates in randomized clinical trials"; ICH E9, section 5.7): the estimate of the
    effect stays consistent and its standard error valid, whatever the reason for the missing values (White & Thompson,
    2005). The method is *not* valid in an observational study: there a filled value leaves confounding behind, and
    multiple imputation is needed. ``indicators`` adds the missing-indicator columns (White & Thompson, 2005), for
    trials in which the absence of a value predicts the outcome.

    Means are rounded once, after an exact sum, so they do not depend on the order of subjects.

    Raises
    ------
    EstimationError
        When a covariate has no observed value, or has infinity or an unknown level, or when covariates differ in
        length or share a name.
    """
    require_imputable(covariates)
    columns: list[Vector] = []
    fills: list[Fill] = []
    marks: list[tuple[str, Vector]] = []
    for covariate in covariates:
        missing = covariate.missing
        gaps = int(missing.sum())
        observed = len(missing) - gaps
        if gaps == 0:
            columns.append(covariate.values)
            fills.append(Fill(covariate.name, observed, gaps, None))
            continue
        value = _typical(covariate)
        columns.append(np.where(missing, value, covariate.values))
        named = covariate.levels[int(value)] if covariate.levels else value
        fills.append(Fill(covariate.name, observed, gaps, named))
        if indicators:
            marks.append((covariate.name, missing.astype(np.float64)))
    return SingleImputation(tuple(columns), tuple(fills), tuple(marks))


def _typical(covariate: IncompleteCovariate) -> float:
    """Return the mean of the observed values, or the index of the most frequent level."""
    if covariate.levels:
        # argmax returns the first of equal counts
        return float(covariate.level_counts.argmax())
    seen = covariate.values[~covariate.missing]
    # rounding must keep the mean inside the observed range, because the contract may limit that range
    return min(max(fsum(seen) / len(seen), float(seen.min())), float(seen.max()))
