"""1:1 matching on the propensity score, with and without replacement."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans, means_of_influence
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.greedy_pairs import greedy_pairs
from medicore.stats.given import checked

Vector = NDArray[np.float64]

ROUNDING = 1e-12
"""Difference of distances, in standard deviations, that counts as a tie, because rounding can cause it."""


@dataclass(frozen=True, slots=True)
class MatchedResult:
    """A matched estimate: ``matched`` subjects have a partner, ``unmatched`` have none within the caliper.

    ``largest_use`` is the use of the most used partner; a subject with k tied partners adds 1/k to each.
    """

    estimate: Estimate
    matched: int
    unmatched: int
    largest_use: float


@dataclass(frozen=True, slots=True)
class PairedResult:
    """A matched estimate from disjoint pairs, and the arms' means over the pairs.

    ``tied`` is the number of subjects at a position that an earlier subject of their arm has.
    """

    estimate: Estimate
    means: ArmMeans
    matched: int
    unmatched: int
    tied: int


def matching_distance(score: Vector, scale: Literal["logit", "score"] = "logit") -> Vector:
    """Return the positions, ``(n,)``, for distances between subjects: logits or scores divided by their SD, ddof 1.

    Raises EstimationError when all scores are equal.
    """
    position = logit(score) if scale == "logit" else score
    if not np.isfinite(position).all() or np.ptp(position) == 0:
        raise EstimationError(
            "the propensity scores do not vary, or are 0 or 1; expected scores to match on; look at the model"
        )
    positions: Vector = position / position.std(ddof=1)
    return positions


@checked
def match_with_replacement(
    treated: NDArray[np.bool_],
    outcome: Vector,
    position: Vector,
    *,
    target: Literal["ATE", "ATT"] = "ATT",
    caliper: float | None = None,
    tie_tolerance: float = 0.0,
) -> MatchedResult:
    """Return the mean difference between subjects and their nearest partners in the other arm.

    A partner may be used any number of times. Ties: all nearest partners count in equal parts, and so do partners whose
    squared distance exceeds the smallest by at most ``tie_tolerance``. ``position`` and ``caliper`` are in standard
    deviations. Variance: Abadie & Imbens (2006, theorem 7) with one residual variance for all subjects, estimated from
    the pairs; the score is treated as known.

    Raises
    ------
    EstimationError
        When fewer than two subjects have a partner.
    """
    sought = np.ones(len(outcome), dtype=bool) if target == "ATE" else treated
    centred = outcome - outcome.mean()
    found = np.zeros(len(outcome), dtype=bool)
    partner, partner_square = np.zeros(len(outcome)), np.zeros(len(outcome))
    use, use_square = np.zeros(len(outcome)), np.zeros(len(outcome))
    for arm in (treated, ~treated) if target == "ATE" else (treated,):
        seekers, pool = np.flatnonzero(arm), np.flatnonzero(~arm)
        pool = pool[np.argsort(position[pool], kind="stable")]
        first, last, inside = _nearest(position[seekers], position[pool], caliper, tie_tolerance)
        seekers, first, last = seekers[inside], first[inside], last[inside]
        found[seekers] = True
        count = last - first
        for values, store in ((centred, partner), (centred**2, partner_square)):
            sums = np.concatenate([[0.0], np.cumsum(values[pool])])
            store[seekers] = (sums[last] - sums[first]) / count
        use[pool] = _served(first, last, 1 / count, len(pool))
        use_square[pool] = _served(first, last, 1 / count**2, len(pool))
    if int(found.sum()) < 2:
        raise EstimationError(
            f"{int(found.sum())} subject(s) have a partner within the caliper; expected two or more, as one has no "
            "variance; widen the caliper"
        )
    sign = np.where(treated, 1.0, -1.0)
    effect = (sign * (centred - partner))[found]
    value = float(effect.mean())
    pair_square = centred**2 - 2 * centred * partner + partner_square
    spread = 0.5 * float((pair_square[found] - 2 * value * effect + value**2).mean())
    crossed = 2 * use if target == "ATE" else 0.0
    imputed = spread * float((use**2 + crossed - use_square).sum())
    error = float(np.sqrt(max(((effect - value) ** 2).sum() + imputed, 0.0))) / len(effect)
    unmatched = int(sought.sum()) - len(effect)
    estimate = Estimate(
        f"{target} (matched)" if unmatched else target,
        "1:1 matching, with replacement",
        value,
        error,
        "Abadie–Imbens, one residual variance",
        len(outcome) - unmatched,
    )
    return MatchedResult(estimate, len(effect), unmatched, float(use.max()))


@checked
def match_without_replacement(
    treated: NDArray[np.bool_],
    outcome: Vector,
    position: Vector,
    *,
    caliper: float | None = None,
) -> PairedResult:
    """Return the mean difference within greedy pairs of a treated and a control subject.

    Treated subjects choose in descending order of position; each takes the nearest unused control if it is within
    ``caliper`` standard deviations (Austin, 2011). Among ties, the earlier row comes first: where ``tied`` is not 0,
    another order of the rows can give other pairs, and so another estimate. The standard error is that of the mean of
    the paired differences, ddof 1.

    Raises
    ------
    EstimationError
        When fewer than two pairs are found.
    """
    seekers = np.flatnonzero(treated)
    seekers = seekers[np.argsort(-position[seekers], kind="stable")]
    pool = np.flatnonzero(~treated)
    limit = np.inf if caliper is None else caliper
    found = np.array([*greedy_pairs(position[seekers], position[pool], limit)], dtype=np.intp).reshape(-1, 2)
    one, zero = outcome[seekers[found[:, 0]]], outcome[pool[found[:, 1]]]
    pairs = one - zero
    if len(pairs) < 2:
        raise EstimationError(f"matching found {len(pairs)} pair(s); expected two or more; widen the caliper")
    unmatched = len(seekers) - len(pairs)
    estimate = Estimate(
        "ATT (matched)" if unmatched else "ATT",
        "1:1 matching, without replacement",
        float(pairs.mean()),
        float(pairs.std(ddof=1) / np.sqrt(len(pairs))),
        "paired differences, ddof 1",
        2 * len(pairs),
    )
    both = (float(one.mean()), float(zero.mean()))
    means = means_of_influence(estimate.estimand, estimate.estimator, both, (one, zero), estimate.variance, 1)
    tied = sum(len(places) - len(np.unique(places)) for places in (position[seekers], position[pool]))
    return PairedResult(estimate, replace(means, n=estimate.n), len(pairs), unmatched, tied)


def _nearest(
    seekers: Vector, pool: Vector, caliper: float | None, tie_tolerance: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Return for each seeker the range of its nearest partners in the sorted pool, and whether they are within the caliper."""
    place = np.searchsorted(pool, seekers)
    before = np.abs(seekers - pool[np.maximum(place - 1, 0)])
    after = np.abs(seekers - pool[np.minimum(place, len(pool) - 1)])
    smallest = np.minimum(before, after)
    radius = np.sqrt(smallest**2 + tie_tolerance) + ROUNDING
    first = np.searchsorted(pool, seekers - radius, side="left")
    last = np.searchsorted(pool, seekers + radius, side="right")
    inside = np.full(len(seekers), True) if caliper is None else smallest <= caliper
    return first, last, inside


def _served(first: NDArray[np.intp], last: NDArray[np.intp], parts: Vector, size: int) -> Vector:
    """Return for each position of the pool the sum of ``parts`` over all ranges that contain it."""
    steps = np.zeros(size + 1)
    np.add.at(steps, first, parts)
    np.subtract.at(steps, last, parts)
    served: Vector = np.cumsum(steps)[:size]
    return served
