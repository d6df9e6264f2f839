"""Outcome models of many resamples at once, and the mean outcome under each arm by the three estimators."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target
from medicore.stats.bootstrap.batched_logistic import (
    LARGEST_EXPONENT,
    Flags,
    LogisticDesign,
    LogisticReplicates,
    fit_replicates,
    solve_positive,
)
from medicore.stats.bootstrap.batched_observation import Times
from medicore.stats.bootstrap.resampling import (
    Counts,
    Layout,
    Vector,
    linear_predictors,
    starting_point,
    unpacked,
    weighted_sums,
)
from medicore.stats.models.design import StandardisedDesign
from medicore.stats.models.linear import fit_linear
from medicore.stats.models.logistic import LogisticFit, fit_logistic

Kept = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class ArmReplicates:
    """The mean outcome under each arm in each replicate, ``(replicates, 2)``, treated first.

    The three estimators are AIPW, Hájek's weighting and standardisation (g-computation). ``rank_lost``, ``separated``
    and ``stuck`` are ``(replicates,)`` and give the reason when an outcome model could not be estimated.
    """

    augmented: Vector
    hajek: Vector
    standardised: Vector
    rank_lost: Flags
    separated: Flags
    stuck: Flags


@dataclass(frozen=True, slots=True)
class LinearOutcome:
    """Least squares in each arm, arranged for resampling.

    ``columns`` is ``(blocks, q + 1, length)``: the basis, and the residual from the full sample's model of the
    subject's own arm, which avoids cancellation in the sums. ``start`` is ``(2, q)``, the full sample's coefficients,
    0 for columns that are aliased within the arm; ``kept`` are the other columns.
    """

    columns: Vector
    products: Vector
    start: Vector
    kept: tuple[Kept, Kept]

    @classmethod
    def of(
        cls,
        layout: Layout,
        x: Vector,
        design: StandardisedDesign,
        treated: NDArray[np.bool_],
        outcome: Vector,
        products: Vector,
        observed: Flags | None = None,
    ) -> "LinearOutcome":
        """Return the models of ``outcome`` on ``design``, the standardised columns of ``x``, ``(n, p)``.

        They are fitted among the ``observed``, ``(n,)``; the other subjects' outcomes are finite and count for nothing.
        """
        basis = design.basis(x)
        start, kept = np.empty((2, basis.shape[1])), []
        for row, arm in enumerate(_known(treated, observed)):
            start[row], chosen = _on_basis(design, fit_linear(x[arm], outcome[arm]).coefficients)
            kept.append(chosen)
        own = np.where(treated[:, None], start[0], start[1])
        residual = outcome - np.einsum("ij,ij->i", basis, own)
        columns = layout.spread(np.column_stack([basis, residual]))
        return cls(columns, products, start, (kept[0], kept[1]))

    def fitted(self, _: Counts) -> "LinearOutcome":
        """Return the models; least squares needs no fit before the sums are formed."""
        return self

    def sums(self, arm: int, part: slice, times: Times, odds: Vector, target: Target) -> Vector:
        """Return the sums of a part: Σ c z z′ packed, Σ c r z, Σ c h z, Σ c w z and Σ c w r, ``(replicates, m)``."""
        columns = self.columns[part]
        weights, tilt = target_weights(target, arm, odds)
        products = weighted_sums(times.observed, self.products[part])
        q = columns.shape[1] - 1
        # the intercept's products are the columns themselves
        counted = (
            products[:, :q] * tilt
            if isinstance(tilt, float) and times.observed is times.drawn
            else weighted_sums(times.drawn * tilt, columns[:, :-1])
        )
        return np.column_stack(
            [
                products,
                weighted_sums(times.observed * columns[:, None, -1], columns[:, :-1]),
                counted,
                weighted_sums(times.weighted * weights, columns),
            ]
        )

    def means(self, sums: tuple[Vector, Vector], _subjects: int, target: Target) -> ArmReplicates:
        """Return the means from the sums over each arm."""
        replicates, q = len(sums[0]), self.start.shape[1]
        places = np.cumsum([q * (q + 1) // 2, q, q])
        counted = sums[0][:, places[1] : places[2]] + sums[1][:, places[1] : places[2]]
        population = _positive(counted[:, 0])
        means = np.empty((3, replicates, 2))
        rank_lost = np.zeros(replicates, dtype=bool)
        for arm, kept in enumerate(self.kept):
            pairs, cross, _, weighted = np.split(sums[arm], places, axis=1)
            grams = unpacked(pairs, q)[:, kept[:, None], kept]
            shift = np.zeros((replicates, q))
            shift[:, kept], solved = solve_positive(grams, cross[:, kept])
            theta = self.start[arm] + shift
            correction = weighted[:, q] - _dot(weighted[:, :q], shift)
            observed = weighted[:, q] + _dot(weighted[:, :q], np.broadcast_to(self.start[arm], theta.shape))
            divisor = _positive(weighted[:, 0])
            means[2, :, arm] = _dot(counted, theta) / population
            means[0, :, arm] = means[2, :, arm] + correction / (divisor if target == "ATO" else population)
            means[1, :, arm] = observed / divisor
            rank_lost |= ~solved
        never = np.zeros(replicates, dtype=bool)
        return ArmReplicates(means[0], means[1], means[2], rank_lost, never, never)


@dataclass(frozen=True, slots=True)
class LogisticOutcome:
    """Logistic regression of an outcome of 0 and 1 in each arm, arranged for resampling.

    ``columns`` is the basis, ``(blocks, q, length)``; ``outcome`` is ``(blocks, length)``; ``models`` are the
    regressions of the two arms, each on the columns ``kept`` in its arm.
    """

    columns: Vector
    outcome: Vector
    models: tuple[LogisticDesign, LogisticDesign]
    kept: tuple[Kept, Kept]

    @classmethod
    def of(
        cls,
        layout: Layout,
        x: Vector,
        design: StandardisedDesign,
        treated: NDArray[np.bool_],
        outcome: Vector,
        products: Vector,
        observed: Flags | None = None,
    ) -> "LogisticOutcome":
        """Return the models of ``outcome`` on ``design``, the standardised columns of ``x``, ``(n, p)``.

        They are fitted among the ``observed``, ``(n,)``; the other subjects' outcomes are finite and count for nothing.
        """
        basis = design.basis(x)
        rows, columns = np.triu_indices(basis.shape[1])
        models, kept = [], []
        for index, arm in enumerate(_known(treated, observed)):
            start, chosen = _on_basis(design, cls.whole(x[arm], outcome[arm] == 1).coefficients)
            both = np.isin(rows, chosen) & np.isin(columns, chosen)
            pairs = products if both.all() else products[:, both]
            models.append(
                LogisticDesign.of(layout, basis[:, chosen], outcome == 1, pairs, start[chosen], (index,))
            )
            kept.append(chosen)
        return cls(layout.spread(basis), layout.spread(outcome), (models[0], models[1]), (kept[0], kept[1]))

    @staticmethod
    def whole(x: Vector, event: Flags) -> LogisticFit:
        """Return the regression of the full sample."""
        return fit_logistic(x, event)

    @staticmethod
    def every(counts: Counts, model: LogisticDesign) -> LogisticReplicates:
        """Return the regressions of every resample."""
        return fit_replicates(counts, model)

    def fitted(self, counts: Counts) -> "_FittedLogisticOutcome":
        """Return the models fitted to every resample."""
        one, zero = (self.every(counts, model) for model in self.models)
        return _FittedLogisticOutcome(self, (one, zero))


@dataclass(frozen=True, slots=True)
class _FittedLogisticOutcome:
    """The outcome models of both arms, fitted to every resample."""

    models: LogisticOutcome
    fits: tuple[LogisticReplicates, LogisticReplicates]

    def sums(self, arm: int, part: slice, times: Times, odds: Vector, target: Target) -> Vector:
        """Return the sums of a part: Σ c h m for own and other arm, Σ c h, Σ c w (y − m), Σ c w y, Σ c w, and the score."""
        model, outcome = self.models.models[arm], self.models.outcome[part, None]
        against = model.odds_against(self.fits[arm].theta, part)
        own = np.where(outcome == 1, 1.0, against) / (1 + against)
        other = linear_predictors(
            self.fits[1 - arm].theta, self.models.columns[part][:, self.models.kept[1 - arm]]
        )
        other = 1 / (1 + np.exp(np.minimum(-other, LARGEST_EXPONENT)))
        weights, tilt = target_weights(target, arm, odds)
        weights, counted = times.weighted * weights, times.drawn * tilt
        totals = [
            counted * own,
            counted * other,
            counted,
            weights * (outcome - own),
            weights * outcome,
            weights,
        ]
        return np.column_stack(
            [*(total.sum(axis=2).sum(axis=0) for total in totals), model.score(times.observed, against, part)]
        )

    def means(self, sums: tuple[Vector, Vector], total: int, target: Target) -> ArmReplicates:
        """Return the means from the sums over each arm."""
        means = np.empty((3, len(sums[0]), 2))
        population = _positive(sums[0][:, 2] + sums[1][:, 2])
        stuck = self.fits[0].stuck | self.fits[1].stuck
        rank_lost = self.fits[0].rank_lost | self.fits[1].rank_lost
        separated = self.fits[0].separated | self.fits[1].separated
        for arm, fit in enumerate(self.fits):
            inside, outside = sums[arm], sums[1 - arm]
            divisor = _positive(inside[:, 5])
            means[2, :, arm] = (inside[:, 0] + outside[:, 1]) / population
            means[0, :, arm] = means[2, :, arm] + inside[:, 3] / (divisor if target == "ATO" else population)
            means[1, :, arm] = inside[:, 4] / divisor
            stuck = stuck | ~(fit.proved(inside[:, 6:], total) | rank_lost | separated)
        return ArmReplicates(means[0], means[1], means[2], rank_lost, separated, stuck)


Outcome = LinearOutcome | LogisticOutcome


def _known(treated: Flags, observed: Flags | None) -> tuple[Flags, Flags]:
    """Return the subjects of each arm whose outcome is observed, treated first."""
    return (treated, ~treated) if observed is None else (treated & observed, ~treated & observed)


def _on_basis(design: StandardisedDesign, coefficients: Vector) -> tuple[Vector, Kept]:
    """Return the starting values on the basis and which columns are not aliased; ``coefficients`` are NaN where aliased."""
    given = coefficients[1:][list(design.kept)]
    present = np.where(np.isnan(given), 0.0, given)
    theta = np.concatenate([[coefficients[0] + present @ design.means], present * design.scales])
    return starting_point(theta), np.concatenate([[0], 1 + np.flatnonzero(~np.isnan(given))])


def target_weights(target: Target, arm: int, odds: Vector) -> tuple[Vector | float, Vector | float]:
    """Return the weight w of a residual and the weight h of a prediction, given the odds against the subject's own arm.

    ATE: w is the inverse probability of the subject's own arm, h is 1. ATT: w is 1 for the treated and the odds of
    treatment for controls, h is 1 for the treated and 0 for controls. ATO: w is the probability of the other arm, h
    the product of both probabilities (Li, Morgan & Zaslavsky, 2018, table 1).
    """
    if target == "ATE":
        return 1 + odds, 1.0
    if target == "ATT":
        return (1.0, 1.0) if arm == 0 else (odds, 0.0)
    own = 1 / (1 + odds)
    against = odds * own
    return against, against * own


def _positive(sums: Vector) -> Vector:
    """Return ``sums`` for use as divisors: NaN where a sum is not positive."""
    divisor: Vector = np.where(sums > 0, sums, np.nan)
    return divisor


def _dot(left: Vector, right: Vector) -> Vector:
    """Return the inner product of each row; the order of summation does not depend on the other rows."""
    product: Vector = np.einsum("bj,bj->b", left, right)
    return product
