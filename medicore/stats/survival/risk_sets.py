"""Risk sets: who is still followed at each distinct time, and the sums over them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RiskSets:
    """The distinct times of follow-up, and the sums over the subjects who are at risk at each.

    ``times`` is ``(k,)``, rising; ``place``, ``(n,)``, is the position of each subject's own time among them.
    """

    times: Vector
    place: NDArray[np.intp]

    @classmethod
    def of(cls, time: Vector) -> "RiskSets":
        """Return the risk sets of follow-up times, ``(n,)``."""
        times, place = np.unique(time, return_inverse=True)
        return cls(times, place.astype(np.intp))

    def at(self, values: Vector) -> Vector:
        """Return the sum of ``values``, ``(n, ...)``, over the subjects whose time is each distinct time, ``(k, ...)``."""
        sums = np.zeros((len(self.times), *values.shape[1:]))
        np.add.at(sums, self.place, values)
        return sums

    def at_risk(self, values: Vector) -> Vector:
        """Return the sum of ``values``, ``(n, ...)``, over the subjects followed to each distinct time or longer, ``(k, ...)``."""
        sums: Vector = np.cumsum(self.at(values)[::-1], axis=0)[::-1]
        return sums

    def until(self, terms: Vector) -> Vector:
        """Return the sum of ``terms``, ``(k, ...)``, over the distinct times up to each subject's own, ``(n, ...)``."""
        sums: Vector = np.cumsum(terms, axis=0)[self.place]
        return sums


def require_follow_up(time: Vector, event: Flags, weights: Vector | None = None) -> None:
    """Raise EstimationError unless times are finite and 0 or more, and ``event`` says of each subject whether it had one.

    ``weights``, ``(n,)``, if given, are finite and 0 or more.
    """
    if event.dtype != np.bool_ or event.shape != time.shape or time.ndim != 1:
        raise EstimationError(
            "events are not a boolean array with one element per time of follow-up; compare the column of events with "
            "its code"
        )
    if not (len(time) and np.isfinite(time).all() and (time >= 0).all()):
        raise EstimationError(
            "follow-up times are absent, negative, NaN or infinite; expected a number of 0 or more for each subject"
        )
    if weights is not None and not (
        weights.shape == time.shape and np.isfinite(weights).all() and (weights >= 0).all()
    ):
        raise EstimationError(
            "the weights hold a negative number, NaN or infinity; expected 0 or more for each subject; check them"
        )
