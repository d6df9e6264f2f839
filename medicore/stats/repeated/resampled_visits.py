"""The bootstrap of the mixed model for repeated measures: subjects drawn with replacement, the model fitted again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.bootstrap.bootstrap import NOT_CONVERGED, RANK_LOST
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult
from medicore.stats.bootstrap.replicated import bootstrap_means
from medicore.stats.bootstrap.resampling import starting_point
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.repeated.batched_mixed import BatchedMoments, fit_batched
from medicore.stats.repeated.mixed_model import MixedFit, maximise
from medicore.stats.repeated.visit_moments import VisitMoments

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

_LEAST_SHARE = 1e-10
"""The least eigenvalue of the predictors' correlations below which a resample has lost a predictor."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """The subjects, ``(m,)``, observed at the same ``visits``, and their rows ``(m, t(p + 1))``, the outcome last in each visit."""

    subjects: NDArray[np.intp]
    visits: NDArray[np.intp]
    rows: Vector

    def moments(self, weights: Vector) -> BatchedMoments:
        """Return the moments of resamples that count each subject ``weights``, ``(R, n)``, times."""
        own = weights[:, self.subjects]
        size = self.rows.shape[1] // len(self.visits)
        # no product that a BLAS library splits among threads
        square = np.stack([np.einsum("ia,ib->ab", self.rows * one[:, None], self.rows) for one in own])
        shape = (len(own), len(self.visits), size, len(self.visits), size)
        products = np.ascontiguousarray(square.reshape(shape).transpose(0, 1, 3, 2, 4))
        return BatchedMoments(self.visits, own.sum(axis=1), products)


@dataclass(frozen=True, slots=True)
class VisitResamples:
    """The subjects of a mixed model, arranged for resampling; ``weights``, ``(2, p)``, give the mean of each arm, treated first."""

    fit: MixedFit
    patterns: tuple[_Pattern, ...]
    weights: Vector
    start: Vector

    @classmethod
    def of(cls, fit: MixedFit, design: Vector, outcome: Vector, weights: Vector) -> "VisitResamples":
        """Return the subjects of ``design``, ``(n, T, p)``, and ``outcome``, ``(n, T)`` with NaN, of whom ``fit`` is the model."""
        seen = ~np.isnan(outcome)
        joined = np.concatenate([design, np.where(seen, outcome, 0.0)[:, :, None]], axis=2)
        patterns = []
        for one in fit.moments:
            pattern = np.zeros(outcome.shape[1], dtype=bool)
            pattern[one.visits] = True
            same = np.flatnonzero((seen == pattern).all(axis=1))
            patterns.append(
                _Pattern(same, one.visits, joined[np.ix_(same, one.visits)].reshape(len(same), -1))
            )
        return cls(fit, tuple(patterns), weights, starting_point(fit.covariance))

    def bootstrap(self, means: ArmMeans, stacked: ArmMeans, *, replicates: int, seed: int) -> BootstrapResult:
        """Return the nonparametric bootstrap of the arms' difference; for errors see ``bootstrap_means``.

        ``means`` and ``stacked`` are the full sample's, with the model's variance and with that of the subjects.
        """
        return bootstrap_means(
            self.replicate, means, stacked, (RANK_LOST, NOT_CONVERGED), replicates=replicates, seed=seed
        )

    def replicate(self, weights: Vector) -> tuple[Vector, dict[str, Flags]]:
        """Return the arms' means where each subject counts ``weights`` times, ``(R, n)``, as ``(R, 3, 2)``, and failures.

        The three are alike: a mixed model has no weights or models alone.
        """
        moments = [one.moments(weights) for one in self.patterns]
        lost = _rank_lost(moments)
        coefficients = np.full((len(weights), self.weights.shape[1]), np.nan)
        usable = np.flatnonzero(~lost)
        some = [BatchedMoments(one.visits, one.n[usable], one.products[usable]) for one in moments]
        found, reached = fit_batched(some, self.start, restricted=self.fit.restricted)
        coefficients[usable[reached]] = found[reached]
        for place in usable[~reached]:
            coefficients[place] = self._searched(moments, place)
        means = np.einsum("kp,rp->rk", self.weights, coefficients)
        stuck = ~np.isfinite(means).all(axis=1) & ~lost
        return np.repeat(means[:, None], 3, axis=1), {RANK_LOST: lost, NOT_CONVERGED: stuck}

    def _searched(self, moments: Sequence[BatchedMoments], place: int) -> Vector:
        """Return the coefficients of one resample by Newton's method, ``(p,)``; NaN where it reaches no maximum."""
        own = tuple(
            VisitMoments(one.visits, int(one.n[place]), one.products[place])
            for one in moments
            if one.n[place] > 0
        )
        try:
            return maximise(own, self.start, restricted=self.fit.restricted).coefficients
        except EstimationError:
            return np.full(self.weights.shape[1], np.nan)


def _rank_lost(moments: Sequence[BatchedMoments]) -> Flags:
    """Return in which resamples the predictors of the visits are collinear, ``(R,)``."""
    whole: Vector = np.sum([np.einsum("raapq->rpq", one.products) for one in moments], axis=0)
    information = whole[:, :-1, :-1]
    scale = np.sqrt(information.diagonal(axis1=1, axis2=2))
    lost: Flags = np.asarray(~(scale > 0).all(axis=1), dtype=np.bool_)
    scaled = information / np.where(lost[:, None, None], np.inf, scale[:, :, None] * scale[:, None, :])
    lost[~lost] = np.linalg.eigvalsh(scaled[~lost])[:, 0] < _LEAST_SHARE
    return lost
