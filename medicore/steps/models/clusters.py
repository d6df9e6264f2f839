"""Clusters of subjects: their numbers, the estimator whose variance counts them, and what the results hold of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.clustered import CLUSTERED, clustered_means, clustered_result
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.measures import Effect, Measure
from medicore.stats.models.leverage import Correction
from medicore.stats.models.scores import Scores
from medicore.stats.verification import Verification
from medicore.steps.primaries.primary_estimator import Analysable, DoublyRobust

Whole = NDArray[np.intp]

CLUSTER = "cluster"
"""The column of the analysis set with each subject's cluster."""


def numbered_clusters(analysis: pd.DataFrame) -> Whole:
    """Return the number of each subject's cluster, ``(n,)``, from 0 in the order of their names."""
    _, numbers = np.unique(analysis[CLUSTER].to_numpy(dtype=str), return_inverse=True)
    return numbers.reshape(-1).astype(np.intp)


@dataclass(frozen=True, slots=True)
class Clustered:
    """AIPW or augmented overlap weighting with variances by ``clusters``, ``(n,)``; bootstrap and confirmation likewise."""

    clusters: Whole

    def result(self, sample: Analysable, scores: Scores | None = None) -> AugmentedResult:
        """Return the result with the fitted scores or with others, its standard errors by clusters."""
        return clustered_result(DoublyRobust().result(sample, scores), self.clusters)

    def inferred(
        self,
        sample: Analysable,
        scores: Scores | None,
        result: AugmentedResult | None,  # noqa: ARG002 - its variance is summed by clusters already
        correction: Correction,
    ) -> ArmMeans:
        """Return the means with residuals corrected for leverage, the influence then summed by clusters."""
        return clustered_means(DoublyRobust().inferred(sample, scores, None, correction), self.clusters)

    def bootstrap(self, sample: Analysable, *, replicates: int, seed: int) -> BootstrapResult:
        """Return the bootstrap that draws whole clusters."""
        return DoublyRobust(self.clusters).bootstrap(sample, replicates=replicates, seed=seed)

    def second(self, sample: Analysable, measure: Measure) -> Verification:
        """Return the second implementation's answer by clusters."""
        return DoublyRobust(self.clusters).second(sample, measure)


def by_clusters(
    protocol: Protocol, analysis: pd.DataFrame | None, found: ArmMeans | Effect
) -> ArmMeans | Effect:
    """Return an analysis with its variance by clusters where the protocol declares them; else as it is.

    ``analysis`` is the table of its subjects, if it is known. Raises EstimationError when nothing can be summed by clusters.
    """
    if protocol.inference.cluster is None:
        return found
    variance = found.variance if isinstance(found, ArmMeans) else found.inference.variance
    if variance.startswith(CLUSTERED):
        return found
    if analysis is None or not isinstance(found, ArmMeans):
        raise EstimationError("it has no variance by the clusters that the protocol declares")
    return clustered_means(found, numbered_clusters(analysis))


def clusters_section(protocol: Protocol, analysis: pd.DataFrame) -> dict[str, Any]:
    """Return the key ``clusters`` of the primary result: how many, how large, with which arms; none where none is declared."""
    if protocol.inference.cluster is None:
        return {}
    numbers, treated = numbered_clusters(analysis), analysis["treated"].to_numpy(dtype=bool)
    sizes, arm = np.bincount(numbers), np.bincount(numbers, weights=treated)
    return {
        "clusters": {
            "column": protocol.inference.cluster,
            "number": len(sizes),
            "smallest": int(sizes.min()),
            "largest": int(sizes.max()),
            "largest_share": float(sizes.max() / sizes.sum()),
            "with_both_arms": int(((arm > 0) & (arm < sizes)).sum()),
        }
    }
