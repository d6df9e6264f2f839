"""Outcome models of many resamples at once: one for both arms, or one in each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.bootstrap.batched_logistic import LogisticDesign, fit_replicates, solve_positive
from medicore.stats.bootstrap.resampling import (
    Counts,
    Layout,
    packed_products,
    starting_point,
    unpacked,
    weighted_sums,
)
from medicore.stats.models.design import StandardisedDesign
from medicore.stats.models.linear import fit_linear
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Family

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fits:
    """The coefficients of a model in each replicate, ``(replicates, q)``, and why it could not be fitted."""

    theta: Vector
    rank_lost: Flags
    separated: Flags
    stuck: Flags


@dataclass(frozen=True, slots=True)
class Model:
    """One outcome model arranged for resampling, fitted within ``arms``.

    ``basis`` is that of the subjects under their own arm, ``(blocks, q, length)``, ``products`` are its packed products,
    ``start`` the full sample's coefficients, ``(q,)``, and ``residual``, ``(blocks, length)``, what they leave of the
    outcome. ``logistic`` is None for least squares.
    """

    arms: tuple[int, ...]
    basis: Vector
    products: Vector
    start: Vector
    residual: Vector
    logistic: LogisticDesign | None

    def fitted(self, layout: Layout, counts: Counts) -> Fits:
        """Return the fits to every resample."""
        parts = [part for arm in self.arms for part in layout.parts(arm)]
        if self.logistic is None:
            return self._least_squares(parts, counts)
        found = fit_replicates(counts, self.logistic)
        score = np.zeros_like(found.theta)
        for part in parts:
            odds = self.logistic.odds_against(found.theta, part)
            score += self.logistic.score(counts[part].astype(np.float64), odds, part)
        proved = found.proved(score, sum(layout.sizes))
        stuck = found.stuck | ~(proved | found.rank_lost | found.separated)
        return Fits(found.theta, found.rank_lost, found.separated, stuck)

    def _least_squares(self, parts: Sequence[slice], counts: Counts) -> Fits:
        q, replicates = len(self.start), counts.shape[1]
        pairs, cross = np.zeros((replicates, q * (q + 1) // 2)), np.zeros((replicates, q))
        for part in parts:
            times = counts[part].astype(np.float64)
            pairs += weighted_sums(times, self.products[part])
            cross += weighted_sums(times * self.residual[part, None], self.basis[part])
        shift, solved = solve_positive(unpacked(pairs, q), cross)
        never = np.zeros(replicates, dtype=bool)
        return Fits(self.start + shift, ~solved, never, never)


def arranged(
    layout: Layout, x: Vector, outcome: Vector, among: Flags, family: Family, arms: tuple[int, ...]
) -> tuple[Model, StandardisedDesign]:
    """Return the model of ``outcome`` on ``x``, ``(n, p)``, fitted ``among`` the subjects of ``arms``, and its design."""
    if family == "gaussian":
        linear = fit_linear(x[among], outcome[among])
        design, start = linear.design, starting_point(linear.theta)
    else:
        regression = fit_logistic(x[among], outcome[among] == 1)
        design, start = regression.design, starting_point(regression.theta)
    basis = design.basis(x)
    spread = layout.spread(basis)
    products = packed_products(spread)
    if family == "gaussian":
        residual = layout.spread(outcome - np.einsum("ij,j->i", basis, start))
        return Model(arms, spread, products, start, residual, None), design
    logistic = LogisticDesign.of(layout, basis, outcome == 1, products, start, arms)
    return Model(arms, spread, products, start, layout.spread(outcome), logistic), design
