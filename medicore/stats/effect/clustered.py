"""Cluster-robust variance: subjects of one cluster, as of one site, need not be independent."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.contrasts import ArmMeans, difference

Whole = NDArray[np.intp]

LEAST_CLUSTERS = 10
"""Clusters below which no interval is given: with fewer, tests of level 5 % reject a true hypothesis far more often
(Cameron, Gelbach & Miller, 2008, tables 2 and 3)."""

CLUSTERED = "cluster-robust"
"""How the name of the variance begins."""


def clustered_means(means: ArmMeans, clusters: Whole) -> ArmMeans:
    """Return the arms' means with the variance and degrees of freedom of clusters, ``(n,)``, numbered from 0.

    The influence of the subjects of each of G clusters is summed, and the sum of the squares multiplied by G/(G − 1) (CR1:
    Liang & Zeger, 1986; Cameron & Miller, 2015, section II.B). Intervals use Student's t with G − 1 degrees of freedom
    (Donald & Lang, 2007). What the variance of ``means`` does beside, as a correction for leverage, is kept.

    Raises
    ------
    EstimationError
        When the variance is not made of one influence for each subject, or there are fewer than two clusters.
    """
    if len(means.root) != len(clusters):
        raise EstimationError(
            f"a variance of {len(means.root)} parts has no sum by the clusters of {len(clusters)} subjects; expected a part for "
            "each subject, as of AIPW"
        )
    number = int(clusters.max(initial=-1)) + 1
    if number < 2:
        raise EstimationError(f"{number} cluster(s) have no variance; expected two or more; check the column")
    root = np.zeros((number, 2))
    np.add.at(root, clusters, means.root)
    return replace(
        means,
        root=root * np.sqrt(number / (number - 1)),
        variance=f"{CLUSTERED}, {number} clusters: {means.variance.partition(', Student')[0]}, Student's t",
        degrees_of_freedom=float(number - 1),
    )


def clustered_result(result: AugmentedResult, clusters: Whole) -> AugmentedResult:
    """Return an estimate with both of its analytic standard errors by ``clusters``, ``(n,)``; see ``clustered_means``."""
    means, stacked = (clustered_means(one, clusters) for one in (result.means, result.stacked))
    return replace(
        result,
        influence_function=difference(means),
        sandwich=difference(stacked),
        means=means,
        stacked=stacked,
    )
