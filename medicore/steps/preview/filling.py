"""filling: the gaps of covariates, filled once for a preview as the protocol plans it, but without the outcome."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.records.protocol.protocol import Protocol
from medicore.stats.imputation.chained_equations import ImputationModel, imputation
from medicore.stats.imputation.single_imputation import impute_once
from medicore.steps.models.imputing import incomplete_covariate, with_columns
from medicore.steps.models.seeds import derived_seed

ROUNDS = 1
"""The rounds of chained equations in a preview: enough to see overlap and sparse levels, and done within seconds."""


def filled(protocol: Protocol, subjects: pd.DataFrame, treated: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the subjects with every gap of a covariate filled: by one value, or by one draw that knows no outcome.

    Raises EstimationError when a covariate cannot be imputed from observed values.
    """
    covariates = [
        incomplete_covariate(protocol, one.column, subjects[one.column]) for one in protocol.covariates
    ]
    if protocol.imputation.method == "single":
        return with_columns(subjects, covariates, impute_once(covariates).columns)
    drawn = imputation(
        covariates,
        treated,
        np.zeros(len(subjects)),
        seed=derived_seed(protocol.seed, "imputation"),
        index=0,
        model=ImputationModel(numbers=protocol.imputation.numbers, iterations=ROUNDS, interaction=False),
    )
    return with_columns(subjects, covariates, drawn.columns)
