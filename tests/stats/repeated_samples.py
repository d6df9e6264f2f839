"""Subjects with repeated visits for the tests of the statistics, and their likelihood written out subject by subject."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Visits:
    """Predictors in each subject's arm and in the control arm ``(n, T, p)``, arm, baseline and outcomes ``(n, T)``."""

    design: Vector
    reference: Vector
    treated: NDArray[np.bool_]
    baseline: Vector
    outcome: Vector


def by_visit(z: Vector, visits: int) -> Vector:
    """Return the predictors ``z``, ``(n, q)``, with a coefficient of their own at each visit: ``(n, T, qT)``, by predictor."""
    return np.einsum("iq,tu->itqu", z, np.eye(visits)).reshape(len(z), visits, -1)


def profiles(seed: int, n: int = 60, visits: int = 3, share: float = 0.25) -> Visits:
    """Return subjects whose arm acts at each visit and whose baseline acts alike at all; ``share`` of outcomes is missing."""
    chance = np.random.Generator(np.random.PCG64(seed))
    treated = np.arange(n) % 2 == 1
    baseline = chance.normal(size=n)
    spread = np.linalg.cholesky(0.6 * np.eye(visits) + 0.4) * np.linspace(1, 2, visits)
    outcome = baseline[:, None] + treated[:, None] * np.arange(visits) / 2
    outcome = outcome + chance.normal(size=(n, visits)) @ spread.T
    gone = chance.random((n, visits)) < share
    gone[: n // 8, -1] = share > 0
    arms = np.column_stack([np.ones(n), treated])
    alike = np.repeat(baseline[:, None, None], visits, axis=1)
    return Visits(
        np.concatenate([by_visit(arms, visits), alike], axis=2),
        np.concatenate([by_visit(arms * (1.0, 0.0), visits), alike], axis=2),
        treated,
        baseline,
        np.where(gone, np.nan, outcome),
    )


def dense(covariance: Vector, design: Vector, outcome: Vector, *, restricted: bool = True) -> float:
    """Return the log-likelihood, subject by subject (Patterson & Thompson, 1971)."""
    size = design.shape[2]
    information, score = np.zeros((size, size)), np.zeros(size)
    value, count = 0.0, 0
    for x, y in zip(design, outcome, strict=True):
        seen = ~np.isnan(y)
        inside = covariance[np.ix_(seen, seen)]
        weight = np.linalg.inv(inside)
        information += x[seen].T @ weight @ x[seen]
        score += x[seen].T @ weight @ y[seen]
        value -= (np.linalg.slogdet(inside)[1] + y[seen] @ weight @ y[seen]) / 2
        count += int(seen.sum())
    value += score @ np.linalg.solve(information, score) / 2
    if restricted:
        value -= np.linalg.slogdet(information)[1] / 2
        count -= size
    return float(value - count / 2 * np.log(2 * np.pi))
