"""The estimator of survival in many resamples at once: its bootstrap and its jackknife, every model fitted again."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.bootstrap.batched_logistic import LogisticDesign, fit_replicates
from medicore.stats.bootstrap.bootstrap import NOT_CONVERGED, ONE_ARM, RANK_LOST, SEPARATED
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult
from medicore.stats.bootstrap.replicated import bootstrap_means, jackknife_means, with_jackknife
from medicore.stats.bootstrap.resampling import (
    Layout,
    packed_products,
    starting_point,
)
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.models.logistic import LogisticFit
from medicore.stats.survival.augmented_survival import SurvivalResult
from medicore.stats.survival.batched_hazard import BatchedHazard, FittedModels, HazardReplicates
from medicore.stats.survival.curve_influence import Summary
from medicore.stats.survival.expected_loss import expected_loss, loss_terms, lost_by_event

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

NO_EVENT = "no event in an arm"
UNFOLLOWED = "no follow-up to the horizon"
_AT_ONCE = 400_000
"""Numbers of a table of resamples by subjects by times that are in memory at once."""


@dataclass(frozen=True, slots=True)
class SurvivalSample:
    """The full sample and its models, arranged for resampling."""

    treated: Flags
    time: Vector
    event: Flags
    horizon: float
    summary: Summary
    layout: Layout
    propensity: LogisticDesign
    basis: Vector
    events: tuple[BatchedHazard, BatchedHazard]
    censoring: tuple[BatchedHazard, BatchedHazard]
    result: SurvivalResult

    @classmethod
    def of(
        cls,
        treated: Flags,
        time: Vector,
        event: Flags,
        propensity: LogisticFit,
        result: SurvivalResult,
        *,
        horizon: float,
        summary: Summary,
    ) -> "SurvivalSample":
        """Return the sample of a ``result`` by models per arm."""
        layout = Layout.of(treated, len(propensity.theta))
        products = packed_products(layout.spread(propensity.basis))
        design = LogisticDesign.of(
            layout, propensity.basis, treated, products, starting_point(propensity.theta), (0, 1)
        )
        models = result.models
        one, zero = models.events
        by_one, by_zero = models.censoring
        return cls(
            treated,
            time,
            event,
            horizon,
            summary,
            layout,
            design,
            propensity.basis,
            (BatchedHazard.of(one), BatchedHazard.of(zero)),
            (BatchedHazard.of(by_one), BatchedHazard.of(by_zero)),
            result,
        )

    def bootstrap(self, replicates: int, seed: int) -> BootstrapResult:
        """Return the nonparametric bootstrap of the arms' difference, every model refitted in each replicate.

        In each replicate n subjects are drawn with replacement from both arms together. ``hajek`` of the result is the
        difference by the weights alone and ``g_computation`` that by the models alone. A failed replicate is counted
        under its first reason. The result is the same, bit for bit, for every number of threads.

        Raises ConfigurationError when there are fewer than 2 replicates, and EstimationError when fewer than 2 can be
        estimated.
        """
        reasons = (ONE_ARM, NO_EVENT, UNFOLLOWED, RANK_LOST, SEPARATED, NOT_CONVERGED)
        return bootstrap_means(
            self.replicate,
            self.result.means,
            self.result.stacked,
            reasons,
            replicates=replicates,
            seed=seed,
        )

    def jackknife(self) -> Vector:
        """Return each arm's estimate without each subject, ``(n, 2)``, every model fitted again; treated first.

        It is NaN where the sample without the subject cannot be estimated.
        """
        return jackknife_means(self.replicate, len(self.time))

    def replicate(self, weights: Vector) -> tuple[Vector, dict[str, Flags]]:
        """Return the arms' estimates in resamples that count each subject ``weights`` times, ``(TILE, n)``, and failures.

        Estimates are ``(TILE, 3, 2)``: augmented, by the weights, by the models; treated first.
        """
        found = self.fitted(weights)
        flags, means = found.flags, np.empty((len(weights), 3, 2))
        with np.errstate(all="ignore"):  # what comes of a failed replicate is not used
            for place, (inside, models) in enumerate(
                zip((self.treated, ~self.treated), found.models, strict=True)
            ):
                means[:, :, place] = self._means(place, inside, weights, found.balance(place), models)
        flags[NOT_CONVERGED] |= ~np.isfinite(means).all(axis=(1, 2))
        return means, flags

    def fitted(self, weights: Vector) -> FittedModels:
        """Return every model of resamples that count each subject ``weights`` times, ``(TILE, n)``."""
        scores = fit_replicates(self._spread(weights), self.propensity)
        predictor = np.einsum("rq,nq->rn", scores.theta, self.basis)
        flags = {
            ONE_ARM: np.zeros(len(weights), dtype=bool),
            NO_EVENT: np.zeros(len(weights), dtype=bool),
            UNFOLLOWED: np.zeros(len(weights), dtype=bool),
            RANK_LOST: scores.rank_lost.copy(),
            SEPARATED: scores.separated.copy(),
            NOT_CONVERGED: scores.stuck.copy(),
        }
        both = []
        with np.errstate(all="ignore"):  # what comes of a failed replicate is not used
            for place, inside in enumerate((self.treated, ~self.treated)):
                models = self.events[place].fitted(weights), self.censoring[place].fitted(weights)
                for model in models:
                    flags[RANK_LOST] |= model.rank_lost
                    flags[SEPARATED] |= model.separated
                    flags[NOT_CONVERGED] |= model.stuck
                drawn_here = weights[:, inside] > 0
                flags[ONE_ARM] |= ~drawn_here.any(axis=1)
                flags[NO_EVENT] |= ~(drawn_here & self.event[inside]).any(axis=1)
                flags[UNFOLLOWED] |= ~self._followed(drawn_here, inside)
                both.append(models)
        return FittedModels(scores.theta, predictor, (both[0], both[1]), flags)

    def _followed(self, drawn_here: Flags, inside: Flags) -> Flags:
        """Return which resamples follow someone of the arm to the horizon, or see everybody's event before."""
        time, event = self.time[inside], self.event[inside]
        longest = np.where(drawn_here, time, -1.0).max(axis=1)
        at_end = drawn_here & (time == longest[:, None])
        followed: Flags = (longest >= self.horizon) | (~at_end | event).all(axis=1)
        return followed

    def _spread(self, weights: Vector) -> NDArray[np.uint16]:
        """Return the weights at the positions of the layout, ``(blocks, R, length)``."""
        placed = self.layout.spread(np.ascontiguousarray(weights.T))
        return placed.astype(np.uint16)

    def _means(
        self,
        place: int,
        inside: Flags,
        weights: Vector,
        balance: Vector,
        models: tuple[HazardReplicates, HazardReplicates],
    ) -> Vector:
        """Return the arm's estimates, ``(R, 3)``; ``balance`` is 1 over the chance of the arm, ``(R, n)``."""
        own = np.flatnonzero(inside)
        times = self.events[place].times
        inner = int(np.searchsorted(times, self.horizon, side="right"))
        times = times[:inner]
        relative = self.events[place].relative(models[0].theta)
        jumps, quits = models[0].jumps[:, :inner], models[1].jumps[:, :inner]
        against = self.censoring[place].relative(models[1].theta)
        total = weights.sum(axis=1)
        at_start = np.empty_like(weights)
        for part in _parts(len(self.time), len(weights) * max(inner, 1)):
            at_start[:, part] = expected_loss(relative[:, part], jumps, times, self.horizon, self.summary)
        by_models = np.sum(weights * at_start, axis=1)
        lost = lost_by_event(times, self.horizon, self.summary)
        by_weights, by_both = np.zeros(len(weights)), by_models.copy()
        for some in _parts(len(own), len(weights) * max(inner, 1)):
            rows = own[some]
            counted = weights[:, rows] * balance[:, rows]
            hazards = (relative[:, rows], jumps), (against[:, rows], quits)
            found = loss_terms(*hazards, times, self.horizon, self.summary)
            rises = against[:, rows, None] * quits[:, None]
            at, happened = self.time[rows, None] == times, self.event[rows, None]
            ended = np.sum(found.uncensored * (lost * (at & happened)), axis=2)
            martingale = (at & ~happened) - (self.time[rows, None] >= times) * rises
            carried = np.sum(found.uncensored * found.expected * martingale, axis=2)
            by_weights += np.sum(counted * ended, axis=1)
            by_both += np.sum(counted * (ended + carried - at_start[:, rows]), axis=1)
        best = 1.0 if self.summary == "survival" else self.horizon
        means: Vector = best - np.column_stack([by_both, by_weights, by_models]) / total[:, None]
        return means


def _parts(rows: int, each: int) -> Iterator[slice]:
    """Yield the rows, so many at a time as the memory is to hold with ``each`` number for a row."""
    step = max(1, _AT_ONCE // each)
    for first in range(0, rows, step):
        yield slice(first, min(first + step, rows))


def jackknifed(result: SurvivalResult, without: Vector, degrees_of_freedom: float, how: str = "") -> ArmMeans:
    """Return the arms' estimates of ``result`` with the jackknife's variance, ``(n − 1)/n Σ(θ₋ᵢ − θ̄)²`` (Efron & Tibshirani, 1993, chapter 11).

    ``without``, ``(n, 2)``, are the estimates without each subject, treated first; ``how`` tells how they were found.

    Raises EstimationError when the sample without a subject cannot be estimated.
    """
    return with_jackknife(
        result.means,
        without,
        degrees_of_freedom,
        reason="a model cannot be fitted or no one is followed to the horizon",
        how=how,
        remedy="use fewer covariates, or declare an earlier outcome.horizon",
    )
