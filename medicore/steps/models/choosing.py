"""Which estimator a protocol declares for its subjects."""

import pandas as pd

from medicore.records.protocol.protocol import Protocol
from medicore.stats.models.outcome_model import Form
from medicore.steps.models.clusters import Clustered, numbered_clusters
from medicore.steps.primaries.primary_estimator import (
    Adjusted,
    DoublyRobust,
    PrimaryEstimator,
    randomisation_of,
)


def estimator_of(protocol: Protocol, analysis: pd.DataFrame) -> PrimaryEstimator:
    """Return the primary estimator of the protocol for these subjects.

    Where an outcome is neither observed nor imputed it is AIPW weighted for being observed: ANCOVA and g-computation have no
    weights, and the protocol declares another method for the primary analysis. Beside a mixed model of visits it is AIPW too.
    """
    if protocol.inference.cluster is not None:
        return Clustered(numbered_clusters(analysis))
    estimator = protocol.inference.estimator
    if estimator == "aipw" or estimator == "mmrm" or analysis["outcome"].isna().any():
        return DoublyRobust()
    form: Form = "per arm" if protocol.inference.heterogeneous else "joint"
    return Adjusted(estimator, form, randomisation_of(protocol, analysis))
