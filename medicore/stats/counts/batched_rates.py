"""The estimator of rates in many resamples at once, every model fitted again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.bootstrap.batched_logistic import LogisticDesign, fit_replicates
from medicore.stats.bootstrap.bootstrap import NOT_CONVERGED, ONE_ARM, RANK_LOST, SEPARATED
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult
from medicore.stats.bootstrap.replicated import bootstrap_means, jackknife_means, with_jackknife
from medicore.stats.bootstrap.resampling import Layout, packed_products, starting_point
from medicore.stats.counts.augmented_rates import RateResult
from medicore.stats.counts.batched_log_linear import BatchedLogLinear
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.models.logistic import LogisticFit

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

NO_EVENT = "no event in an arm"
_REASONS = (ONE_ARM, NO_EVENT, RANK_LOST, SEPARATED, NOT_CONVERGED)


@dataclass(frozen=True, slots=True)
class RateSample:
    """The full sample and its models, arranged for resampling."""

    treated: Flags
    count: Vector
    time: Vector
    layout: Layout
    propensity: LogisticDesign
    basis: Vector
    rate: tuple[BatchedLogLinear, BatchedLogLinear]
    exposure: tuple[BatchedLogLinear, BatchedLogLinear]
    result: RateResult

    @classmethod
    def of(
        cls,
        x: Vector,
        treated: Flags,
        count: Vector,
        time: Vector,
        propensity: LogisticFit,
        result: RateResult,
    ) -> "RateSample":
        """Return the sample of a ``result`` by models per arm on ``x``, ``(n, p)``."""
        layout = Layout.of(treated, len(propensity.theta))
        products = packed_products(layout.spread(propensity.basis))
        start = starting_point(propensity.theta)
        design = LogisticDesign.of(layout, propensity.basis, treated, products, start, (0, 1))
        whole = np.ones(len(count))
        models = result.models
        one, zero = (
            (
                BatchedLogLinear.of(x, inside, count, time, models.rate[place].predicted),
                BatchedLogLinear.of(x, inside, time, whole, models.exposure[place].predicted),
            )
            for place, inside in enumerate((treated, ~treated))
        )
        rate, exposure = (one[0], zero[0]), (one[1], zero[1])
        return cls(treated, count, time, layout, design, propensity.basis, rate, exposure, result)

    def bootstrap(self, replicates: int, seed: int) -> BootstrapResult:
        """Return the nonparametric bootstrap of the difference of rates, every model refitted in each replicate.

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
        """Return the rates with the jackknife's variance, every model fitted again without each subject.

        Raises EstimationError when the sample without a subject cannot be estimated.
        """
        return with_jackknife(
            self.result.means,
            jackknife_means(self.replicate, len(self.count)),
            degrees_of_freedom,
            reason="a model cannot be fitted",
            remedy="use fewer covariates, or merge levels that few subjects have",
        )

    def replicate(self, weights: Vector) -> tuple[Vector, dict[str, Flags]]:
        """Return the arms' rates in resamples that count each subject ``weights`` times, ``(TILE, n)``, and failures.

        Rates are ``(TILE, 3, 2)``: augmented, by the weights, by the models; treated first.
        """
        placed = self.layout.spread(np.ascontiguousarray(weights.T)).astype(np.uint16)
        scores = fit_replicates(placed, self.propensity)
        predictor = np.einsum("rq,nq->rn", scores.theta, self.basis)
        flags = {
            ONE_ARM: np.zeros(len(weights), dtype=bool),
            NO_EVENT: np.zeros(len(weights), dtype=bool),
            RANK_LOST: scores.rank_lost.copy(),
            SEPARATED: scores.separated.copy(),
            NOT_CONVERGED: scores.stuck.copy(),
        }
        means = np.empty((len(weights), 3, 2))
        with np.errstate(all="ignore"):  # what comes of a failed replicate is not used
            for place, (sign, inside) in enumerate(((1.0, self.treated), (-1.0, ~self.treated))):
                models = self.rate[place].fitted(weights), self.exposure[place].fitted(weights)
                for model in models:
                    flags[RANK_LOST] |= model.rank_lost
                    flags[SEPARATED] |= model.separated
                    flags[NOT_CONVERGED] |= model.stuck
                flags[ONE_ARM] |= ~(weights[:, inside] > 0).any(axis=1)
                flags[NO_EVENT] |= ~(weights[:, inside & (self.count > 0)] > 0).any(axis=1)
                balance = 1 + np.exp(-sign * predictor)
                rate, exposure = (
                    self.rate[place].rates(models[0].theta),
                    self.exposure[place].rates(models[1].theta),
                )
                means[:, :, place] = self._means(inside, weights, balance / exposure, rate)
        flags[NOT_CONVERGED] |= ~np.isfinite(means).all(axis=(1, 2))
        return means, flags

    def _means(self, inside: Flags, weights: Vector, balance: Vector, rate: Vector) -> Vector:
        """Return the arm's rates, ``(R, 3)``; ``balance`` is 1 over chance of the arm and expected exposure, ``(R, n)``."""
        seen = np.where(inside, weights * balance, 0.0)
        by_models = (weights * rate).sum(axis=1) / weights.sum(axis=1)
        residual = (seen * (self.count - self.time * rate)).sum(axis=1) / weights.sum(axis=1)
        by_weights = (seen * self.count).sum(axis=1) / (seen * self.time).sum(axis=1)
        return np.column_stack([by_models + residual, by_weights, by_models])
