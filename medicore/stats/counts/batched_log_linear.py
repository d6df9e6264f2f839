"""Log-linear models of many resamples at once, by Newton's method on the weights that each resample gives to the subjects."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.bootstrap.batched_logistic import SEPARATED_PREDICTOR, solve_positive
from medicore.stats.bootstrap.resampling import starting_point
from medicore.stats.counts.log_linear import rates
from medicore.stats.models.design import standardise

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

NEWTON_STEPS = 30
LAST_STEP = 1e-6
"""A Newton step this small, in coefficients of standardised columns, is the last; the next would be about its square."""
LONGEST_STEP = 1.0
"""A longer step, in coefficients of standardised columns, is shortened to this length."""


@dataclass(frozen=True, slots=True)
class LogLinearReplicates:
    """The coefficients of some resamples, ``theta`` ``(R, q)``, and failures, ``(R,)``.

    ``rank_lost`` says that the resample's columns are dependent, ``separated`` that its likelihood has no maximum,
    ``stuck`` that Newton's method failed for any other reason.
    """

    theta: Vector
    rank_lost: Flags
    separated: Flags
    stuck: Flags


@dataclass(frozen=True, slots=True)
class BatchedLogLinear:
    """A log-linear model arranged for resampling.

    ``own``, ``(m,)``, are the indexes of the subjects of the fit in the whole sample; ``columns``, ``(m, q)``, their intercept and
    standardised columns; ``everybody``, ``(n, q)``, the columns by which everybody is predicted. ``start`` is about the full
    sample's maximum.
    """

    own: NDArray[np.intp]
    columns: Vector
    products: Vector
    everybody: Vector
    count: Vector
    exposure: Vector
    start: Vector

    @classmethod
    def of(
        cls, x: Vector, inside: Flags, count: Vector, exposure: Vector, predicted: Vector
    ) -> "BatchedLogLinear":
        """Return the model of ``count`` within ``inside``, ``(n,)`` bool; ``predicted``, ``(n,)``, are the full sample's rates."""
        design = standardise(x[inside])
        columns, everybody = design.basis(x[inside]), design.basis(x)
        size = columns.shape[1]
        theta = np.asarray(np.linalg.lstsq(columns, np.log(predicted[inside]), rcond=None)[0], np.float64)
        return cls(
            own=np.flatnonzero(inside),
            columns=columns,
            products=(columns[:, :, None] * columns[:, None, :]).reshape(len(columns), size * size),
            everybody=everybody,
            count=count[inside],
            exposure=exposure[inside],
            start=starting_point(theta),
        )

    def fitted(self, weights: Vector) -> LogLinearReplicates:
        """Return the models of resamples that count each subject of the whole sample ``weights`` times, ``(R, n)``.

        A resample never depends on the others, and no product is one that a BLAS library splits among threads.
        """
        weight = np.ascontiguousarray(weights[:, self.own])
        observed, at_risk = weight * self.count, weight * self.exposure
        size = self.columns.shape[1]
        theta = np.tile(self.start, (len(weight), 1))
        running = np.ones(len(weight), dtype=bool)
        ended, lost = np.zeros_like(running), np.zeros_like(running)
        for iteration in range(NEWTON_STEPS):
            expected = at_risk * self._rates(theta, self.columns)
            score = np.einsum("rm,mq->rq", observed - expected, self.columns)
            information = np.einsum("rm,mp->rp", expected, self.products).reshape(-1, size, size)
            step, solved = solve_positive(information, score)
            if iteration == 0:
                lost = ~solved
            running &= solved
            length = np.abs(step).max(axis=1)
            step *= np.minimum(1.0, LONGEST_STEP / np.maximum(length, 1e-300))[:, None]
            theta[running] += step[running]
            last = running & (length <= LAST_STEP)
            ended |= last
            running &= ~last
            if not running.any():
                break
        lowest = np.einsum("rq,mq->rm", theta - self.start, self.columns).min(axis=1)
        separated = ~ended & (lowest < -SEPARATED_PREDICTOR) & ~lost
        return LogLinearReplicates(theta, lost, separated, ~(ended | lost | separated))

    def rates(self, theta: Vector) -> Vector:
        """Return everybody's rates in each resample, ``(R, n)``."""
        return self._rates(theta, self.everybody)

    @staticmethod
    def _rates(theta: Vector, columns: Vector) -> Vector:
        return rates(np.einsum("rq,mq->rm", theta, columns))
