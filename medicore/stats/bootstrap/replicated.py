"""Bootstrap and jackknife of an estimator of two arms' means that is computed in a tile of resamples at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from medicore.errors import ConfigurationError, EstimationError
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult, acceleration
from medicore.stats.bootstrap.resampling import TILE, drawn, seeded_streams
from medicore.stats.effect.contrasts import ArmMeans

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Replicate = Callable[[Vector], tuple[Vector, dict[str, Flags]]]
"""Returns the arms' means in resamples that count each subject ``weights`` times, ``(TILE, n)``, and which resamples failed.

Means are ``(TILE, 3, 2)``: of the estimator, by the weights alone, by the models alone; treated first.
"""


def bootstrap_means(
    replicate: Replicate,
    means: ArmMeans,
    stacked: ArmMeans,
    reasons: Sequence[str],
    *,
    replicates: int,
    seed: int,
) -> BootstrapResult:
    """Return the nonparametric bootstrap of the arms' difference, every model refitted in each replicate.

    In each replicate n subjects are drawn with replacement from both arms together. ``hajek`` of the result is the
    difference by the weights alone and ``g_computation`` that by the models alone. A failed replicate is counted under
    the first of the ``reasons`` that apply. ``means`` and ``stacked`` are the full sample's, with the two variances. The
    result is the same, bit for bit, for every number of threads.

    Raises ConfigurationError when there are fewer than 2 replicates, and EstimationError when fewer than 2 can be
    estimated; at once, when none of the first tile can.
    """
    if replicates < 2:
        raise ConfigurationError(f"{replicates} bootstrap replicate(s); expected at least 2; ask for more")
    failed, kept, left = dict.fromkeys(reasons, 0), [], replicates
    for weights in _resamples(seed, replicates, means.n):
        found, flags = replicate(weights)
        usable = np.ones(len(weights), dtype=bool)
        usable[left:] = False
        for reason in reasons:
            failed[reason] += int((flags[reason] & usable).sum())
            usable &= ~flags[reason]
        left -= len(weights)
        kept.append(found[usable])
        if not any(map(len, kept)):
            break
    tried = min(replicates, replicates - left)
    return bootstrapped(np.concatenate(kept), failed, means, stacked, replicates=tried, seed=seed)


def bootstrapped(
    found: Vector,
    failed: Mapping[str, int],
    means: ArmMeans,
    stacked: ArmMeans,
    *,
    replicates: int,
    seed: int,
) -> BootstrapResult:
    """Return the result of the replicates that could be estimated, ``(B, 3, 2)``; EstimationError when they are fewer than 2."""
    if len(found) < 2:
        listed = ", ".join(f"{reason} {count}" for reason, count in failed.items() if count)
        raise EstimationError(
            f"{len(found)} of {replicates} bootstrap replicates could be estimated ({listed}); expected at least 2; "
            "use fewer covariates"
        )
    differences = found[:, :, 0] - found[:, :, 1]
    root = stacked.root
    return BootstrapResult(
        value=means.treated - means.control,
        estimates=differences[:, 0],
        arm_means=found[:, 0],
        hajek=differences[:, 1],
        g_computation=differences[:, 2],
        replicates=replicates,
        failed=dict(failed),
        seed=seed,
        acceleration=round(acceleration(root[:, 0] - root[:, 1]), 12),
    )


def jackknife_means(replicate: Replicate, n: int) -> Vector:
    """Return each arm's estimate without each subject, ``(n, 2)``, every model fitted again; treated first.

    It is NaN where the sample without the subject cannot be estimated.
    """
    found = np.empty((n, 2))
    for first in range(0, n, TILE):
        weights = np.ones((TILE, n))
        some = np.arange(first, min(first + TILE, n))
        weights[np.arange(len(some)), some] = 0.0
        means, flags = replicate(weights)
        means[np.any(list(flags.values()), axis=0)] = np.nan
        found[some] = means[: len(some), 0]
    return found


def with_jackknife(
    means: ArmMeans, without: Vector, degrees_of_freedom: float, *, reason: str, remedy: str, how: str = ""
) -> ArmMeans:
    """Return the arms' means with the jackknife's variance, (n − 1)/n Σ(θ₋ᵢ − θ̄)² (Efron & Tibshirani, 1993, chapter 11).

    ``without``, ``(n, 2)``, are the estimates without each subject, treated first. ``reason`` says why there may be none
    without some subject, ``remedy`` what to do then, and ``how`` by which way they were found.

    Raises EstimationError when the sample without a subject cannot be estimated.
    """
    lost = int((~np.isfinite(without).all(axis=1)).sum())
    if lost:
        raise EstimationError(
            f"without any one of {lost} subject(s) {reason}, so that the estimate rests on single subjects; {remedy}"
        )
    n = len(without)
    root = (without.mean(axis=0) - without) * np.sqrt((n - 1) / n)
    return ArmMeans(
        means.estimand,
        means.estimator,
        means.treated,
        means.control,
        root,
        f"jackknife, every model fitted again{how}, Student's t",
        means.n,
        degrees_of_freedom,
    )


def _resamples(seed: int, replicates: int, n: int) -> Iterator[Vector]:
    """Yield how often the resamples of each tile hold each subject, ``(TILE, n)``."""
    for stream in seeded_streams(seed, replicates):
        rows = (np.bincount(one, minlength=n) for some in drawn(stream, n) for one in some)
        yield np.stack([row.astype(np.float64) for row in rows])
