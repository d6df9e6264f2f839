"""The win probability of two distributions over ordered levels, and its variance from that of the distributions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.estimate import Estimate

Vector = NDArray[np.float64]


def at_or_below(outcome: Vector, levels: int) -> Vector:
    """Return whether each subject is at or below each level but the best, 0 or 1, ``(n, levels − 1)``.

    ``outcome``, ``(n,)``, is the place of the subject's level in their order, 0 for the worst, ``levels`` − 1 for the best.

    Raises EstimationError when an outcome is none of these places, or there are fewer than two levels.
    """
    if levels < 2 or not np.isin(outcome, np.arange(levels)).all():
        raise EstimationError(
            f"an ordinal outcome of {levels} level(s) holds another place; expected two levels or more, and places from 0 to "
            f"{levels - 1}; check the outcome's levels"
        )
    reached: Vector = (outcome[:, None] <= np.arange(levels - 1)).astype(np.float64)
    return reached


def win_probability(treated: Vector, control: Vector) -> Vector:
    """Return P(Y1 > Y0) + P(Y1 = Y0)/2 of independent Y1 and Y0, ``(…,)``, by their distribution functions.

    ``treated`` and ``control``, ``(…, K − 1)``, are the chances of being at or below each of the K levels but the best. With
    F(−1) = 0 and F(K − 1) = 1 it is Σ (F1(k) − F1(k − 1)) (F0(k) + F0(k − 1))/2 (Mann & Whitney, 1947; Brunner & Munzel, 2000).
    """
    one, zero = _whole(treated), _whole(control)
    found: Vector = (np.diff(one) * (zero[..., 1:] + zero[..., :-1])).sum(axis=-1) / 2
    return found


def win_means(thresholds: Sequence[ArmMeans], estimator: str) -> ArmMeans:
    """Return the chance that the treated fares better, ties shared, and that the control does, as the means of two arms.

    ``thresholds`` are the arms' chances of being at or below each level but the best, in their order, by one estimator whose
    influence has the same rows for each. Both chances add up to 1: their ratio is the win odds, their difference the net
    benefit. The variance is by the delta method over all thresholds of both arms together.

    Derivatives: ∂/∂F1(k) = (F0(k − 1) − F0(k + 1))/2, ∂/∂F0(k) = (F1(k + 1) − F1(k − 1))/2.
    """
    one = np.array([means.treated for means in thresholds])
    zero = np.array([means.control for means in thresholds])
    chance = float(win_probability(one, zero))
    whole_one, whole_zero = _whole(one), _whole(zero)
    by_one = (whole_zero[:-2] - whole_zero[2:]) / 2
    by_zero = (whole_one[2:] - whole_one[:-2]) / 2
    moved = sum(
        means.root @ np.array([of_one, of_zero])
        for means, of_one, of_zero in zip(thresholds, by_one, by_zero, strict=True)
    )
    first = thresholds[0]
    root = np.column_stack([moved, -np.asarray(moved)])
    return ArmMeans(
        first.estimand,
        estimator,
        chance,
        1 - chance,
        root,
        first.variance,
        first.n,
        first.degrees_of_freedom,
    )


def level_shares(thresholds: Sequence[ArmMeans]) -> tuple[tuple[Estimate, Estimate], ...]:
    """Return the share of each level, from the worst to the best, under treatment and under control.

    ``thresholds`` are as of ``win_means``; the variance counts that neighbouring thresholds go together.
    """
    first = thresholds[0]
    arms = []
    for arm, values in enumerate(([one.treated for one in thresholds], [one.control for one in thresholds])):
        roots = [one.root[:, arm] for one in thresholds]
        nothing = np.zeros(len(first.root))
        moved = np.diff(np.column_stack([nothing, *roots, nothing]), axis=1)
        errors = np.linalg.norm(moved, axis=0)
        shares = np.diff(_whole(np.array(values)))
        arms.append(
            [
                Estimate(
                    first.estimand,
                    first.estimator,
                    float(share),
                    float(error),
                    first.variance,
                    first.n,
                    first.degrees_of_freedom,
                )
                for share, error in zip(shares, errors, strict=True)
            ]
        )
    return tuple(zip(*arms, strict=True))


def _whole(inner: Vector) -> Vector:
    """Return a distribution function with its ends: 0 before the worst level, 1 at the best."""
    ends = (*inner.shape[:-1], 1)
    return np.concatenate([np.zeros(ends), inner, np.ones(ends)], axis=-1)
