"""The bootstrap of the primary AIPW estimate: patients resampled, every nuisance model refitted."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.stats.design import standardise
from medicore.stats.logistic import fit_logistic

Vector = NDArray[np.float64]

CHUNK = 32
"""Replicates fitted at once. Fixed, so that every sum is formed in the same order whatever the machine."""
NEWTON_STEPS = 25
SCORE_TOLERANCE = 1e-9
LARGEST_MOVE = 30.0
"""A coefficient on a standardised column further than this from the full sample's means separation."""


@dataclass(frozen=True, slots=True)
class BootstrapResult:
    """Replicates of the estimate, ``(B,)`` without the failed ones, which ``failed`` counts by reason.

    ``standard_error`` is their standard deviation (ddof 1); the interval runs between their percentiles.
    """

    estimates: Vector
    replicates: int
    failed: Mapping[str, int]
    seed: int
    standard_error: float

    def percentile_interval(self, level: float) -> tuple[float, float]:
        """Return the percentile interval (Efron & Tibshirani, 1993, chapter 13), linear between order statistics."""
        low, high = np.quantile(self.estimates, [0.5 - level / 2, 0.5 + level / 2])
        return float(low), float(high)


def bootstrap_aipw(
    x_propensity: Vector,
    x_outcome: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    *,
    replicates: int,
    seed: int,
) -> BootstrapResult:
    """Return the nonparametric bootstrap of the AIPW average treatment effect.

    Designs are ``(n, p)`` without intercept. Each replicate has its own stream, spawned from ``seed``; all of
    a chunk are fitted together, by Newton's method on resampling counts: one product of weights with the
    packed products of the covariates is the information matrix of every replicate in the chunk.
    """
    propensity, outcome_model = _Design.of(x_propensity), _Design.of(x_outcome)
    start = _full_sample_coefficients(x_propensity, treated)
    streams = np.random.SeedSequence(seed).spawn(replicates)
    n = len(outcome)
    estimates: list[float] = []
    failed = {"one arm too small": 0, "propensity not converged": 0, "rank lost": 0}
    for first in range(0, replicates, CHUNK):
        counts = np.zeros((CHUNK, n))
        chunk = streams[first : first + CHUNK]
        for row, stream in enumerate(chunk):
            drawn = np.random.Generator(np.random.PCG64(stream)).integers(0, n, size=n)
            counts[row] = np.bincount(drawn, minlength=n)
        counts[len(chunk) :] = (
            1.0  # the last chunk is filled with the sample itself, and those rows are dropped
        )
        values, reasons = _chunk(counts, propensity, outcome_model, treated, outcome, start)
        for value, reason in zip(values[: len(chunk)], reasons, strict=False):
            if reason:
                failed[reason] += 1
            else:
                estimates.append(float(value))
    kept = np.array(estimates)
    error = float(kept.std(ddof=1)) if len(kept) > 1 else float("nan")
    return BootstrapResult(kept, replicates, failed, seed, error)


@dataclass(frozen=True, slots=True)
class _Design:
    """Intercept and standardised columns, ``(n, q)``, and the products of its columns, ``(n, q(q + 1)/2)``."""

    basis: Vector
    products: Vector
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]

    @classmethod
    def of(cls, x: Vector) -> "_Design":
        basis = np.column_stack([np.ones(len(x)), standardise(x).columns])
        rows, columns = np.triu_indices(basis.shape[1])
        return cls(basis, basis[:, rows] * basis[:, columns], rows, columns)

    def grams(self, weights: Vector) -> Vector:
        """Return Σ w z z′ for each row of ``weights``, ``(B, q, q)``."""
        q = self.basis.shape[1]
        packed = weights @ self.products
        grams = np.empty((len(weights), q, q))
        grams[:, self.rows, self.columns] = packed
        grams[:, self.columns, self.rows] = packed
        return grams


def _full_sample_coefficients(x: Vector, treated: NDArray[np.bool_]) -> Vector:
    fit = fit_logistic(x, treated)
    inverse_logit = np.log(fit.fitted) - np.log1p(-fit.fitted)
    coefficients: Vector = np.linalg.lstsq(fit.basis, inverse_logit, rcond=None)[0]
    return coefficients


def _chunk(
    counts: Vector,
    propensity: _Design,
    model: _Design,
    treated: NDArray[np.bool_],
    outcome: Vector,
    start: Vector,
) -> tuple[Vector, list[str]]:
    """Return the estimate of each replicate, and why it has none (empty text where it has)."""
    reasons = [""] * len(counts)
    score, converged = _scores(counts, propensity, treated, start)
    total = counts.sum(axis=1)
    parts = []
    for arm, chance in ((treated, score), (~treated, 1 - score)):
        inside = counts * arm
        grams = model.grams(inside)
        conditions = np.linalg.cond(grams)
        small = (inside > 0).sum(axis=1) <= grams.shape[1]
        for row in range(len(counts)):
            if small[row]:
                reasons[row] = "one arm too small"
            elif not conditions[row] < 1e12:
                reasons[row] = reasons[row] or "rank lost"
        safe = np.where((conditions < 1e12)[:, None, None], grams, np.eye(grams.shape[1]))
        right = inside @ (model.basis * outcome[:, None])
        predicted = np.linalg.solve(safe, right[:, :, None])[:, :, 0] @ model.basis.T
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            residual = np.where(arm, (outcome - predicted) / chance, 0.0)
            parts.append((counts * (predicted + residual)).sum(axis=1) / total)
    values = parts[0] - parts[1]
    for row in range(len(counts)):
        if not reasons[row] and (not converged[row] or not np.isfinite(values[row])):
            reasons[row] = "propensity not converged"
    return values, reasons


def _scores(
    counts: Vector, design: _Design, treated: NDArray[np.bool_], start: Vector
) -> tuple[Vector, NDArray[np.bool_]]:
    """Return the fitted scores of each replicate, ``(B, n)``, and whether its maximum was proved."""
    theta = np.tile(start, (len(counts), 1))
    n = counts.shape[1]
    converged = np.zeros(len(counts), dtype=bool)
    target = treated.astype(np.float64)
    for _ in range(NEWTON_STEPS):
        fitted = expit(theta @ design.basis.T)
        gradient = (counts * (target - fitted)) @ design.basis
        converged = np.abs(gradient).max(axis=1) / n < SCORE_TOLERANCE
        if converged.all():
            break
        grams = design.grams(counts * fitted * (1 - fitted))
        ridge = 1e-12 * np.trace(grams, axis1=1, axis2=2)[:, None, None] + 1e-300
        step = np.linalg.solve(grams + ridge * np.eye(grams.shape[1]), gradient[:, :, None])[:, :, 0]
        theta = np.clip(theta + step, start - LARGEST_MOVE, start + LARGEST_MOVE)
    return expit(theta @ design.basis.T), converged
