"""cohort: the analysis set, and the reason for each exclusion."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import DataError
from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.steps.data.arms import by_arm
from medicore.steps.data.baseline_summary import difference, summary
from medicore.steps.data.counted import EXPOSURE, exposure_section, uncounted
from medicore.steps.data.disposition import disposition_rows
from medicore.steps.data.follow_up import EVENT, follow_up_section, unrecorded
from medicore.steps.data.follow_up_days import follow_up_days
from medicore.steps.data.outcome_counts import lock_day, outcome_section
from medicore.steps.data.outcome_states import MISSING, NOT_YET_DUE, outcomes_of
from medicore.steps.data.satisfying import satisfies
from medicore.steps.data.treatment_days import treatment_days
from medicore.steps.gate import write_section
from medicore.steps.gates.cohort_gates import cohort_findings
from medicore.steps.gates.missing_gates import missing_findings
from medicore.steps.models.clusters import CLUSTER
from medicore.steps.models.imputing import Completed, complete
from medicore.steps.models.lost_levels import require_levels
from medicore.steps.models.splines import splines_section, with_knots

OUTSIDE = "Arm outside the declared contrast"
"""The reason for leaving out an eligible subject whose arm is not one of the two that are compared."""

NOT_DUE = "Outcome not yet due"
"""The reason for leaving out, in this month, a subject whose outcome is still to come."""

LEFT_OUT = "Outcome missing, complete cases declared"
"""The reason for leaving out a subject without an outcome where the protocol analyses complete cases."""

OF_OUTCOME = (NOT_DUE, LEFT_OUT)
"""The reasons that stand after eligibility and contrast: nobody is excluded by them."""


def cohort(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Apply the criteria in order, write disposition and analysis set, and return the findings of its gates.

    Each excluded subject has one reason: the first criterion that it fails. A missing value fails every criterion.
    Subjects whose outcome is not yet due are left out of this month's population; those whose outcome is missing stay
    in it, unless the protocol analyses complete cases. Missing covariates are imputed if the protocol plans it. Raises
    DataError when an eligible subject lacks treatment or (without such a plan) a covariate, or when an arm is empty, and
    EstimationError when levels that few subjects have make the bootstrap fail, whatever is imputed.
    """
    extract = files.read_table("extract.parquet")
    locked_on = lock_day(files, protocol)
    outcomes = outcomes_of(protocol, extract, locked_on)
    reason, flow = _eligible(protocol, extract)
    _require_treatment(protocol, extract[np.equal(reason, "")])
    arms = extract[protocol.treatment.column].to_numpy(dtype=object)
    contrast = (arms == protocol.treatment.treated) | (arms == protocol.treatment.control)
    outside = (reason == "") & ~contrast
    reason[outside] = OUTSIDE
    compared, state = np.equal(reason, ""), outcomes.state
    reason[compared & (state == NOT_YET_DUE)] = NOT_DUE
    if protocol.outcome.method == "complete cases":
        reason[compared & (state == MISSING)] = LEFT_OUT
    included = np.equal(reason, "")
    subject = protocol.contract.subject
    files.write_table(
        "disposition.parquet",
        pd.DataFrame(
            {
                subject: extract[subject].astype(str),
                "arm": extract[protocol.treatment.column].fillna("").astype(str),
                "reason": reason.astype(str),
                "outcome": np.where(compared | outside, state, "").astype(str),
            }
        ),
    )
    analysis = analysis_set(protocol, extract[included], outcomes.outcome[included])
    treated = analysis["treated"].to_numpy(dtype=bool)
    sizes = {"treated": int(treated.sum()), "control": int((~treated).sum())}
    labels = {"treated": protocol.treatment.treated, "control": protocol.treatment.control}
    for arm, size in sizes.items():
        if size == 0:
            raise _empty(labels[arm])
    of_treated = arms == protocol.treatment.treated
    told = outcome_section(protocol, outcomes, compared, of_treated, locked_on)
    told["outcomes"] |= follow_up_days(protocol, extract, compared, of_treated)
    told["outcomes"] |= treatment_days(protocol, extract, compared, of_treated)
    told["outcomes"] |= follow_up_section(protocol, analysis) | exposure_section(protocol, analysis)
    findings = (*cohort_findings(protocol, analysis), *missing_findings(protocol, told))
    # Nothing is imputed from an arm that has nothing to impute from; such a finding cannot be overridden.
    stopped = any(not finding.overridable for finding in findings)
    if protocol.imputation.method == "multiple" and not stopped:
        require_levels(protocol, analysis)
    completed = Completed(analysis, None, None) if stopped else complete(protocol, analysis)
    files.write_table("analysis.parquet", completed.table)
    told["outcomes"] |= {"imputation": completed.outcomes}
    section = {
        "assessed": len(extract),
        "criteria": flow,
        "not_in_contrast": int(outside.sum()),
        "eligible": int(compared.sum()),
        "excluded": len(extract) - int(compared.sum()),
        "disposition": disposition_rows(len(extract), flow, _later(reason)),
        "analysed": len(analysis),
        "arms": {arm: {"label": labels[arm], "n": size} for arm, size in sizes.items()},
        **told,
        "baseline": baseline(protocol, analysis),
        "imputation": completed.covariates,
    }
    curves = splines_section(protocol, analysis)
    section |= {"splines": curves} if curves else {}
    return write_section(files, "cohort", section, findings)


def _eligible(protocol: Protocol, extract: pd.DataFrame) -> tuple[NDArray[np.object_], list[dict[str, Any]]]:
    """Return each subject's reason for exclusion, ``(n,)``, '' for the eligible, and the counts of the criteria."""
    reason = np.full(len(extract), "", dtype=object)
    flow = []
    for criterion in protocol.eligibility:
        excluded = (reason == "") & ~satisfies(extract[criterion.column], criterion)
        reason[excluded] = criterion.name
        flow.append(
            {"name": criterion.name, "excluded": int(excluded.sum()), "remaining": int((reason == "").sum())}
        )
    return reason, flow


def _later(reason: NDArray[np.object_]) -> list[tuple[str, str, int]]:
    """Return the reasons after eligibility, each with its kind and how many subjects it leaves out."""
    kinds = {OUTSIDE: "contrast", NOT_DUE: "outcome", LEFT_OUT: "outcome"}
    return [(words, kind, int(np.equal(reason, words).sum())) for words, kind in kinds.items()]


def _empty(label: str) -> DataError:
    return DataError(
        f"arm {label!r} has no eligible subject whose outcome is due, so there is nothing to compare; check treatment "
        "labels, eligibility criteria and outcome.assessed"
    )


def _require_treatment(protocol: Protocol, eligible: pd.DataFrame) -> None:
    """Raise DataError when an eligible subject has no treatment; only a known other arm is outside the contrast."""
    column = protocol.treatment.column
    count = int(eligible[column].isna().sum())
    if count:
        raise _lacking(column, count)


def _lacking(column: str, count: int, remedy: str = "") -> DataError:
    return DataError(
        f"column {column!r} is missing for {count} eligible subject(s); complete the data, "
        f"or declare a criterion that excludes such subjects{remedy}"
    )


def analysis_set(protocol: Protocol, eligible: pd.DataFrame, outcome: NDArray[np.float64]) -> pd.DataFrame:
    """Return subject, ``treated``, ``outcome``, ``observed``, of a time to event ``event``, of a count ``exposure``, covariates and negative controls.

    ``outcome``, ``(n,)``, is that of the estimand's strategies; it is NaN where ``observed`` is false. Raises DataError
    when a covariate is missing that no plan imputes.
    """
    columns = [covariate.column for covariate in protocol.covariates]
    for column, count in (*unrecorded(protocol, eligible), *uncounted(protocol, eligible)):
        raise _lacking(column, count)
    refused = columns if protocol.imputation.method == "none" else []
    lacking = [column for column in refused if eligible[column].isna().any()]
    if lacking:
        count = int(eligible[lacking[0]].isna().sum())
        raise _lacking(lacking[0], count, ", or plan the imputation of covariates")
    analysis = pd.DataFrame(
        {
            protocol.contract.subject: eligible[protocol.contract.subject].astype(str),
            "treated": (eligible[protocol.treatment.column] == protocol.treatment.treated).to_numpy(
                dtype=bool
            ),
            "outcome": outcome,
            "observed": ~np.isnan(outcome),
        }
    )
    for control in protocol.negative_controls:
        analysis[control.column] = eligible[control.column].to_numpy(dtype=np.float64, na_value=np.nan)
    if protocol.outcome.event is not None:
        analysis[EVENT] = eligible[protocol.outcome.event].to_numpy(dtype=np.int64)
    if protocol.inference.cluster is not None:
        analysis[CLUSTER] = eligible[protocol.inference.cluster].to_numpy(dtype=str)
    if protocol.outcome.exposure is not None:
        analysis[EXPOSURE] = eligible[protocol.outcome.exposure].to_numpy(dtype=np.float64)
    for column in columns:
        analysis[column] = eligible[column].to_numpy()
    return with_knots(protocol, analysis.reset_index(drop=True))


def baseline(protocol: Protocol, analysis: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows of the baseline table: summaries of numbers, count and percent of categories, and the arms' difference.

    They describe the observed values; where values are missing, the row holds the number of subjects with a value. ``smd`` is
    the standardised mean difference before weighting.
    """
    treated = analysis["treated"].to_numpy(dtype=bool)
    groups = by_arm(treated, np.ones(len(treated), dtype=bool))
    rules = {column.name: column for column in protocol.contract.columns}
    target = protocol.estimand.target
    rows: list[dict[str, object]] = []
    for covariate in protocol.covariates:
        rule, values = rules[covariate.column], analysis[covariate.column]
        missing: NDArray[np.bool_] = values.isna().to_numpy(dtype=bool)
        common = {"label": covariate.label, "unit": rule.unit, "column": covariate.column}
        if rule.type == "category":
            texts = values.to_numpy(dtype=object)
            for level in rule.values or ():
                counts = {group: _count(texts[mask & ~missing] == level) for group, mask in groups.items()}
                smd = difference(np.where(missing, np.nan, texts == level), treated, target)
                rows.append({**common, "kind": "count", "level": level, **counts, "smd": smd})
        else:
            numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
            means = {group: summary(numbers[mask]) for group, mask in groups.items()}
            smd = difference(numbers, treated, target)
            rows.append({**common, "kind": "mean", "level": None, **means, "smd": smd})
        if missing.any():
            gaps = {group: _count(missing[mask]) for group, mask in groups.items()}
            rows.append({**common, "kind": "missing", "level": "Missing", **gaps})
    return rows


def _count(hits: NDArray[np.bool_]) -> dict[str, float]:
    return {"count": int(hits.sum()), "percent": float(100 * hits.mean()) if hits.size else 0.0}
