"""Analysis of covariance over all arms of a randomised trial, for the comparison of two of them."""

from typing import Any

import numpy as np
import pandas as pd

from medicore.errors import DataError
from medicore.records.protocol.protocol import ImputationPlan, Protocol
from medicore.stats.effect.ancova import ancova
from medicore.stats.effect.measures import Effect
from medicore.steps.cohort import OUTSIDE, analysis_set
from medicore.steps.models.sample import nothing, row
from medicore.steps.models.terms import model_terms

_NAME = "ANCOVA over all arms"
_NOT_IMPUTED = ImputationPlan()


def over_all_arms(
    protocol: Protocol, extract: pd.DataFrame, disposition: pd.DataFrame
) -> list[dict[str, Any]]:
    """Return the row of the textbook ANCOVA over all randomised arms; no row when there are only two arms.

    The primary analysis leaves out the eligible subjects of the other arms. Here they contribute to the covariates'
    effects and to the residual variance; each arm has its own mean. The analysis is for randomised studies with a
    continuous outcome. Its covariates are those of the outcome model, without imputation. The rows of ``disposition``
    and ``extract`` have the same order.
    """
    eligible = disposition["reason"].isin(("", OUTSIDE)).to_numpy(dtype=bool)
    others = int((disposition["reason"] == OUTSIDE).sum())
    if protocol.design != "randomised" or protocol.outcome.family != "gaussian" or not others:
        return []
    chosen = extract[eligible]
    try:
        analysis = analysis_set(protocol.model_copy(update={"imputation": _NOT_IMPUTED}), chosen)
    except DataError as error:
        return [nothing(_NAME, str(error))]
    arms = chosen[protocol.treatment.column].to_numpy(dtype=object)
    compared = {protocol.treatment.treated, protocol.treatment.control}
    indicators = [
        (arms == arm).astype(np.float64)
        for arm in protocol.contract.column(protocol.treatment.column).values or ()
        if arm not in compared and (arms == arm).any()
    ]
    x = np.column_stack([model_terms(protocol, protocol.models.outcome, analysis).matrix, *indicators])
    treated = analysis["treated"].to_numpy(dtype=bool)
    outcome = analysis["outcome"].to_numpy(dtype=np.float64)
    made = row(
        protocol,
        _NAME,
        [x],
        lambda one: Effect("difference", ancova(one, treated, outcome, covariance="model")),
    )
    return [{**made, "note": made["note"] or f"{others} of them in arms outside the contrast"}]
