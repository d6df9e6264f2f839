"""Single imputation: every gap of a baseline covariate filled with one value that knows no arm and no outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np
from numpy.typing import NDArray

from medicore.stats.imputation.incomplete import IncompleteCovariate, require_imputable

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fill:
    """What the gaps of one covariate were filled with: a mean, or the name of a level.

    ``value`` is None where nothing was missing.
    """

    name: str
    observed: int
    missing: int
    value: float | str | None


@dataclass(frozen=True, slots=True)
class SingleImputation:
    """The covariates completed, and what was done.

    ``columns`` are ``(n,)`` each, in the order given; categories as places of their levels. A covariate without
    gaps is the very array given, and observed values are never changed. ``fills`` has one entry per covariate.
    ``indicators``, when asked for, holds name and ``(n,)`` 0/1 of every covariate with gaps, 1 where its value was
    missing; two with the same gaps are aliased in a model, and the first stands for both.
    """

    columns: tuple[Vector, ...]
    fills: tuple[Fill, ...]
    indicators: tuple[tuple[str, Vector], ...]


def impute_once(covariates: Sequence[IncompleteCovariate], *, indicators: bool = False) -> SingleImputation:
    """Return the covariates with every gap filled by the mean, or by the most frequent level.

    Numbers take the mean of the observed values of both arms together, categories the most frequent level, of
    equally frequent ones the first declared. Neither treatment nor outcome is looked at, so that in a randomised
    trial the completed covariates are still functions of baseline alone, the kind for which covariate adjustment
    is recommended (FDA, 2023, "Adjusting for covariates in randomized clinical trials"; ICH E9, section 5.7): the
    effect's estimate stays consistent and its standard error valid whatever made the values missing (White &
    Thompson, 2005). It is *not* valid where treatment was chosen: there a filled value leaves confounding behind,
    and multiple imputation is the method. ``indicators`` adds the missing-indicator columns (White & Thompson,
    2005), for trials where having no value says something about the outcome.

    Means are rounded once, after an exact sum: they do not depend on the order of subjects.

    Raises
    ------
    EstimationError
        When a covariate has no observed value, holds infinity or a code that is no level, or the covariates
        differ in length or share a name.
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
    """Return the mean of the observed values, or the place of the most frequent level."""
    if covariate.levels:
        # argmax returns the first of equal counts
        return float(covariate.level_counts.argmax())
    seen = covariate.values[~covariate.missing]
    # rounding may not take the mean outside the range of what was seen, which the contract may bound
    return min(max(fsum(seen) / len(seen), float(seen.min())), float(seen.max()))
