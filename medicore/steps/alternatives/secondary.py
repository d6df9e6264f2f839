"""Secondary endpoints: each estimated as the primary is, on the subjects whose outcome of that endpoint is due."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import DataError, EstimationError
from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.hypotheses.coherence import protocol_of
from medicore.records.protocol.hypotheses.endpoint import SecondaryEndpoint
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.overlap import within
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.measures import no_effect
from medicore.stats.verification import verify_pooled
from medicore.steps.cohort import OF_OUTCOME, analysis_set
from medicore.steps.data.outcome_counts import lock_day, outcome_section
from medicore.steps.data.outcome_states import MISSING, NOT_YET_DUE, outcomes_of
from medicore.steps.gates.endpoint_gates import endpoint_findings
from medicore.steps.models.imputing import complete, completed_sets
from medicore.steps.models.sample import Sample, nothing, pooled_means, row
from medicore.steps.primaries.primary import measure_name, verification_section


@dataclass(frozen=True, slots=True)
class _Estimated:
    """One completed data set of an endpoint: its sample, and the result of the primary's estimator."""

    sample: Sample
    result: AugmentedResult


def secondary_endpoints(
    files: RecordFiles, protocol: Protocol, extract: pd.DataFrame, disposition: pd.DataFrame
) -> tuple[list[dict[str, Any]], tuple[Finding, ...]]:
    """Return a row for each secondary endpoint, and the findings of their second implementations.

    An endpoint is analysed in the eligible subjects of the compared arms whose outcome of this endpoint is due, with scores,
    outcome models and weights of their own; what cannot be estimated says why. The rows of ``disposition`` and ``extract``
    have the same order.
    """
    rows = [_row(files, protocol, endpoint, extract, disposition) for endpoint in protocol.secondary]
    return rows, tuple(endpoint_findings(rows))


def _row(
    files: RecordFiles,
    protocol: Protocol,
    endpoint: SecondaryEndpoint,
    extract: pd.DataFrame,
    disposition: pd.DataFrame,
) -> dict[str, Any]:
    own = protocol_of(protocol, endpoint)
    locked_on = lock_day(files, own)
    found = outcomes_of(own, extract, locked_on)
    compared = disposition["reason"].isin(("", *OF_OUTCOME)).to_numpy(dtype=bool)
    left_out = (NOT_YET_DUE, MISSING) if own.outcome.method == "complete cases" else (NOT_YET_DUE,)
    included = compared & ~np.isin(found.state.astype(str), left_out)
    treated = (disposition["arm"] == protocol.treatment.treated).to_numpy(dtype=bool)
    family = next((one.name for one in protocol.families if endpoint.name in one.keys), None)
    return {
        "label": endpoint.label,
        "column": endpoint.column,
        "type": endpoint.type,
        "unit": endpoint.unit if endpoint.measure == "difference" else "",
        "measure": measure_name(own),
        "null": no_effect(endpoint.measure),
        "level": protocol.inference.level,
        "family": family,
        "outcomes": outcome_section(own, found, compared, treated, locked_on)["outcomes"],
        **_estimated(own, endpoint.name, extract[included], found.outcome[included]),
    }


def _estimated(
    own: Protocol, name: str, included: pd.DataFrame, outcome: NDArray[np.float64]
) -> dict[str, Any]:
    """Return the estimate of the endpoint that is the outcome of ``own``, and its second implementation."""
    empty = {"mean_treated": None, "mean_control": None, "verification": None}
    measure = own.estimand.contrast
    try:
        parts = [_analysed(own, one) for one in _samples(own, included, outcome)]
        second = verify_pooled([one.sample.estimator.second(one.sample, measure) for one in parts])
    except (DataError, EstimationError) as error:
        return {**nothing(name, str(error)), **empty}
    means = [one.sample.inferred(result=one.result) for one in parts]
    made = row(own, name, means, lambda one: one)
    if made["estimate"] is None:
        return {**made, **empty}
    chosen = pooled_means(own, means).inference
    return {
        **made,
        "mean_treated": float(np.mean([one.result.mean_treated for one in parts])),
        "mean_control": float(np.mean([one.result.mean_control for one in parts])),
        "verification": verification_section(second, chosen, measure),
    }


def _samples(own: Protocol, included: pd.DataFrame, outcome: NDArray[np.float64]) -> list[Sample]:
    """Return the completed data sets, trimmed as the protocol plans it."""
    table = complete(own, analysis_set(own, included, outcome)).table
    samples = [Sample.of(own, one) for one in completed_sets(table)]
    if own.trimming.method == "none":
        return samples
    # With trimming, covariates are not imputed several times: every data set has the same scores.
    kept = within(samples[0].fit.fitted, own.trimming.lower, own.trimming.upper)
    return [Sample.of(own, one.analysis[kept].reset_index(drop=True)) for one in samples]


def _analysed(own: Protocol, sample: Sample) -> _Estimated:
    """Return the primary's estimator on a sample; raise EstimationError where it has nothing to rest on."""
    if own.inference.scored and sample.fit.separated:
        raise EstimationError("the covariates predict treatment perfectly for some subjects (separation)")
    known = sample.outcome[sample.known]
    if known.size and float(np.ptp(known)) == 0:
        raise EstimationError("the endpoint has one and the same value in every analysed subject")
    result = sample.primary()
    for arm, model in zip(("treated", "control"), result.models, strict=True):
        if model.separated or not model.converged:
            raise EstimationError(
                f"the outcome model of the {arm} arm predicts the endpoint perfectly for some subjects (separation), or did not "
                "converge"
            )
    return _Estimated(sample, result)
