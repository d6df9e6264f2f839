"""Hazard models of many resamples at once, by Newton's method on the weights that each resample gives to the subjects."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.bootstrap.batched_logistic import SEPARATED_PREDICTOR, solve_positive
from medicore.stats.bootstrap.resampling import starting_point
from medicore.stats.survival.cox import relative_hazards
from medicore.stats.survival.hazard import HazardModel

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

NEWTON_STEPS = 25
LAST_STEP = 1e-6
"""A Newton step this small, in coefficients of standardised columns, is the last; the next would be about its square."""
LONGEST_STEP = 2.0
"""A longer step, in coefficients of standardised columns, is shortened to this length."""


@dataclass(frozen=True, slots=True)
class HazardReplicates:
    """The models of some resamples: ``theta`` ``(R, q)``, the baseline's ``jumps`` ``(R, k)``, and failures ``(R,)``.

    ``rank_lost`` says that the resample's columns are dependent, ``separated`` that its likelihood has no maximum,
    ``stuck`` that Newton's method failed for any other reason.
    """

    theta: Vector
    jumps: Vector
    rank_lost: Flags
    separated: Flags
    stuck: Flags


@dataclass(frozen=True, slots=True)
class FittedModels:
    """Every model of some resamples: ``theta`` and ``predictor`` of the scores, ``(R, q)`` and ``(R, n)``, hazards by arm, failures.

    ``models`` are those of event and censoring, the treated arm's first; ``flags`` are ``(R,)`` by reason.
    """

    theta: Vector
    predictor: Vector
    models: tuple[tuple[HazardReplicates, HazardReplicates], tuple[HazardReplicates, HazardReplicates]]
    flags: dict[str, Flags]

    def balance(self, place: int) -> Vector:
        """Return 1 over the chance of an arm, ``(R, n)``; the treated arm's ``place`` is 0."""
        found: Vector = 1 + np.exp((-1.0, 1.0)[place] * self.predictor)
        return found


@dataclass(frozen=True, slots=True)
class BatchedHazard:
    """A hazard model arranged for resampling: its subjects in the order of their times.

    ``order``, ``(m,)``, are indexes of the whole sample; ``columns`` is ``(m, q)``; ``everybody``, ``(n, q)``, are the columns by
    which everybody is predicted. ``starts``, ``(k,)``, is the position of the first subject of each distinct time.
    """

    order: NDArray[np.intp]
    columns: Vector
    products: Vector
    everybody: Vector
    event: Vector
    starts: NDArray[np.intp]
    place: NDArray[np.intp]
    times: Vector
    start: Vector

    @classmethod
    def of(cls, model: HazardModel) -> "BatchedHazard":
        """Return the model of the full sample, arranged for resampling."""
        order = np.argsort(model.place, kind="stable")
        place = model.place[order]
        size = 0 if model.fit is None else len(model.fit.theta)
        columns = np.zeros((len(order), 0)) if model.fit is None else model.fit.design.columns[order]
        return cls(
            order=np.flatnonzero(model.inside)[order],
            columns=columns,
            products=(columns[:, :, None] * columns[:, None, :]).reshape(len(columns), size * size),
            everybody=model.columns,
            event=model.event[order].astype(np.float64),
            starts=np.searchsorted(place, np.arange(len(model.times))),
            place=place,
            times=model.times,
            start=np.zeros(0) if model.fit is None or not size else starting_point(model.fit.theta),
        )

    def fitted(self, weights: Vector) -> HazardReplicates:
        """Return the models of resamples that count each subject of the whole sample ``weights`` times, ``(R, n)``.

        A resample never depends on the others, and no product is one that a BLAS library splits among threads.
        """
        weight = np.ascontiguousarray(weights[:, self.order])
        happened = weight * self.event
        deaths = np.add.reduceat(happened, self.starts, axis=1)
        observed = np.einsum("rm,mq->rq", happened, self.columns)
        theta = np.tile(self.start, (len(weight), 1))
        running = np.ones(len(weight), dtype=bool)
        ended, lost = np.zeros_like(running), np.zeros_like(running)
        hazard, total, mean = self._sums(weight, theta)
        for iteration in range(NEWTON_STEPS):
            score = observed - np.einsum("rk,rkq->rq", deaths, mean)
            step, solved = self._step(hazard, deaths, total, mean, score)
            if iteration == 0:
                lost = ~solved
            running &= solved
            length = np.abs(step).max(axis=1, initial=0.0)
            step *= np.minimum(1.0, LONGEST_STEP / np.maximum(length, 1e-300))[:, None]
            theta[running] += step[running]
            last = running & (length <= LAST_STEP)
            ended |= last
            running &= ~last
            hazard, total, mean = self._sums(weight, theta)
            if not running.any():
                break
        apart = np.ptp(np.einsum("rq,mq->rm", theta, self.columns), axis=1) > SEPARATED_PREDICTOR
        separated = ~ended & apart & ~lost
        jumps = np.divide(deaths, total, out=np.zeros_like(deaths), where=total > 0)
        return HazardReplicates(theta, jumps, lost, separated, ~(ended | lost | separated))

    def relative(self, theta: Vector) -> Vector:
        """Return everybody's relative hazards in each resample, ``(R, n)``."""
        predictor = np.einsum("rq,nq->rn", theta, self.everybody)
        return relative_hazards(predictor)

    def _sums(self, weight: Vector, theta: Vector) -> tuple[Vector, Vector, Vector]:
        """Return weighted relative hazards ``(R, m)``, their sums over the risk sets ``(R, k)`` and the mean columns there."""
        predictor = np.einsum("rq,mq->rm", theta, self.columns)
        hazard = weight * relative_hazards(predictor)
        total = _at_risk(hazard, self.starts)
        moments = _at_risk(hazard[:, :, None] * self.columns, self.starts)
        safe = np.where(total > 0, total, 1.0)
        return hazard, total, moments / safe[:, :, None]

    def _step(
        self, hazard: Vector, deaths: Vector, total: Vector, mean: Vector, score: Vector
    ) -> tuple[Vector, Flags]:
        """Return the Newton steps, ``(R, q)``, and which resamples have one."""
        size = score.shape[1]
        if size == 0:
            return score, np.ones(len(score), dtype=bool)
        jumps = np.divide(deaths, total, out=np.zeros_like(deaths), where=total > 0)
        carried = hazard * np.cumsum(jumps, axis=1)[:, self.place]
        information = np.einsum("rm,mp->rp", carried, self.products).reshape(-1, size, size)
        weighted = deaths[:, :, None] * mean
        information -= np.einsum("rkq,rks->rqs", weighted, mean)
        return solve_positive(information, score)


def _at_risk(values: Vector, starts: NDArray[np.intp]) -> Vector:
    """Return the sums of ``values``, ``(R, m, ...)`` in the order of time, from each distinct time on, ``(R, k, ...)``."""
    sums: Vector = np.cumsum(values[:, ::-1], axis=1)[:, ::-1][:, starts]
    return sums
