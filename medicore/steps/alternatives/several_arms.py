"""Analysis of covariance over all arms of a randomised trial, for the comparison of two of them."""

from typing import Any

import numpy as np
import pandas as pd

from medicore.errors import DataError
from medicore.records.protocol.protocol import ImputationPlan, Protocol
from medicore.stats.effect.ancova import ancova
from medicore.stats.effect.measures import Effect
from medicore.steps.cohort import LEFT_OUT, OUTSIDE, analysis_set
from medicore.steps.data.outcome_states import MISSING, OBSERVED, defined_outcome
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
    continuous outcome. Its subjects are those with an observed outcome, its covariates those of the outcome model, without
    imputation. The rows of ``disposition`` and ``extract`` have the same order.
    """
    observed = (disposition["outcome"] == OBSERVED).to_numpy(dtype=bool)
    eligible = disposition["reason"].isin(("", OUTSIDE, LEFT_OUT)).to_numpy(dtype=bool)
    lost = int((eligible & (disposition["outcome"] == MISSING).to_numpy(dtype=bool)).sum())
    eligible = eligible & observed
    others = int((eligible & (disposition["reason"] == OUTSIDE).to_numpy(dtype=bool)).sum())
    if protocol.design != "randomised" or protocol.outcome.family != "gaussian" or not others:
        return []
    chosen, known = extract[eligible], defined_outcome(protocol, extract)[eligible]
    try:
        analysis = analysis_set(protocol.model_copy(update={"imputation": _NOT_IMPUTED}), chosen, known)
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
    told = f"{others} of them in arms outside the contrast"
    told += f"; {lost} without an outcome left out" if lost else ""
    return [{**made, "note": made["note"] or told}]
