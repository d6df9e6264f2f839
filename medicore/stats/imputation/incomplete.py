"""Baseline covariates with gaps: numbers, or categories by their declared levels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class IncompleteCovariate:
    """A baseline covariate of all subjects, some of whom have no value.

    ``values`` is ``(n,)`` float64, NaN where the value is missing. ``levels`` is empty for a number. For a category it
    holds the declared levels in their declared order, and ``values`` holds their indexes, from 0.
    """

    name: str
    values: Vector
    levels: tuple[str, ...] = ()

    @classmethod
    def of_category(
        cls, name: str, labels: Sequence[object], missing: Mask, levels: tuple[str, ...]
    ) -> "IncompleteCovariate":
        """Return the category with these ``labels``; where ``missing``, ``(n,)``, is true, the label is ignored.

        Raises EstimationError when any other label is not a level.
        """
        place = {level: float(code) for code, level in enumerate(levels)}
        values = np.full(len(labels), np.nan)
        for row, (label, gap) in enumerate(zip(labels, missing, strict=True)):
            values[row] = np.nan if gap else place.get(str(label), np.nan)
        unknown = int(np.isnan(values[~missing]).sum())
        if unknown:
            raise EstimationError(
                f"covariate {name!r} holds {unknown} value(s) that are no level; expected the levels that the "
                "contract declares; check the extract against it"
            )
        return cls(name, values, levels)

    @property
    def missing(self) -> Mask:
        """Whether each subject's value is missing, ``(n,)``."""
        gaps: Mask = np.isnan(self.values)
        return gaps

    @property
    def level_counts(self) -> Codes:
        """The number of subjects observed at each declared level, ``(levels,)``."""
        counts: Codes = np.bincount(self.values[~self.missing].astype(np.intp), minlength=len(self.levels))
        return counts

    def labels(self, completed: Vector) -> tuple[str, ...]:
        """Return the names of the levels, ``(n,)``, of completed values of this category."""
        return tuple(self.levels[code] for code in completed.astype(np.intp))


def require_imputable(covariates: Sequence[IncompleteCovariate]) -> None:
    """Raise EstimationError unless every covariate can be completed from its own observed values.

    That is the case when names are distinct and lengths equal, when each value is finite or NaN (of a category: an
    index of a level or NaN), and when at least one value of each covariate is observed.
    """
    if len({covariate.name for covariate in covariates}) < len(covariates):
        raise EstimationError("two covariates share a name; expected each once; check the protocol")
    if len({len(covariate.values) for covariate in covariates}) > 1:
        raise EstimationError(
            "the covariates have unequal numbers of subjects; expected the same subjects; check the analysis set"
        )
    for covariate in covariates:
        seen = covariate.values[~covariate.missing]
        if not np.isfinite(seen).all():
            raise EstimationError(
                f"covariate {covariate.name!r} holds infinity; expected finite numbers; check the contract"
            )
        if covariate.levels and not np.isin(seen, np.arange(len(covariate.levels))).all():
            raise EstimationError(
                f"covariate {covariate.name!r} holds a code that is no level; expected places of its "
                f"{len(covariate.levels)} levels; check the contract"
            )
        if len(seen) == 0:
            raise EstimationError(
                f"covariate {covariate.name!r} has no observed value, so there is nothing to impute from; expected "
                "some; leave it out of the protocol"
            )
