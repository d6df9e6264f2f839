"""Every contrast of two arms of a randomised study with three arms and more, all analysed together."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from medicore.errors import DataError, EstimationError
from medicore.records.protocol.protocol import ImputationPlan, Protocol
from medicore.stats.models.outcome_model import Form
from medicore.stats.randomisation.several_arms import SeveralMeans, means_of_all_arms
from medicore.steps.cohort import LEFT_OUT, OUTSIDE, analysis_set
from medicore.steps.data.outcome_states import MISSING, OBSERVED, defined_outcome
from medicore.steps.models.sample import nothing, row
from medicore.steps.models.terms import model_terms
from medicore.steps.primaries.primary_estimator import randomisation_of

_NOT_IMPUTED = ImputationPlan()


def all_contrasts(
    protocol: Protocol, extract: pd.DataFrame, disposition: pd.DataFrame
) -> list[dict[str, Any]]:
    """Return a row for every two arms of the study, the later of the contract against the earlier; none unless declared.

    All eligible subjects with an observed outcome are analysed together by g-computation with the covariates of the outcome
    model, without imputation, under the scheme of the protocol. Rows of ``disposition`` and ``extract`` have one order.
    The level is that of one contrast: nothing is adjusted for their number.
    """
    if protocol.treatment.contrasts != "all":
        return []
    arms = protocol.contract.column(protocol.treatment.column).values or ()
    pairs = [(one, zero) for zero, one in combinations(arms, 2)]
    observed = (disposition["outcome"] == OBSERVED).to_numpy(dtype=bool)
    eligible = disposition["reason"].isin(("", OUTSIDE, LEFT_OUT)).to_numpy(dtype=bool)
    lost = int((eligible & (disposition["outcome"] == MISSING).to_numpy(dtype=bool)).sum())
    chosen = eligible & observed
    try:
        found = _means(protocol, extract[chosen], defined_outcome(protocol, extract)[chosen], arms)
    except (DataError, EstimationError) as error:
        return [nothing(_name(*pair), str(error)) for pair in pairs]
    told = f"all {len(arms)} arms together, not adjusted for the number of contrasts"
    told += f"; {lost} without an outcome left out" if lost else ""
    rows = []
    for one, zero in pairs:
        places = arms.index(one), arms.index(zero)
        made = row(protocol, _name(one, zero), [places], lambda pair: found.pair(*pair))
        rows.append({**made, "note": made["note"] or told})
    return rows


def _name(one: str, zero: str) -> str:
    return f"Contrast: {one} against {zero}"


def _means(
    protocol: Protocol,
    chosen: pd.DataFrame,
    outcome: np.ndarray[Any, np.dtype[np.float64]],
    arms: tuple[str, ...],
) -> SeveralMeans:
    plain = protocol.model_copy(update={"imputation": _NOT_IMPUTED})
    analysis = analysis_set(plain, chosen, outcome)
    labels = chosen[protocol.treatment.column].to_numpy(dtype=object)
    form: Form = "per arm" if protocol.inference.heterogeneous else "joint"
    return means_of_all_arms(
        model_terms(protocol, protocol.models.outcome, analysis).matrix,
        np.array([arms.index(label) for label in labels], dtype=np.intp),
        analysis["outcome"].to_numpy(dtype=np.float64),
        randomisation_of(protocol, analysis),
        arms=len(arms),
        family=protocol.outcome.family,
        form=form,
    )
