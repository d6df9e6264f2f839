"""The estimator of the win probability in many resamples at once, every model fitted again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.bootstrap.batched_logistic import LogisticDesign, fit_replicates, solve_positive
from medicore.stats.bootstrap.bootstrap import NOT_CONVERGED, ONE_ARM, RANK_LOST, SEPARATED
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult
from medicore.stats.bootstrap.replicated import bootstrap_means, jackknife_means, with_jackknife
from medicore.stats.bootstrap.resampling import Layout, packed_products, starting_point
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.models.design import standardise
from medicore.stats.models.logistic import LogisticFit
from medicore.stats.ordinal.augmented_wins import WinResult
from medicore.stats.ordinal.wins import at_or_below, win_probability

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

_REASONS = (ONE_ARM, RANK_LOST, SEPARATED, NOT_CONVERGED)


@dataclass(frozen=True, slots=True)
class _Arm:
    """The least-squares models of all thresholds in one arm of m subjects, arranged for resampling.

    ``columns``, ``(m, q)``, are intercept and standardised columns, ``products``, ``(m, q²)``, those of each two of them,
    ``moments``, ``(m, q(K − 1))``, those with the indicators ``reached``, ``(m, K − 1)``; ``everybody`` is ``(n, q)``.
    """

    own: NDArray[np.intp]
    columns: Vector
    products: Vector
    moments: Vector
    reached: Vector
    everybody: Vector

    @classmethod
    def of(cls, x: Vector, inside: Flags, reached: Vector) -> "_Arm":
        design, mine = standardise(x[inside]), reached[inside]
        columns = design.basis(x[inside])
        return cls(
            np.flatnonzero(inside),
            columns,
            (columns[:, :, None] * columns[:, None, :]).reshape(len(columns), -1),
            (columns[:, :, None] * mine[:, None, :]).reshape(len(columns), -1),
            mine,
            design.basis(x),
        )

    def distributions(self, weights: Vector, balance: Vector) -> tuple[Vector, Flags]:
        """Return P(Y ≤ k) of each resample, ``(R, 3, K − 1)``: augmented, by the weights, by the models; and whose rank is lost.

        ``weights`` are ``(R, n)``, ``balance``, ``(R, n)``, is 1 over the chance of the arm. No product is one that a BLAS
        library splits among threads.
        """
        weight = np.ascontiguousarray(weights[:, self.own])
        size, thresholds = self.columns.shape[1], self.reached.shape[1]
        information = np.einsum("rm,mp->rp", weight, self.products).reshape(-1, size, size)
        right = np.einsum("rm,mp->rp", weight, self.moments).reshape(-1, size, thresholds)
        solved = [solve_positive(information, right[:, :, place]) for place in range(thresholds)]
        theta = np.stack([found for found, _ in solved], axis=2)
        total = weights.sum(axis=1)[:, None]
        modelled = np.einsum("rq,rqk->rk", np.einsum("rn,nq->rq", weights, self.everybody), theta) / total
        balanced = weight * balance[:, self.own]
        seen = np.einsum("rm,mk->rk", balanced, self.reached)
        expected = np.einsum("rq,rqk->rk", np.einsum("rm,mq->rq", balanced, self.columns), theta)
        augmented = modelled + (seen - expected) / total
        weighted = seen / balanced.sum(axis=1)[:, None]
        return np.stack([augmented, weighted, modelled], axis=1), ~solved[0][1]


@dataclass(frozen=True, slots=True)
class WinSample:
    """The full sample and its models, arranged for resampling."""

    treated: Flags
    layout: Layout
    propensity: LogisticDesign
    basis: Vector
    arms: tuple[_Arm, _Arm]
    result: WinResult

    @classmethod
    def of(
        cls,
        x: Vector,
        treated: Flags,
        outcome: Vector,
        levels: int,
        propensity: LogisticFit,
        result: WinResult,
    ) -> "WinSample":
        """Return the sample of a ``result`` by least squares per arm on ``x``, ``(n, p)``."""
        layout = Layout.of(treated, len(propensity.theta))
        products = packed_products(layout.spread(propensity.basis))
        start = starting_point(propensity.theta)
        design = LogisticDesign.of(layout, propensity.basis, treated, products, start, (0, 1))
        reached = at_or_below(outcome, levels)
        arms = _Arm.of(x, treated, reached), _Arm.of(x, ~treated, reached)
        return cls(treated, layout, design, propensity.basis, arms, result)

    def bootstrap(self, replicates: int, seed: int) -> BootstrapResult:
        """Return the nonparametric bootstrap of the net benefit, every model refitted in each replicate.

        Raises ConfigurationError when there are fewer than 2 replicates, and EstimationError when fewer than 2 can be
        estimated.
        """
        return bootstrap_means(
            self.replicate,
            self.result.means,
            self.result.stacked,
            _REASONS,
            replicates=replicates,
            seed=seed,
        )

    def jackknifed(self, degrees_of_freedom: float) -> ArmMeans:
        """Return the chances with the jackknife's variance, every model fitted again without each subject.

        Raises EstimationError when the sample without a subject cannot be estimated.
        """
        return with_jackknife(
            self.result.means,
            jackknife_means(self.replicate, len(self.treated)),
            degrees_of_freedom,
            reason="a model cannot be fitted",
            remedy="use fewer covariates, or merge levels that few subjects have",
        )

    def replicate(self, weights: Vector) -> tuple[Vector, dict[str, Flags]]:
        """Return the chances in resamples that count each subject ``weights`` times, ``(TILE, n)``, and failures.

        Chances are ``(TILE, 3, 2)``: augmented, by the weights, by the models; that of the treated first.
        """
        placed = self.layout.spread(np.ascontiguousarray(weights.T)).astype(np.uint16)
        scores = fit_replicates(placed, self.propensity)
        predictor = np.einsum("rq,nq->rn", scores.theta, self.basis)
        one_arm = np.zeros(len(weights), dtype=bool)
        for inside in (self.treated, ~self.treated):
            one_arm |= ~(weights[:, inside] > 0).any(axis=1)
        lost, found = scores.rank_lost.copy(), []
        with np.errstate(all="ignore"):  # what comes of a failed replicate is not used
            for sign, arm in zip((1.0, -1.0), self.arms, strict=True):
                distribution, dependent = arm.distributions(weights, 1 + np.exp(-sign * predictor))
                found.append(distribution)
                lost |= dependent
            chance = win_probability(found[0], found[1])
        means = np.stack([chance, 1 - chance], axis=2)
        stuck = scores.stuck | ~np.isfinite(means).all(axis=(1, 2))
        return means, {ONE_ARM: one_arm, RANK_LOST: lost, SEPARATED: scores.separated, NOT_CONVERGED: stuck}
