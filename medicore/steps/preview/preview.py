"""preview: cohort, overlap, balance and precision of a plan on the data at hand, without any outcome."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from medicore.errors import DataError, EstimationError
from medicore.records.delivery.delimited import TextTable
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.overlap import c_statistic, equipoise
from medicore.steps.data.satisfying import satisfies
from medicore.steps.gates.propensity_gates import collinearity_findings, propensity_findings, size_findings
from medicore.steps.models.lost_levels import few_subjects, lost_by_events, sparse_problem
from medicore.steps.models.naming import FEW, named
from medicore.steps.models.scoring import Scored, effective_shares, scored
from medicore.steps.models.splines import with_knots
from medicore.steps.models.terms import Terms, model_terms
from medicore.steps.preview.blind import blind_table
from medicore.steps.preview.filling import filled
from medicore.steps.propensity import balance_section

POWER = 0.8
"""The power at which the detectable difference is given."""

RISKS = (0.05, 0.1, 0.2, 0.3, 0.5)
"""The risks of the control arm for which the detectable difference of risks is given."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What the data say of a plan: the cohort, the arms' overlap and balance, and what the run would halt at.

    ``problems`` are what would end a run; ``findings`` what it would halt at; ``sparse`` levels by arm with fewer than
    ten subjects; ``detectable`` the smallest difference that the study finds with a power of 80 %.
    """

    cohort: Mapping[str, Any]
    problems: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    sparse: tuple[Mapping[str, Any], ...] = ()
    scores: Mapping[str, Any] | None = None
    balance: tuple[Mapping[str, Any], ...] = ()
    alarm_rate: float | None = None
    detectable: Mapping[str, Any] | None = None
    histogram: Mapping[str, tuple[int, ...]] | None = None


def preview(texts: TextTable, protocol: Protocol) -> Preview:
    """Return the preview of a plan on the texts of a delivery; it reads no column that is measured after time zero.

    Gaps of covariates that a run would impute are filled once, without the outcome.
    """
    seen = blind_table(texts, protocol)
    subjects, cohort, problems = _cohort(protocol, seen.table)
    cohort |= {"hidden": seen.hidden, "not_of_their_type": seen.uncastable}
    if not problems:
        arms = (subjects[protocol.treatment.column] == protocol.treatment.treated).to_numpy(dtype=bool)
        if min(int(arms.sum()), int((~arms).sum())) < 2:
            problems = [
                "an arm has fewer than 2 eligible subjects; check treatment labels and eligibility criteria"
            ]
        else:
            try:
                frame = _frame(protocol, subjects, arms)
            except EstimationError as error:
                return Preview(cohort, (str(error),))
            return _with_scores(protocol, frame, cohort)
    return Preview(cohort, tuple(problems))


def _cohort(protocol: Protocol, table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any], list[str]]:
    """Return the eligible subjects of the contrast, the counts on the way to them, and what would end a run."""
    left = np.ones(len(table), dtype=bool)
    flow, late = [], []
    for criterion in protocol.eligibility:
        if criterion.column not in table:
            late.append(criterion.name)
            continue
        met = satisfies(table[criterion.column], criterion)
        flow.append({"name": criterion.name, "excluded": int((left & ~met).sum())})
        left &= met
    arm = table[protocol.treatment.column].to_numpy(dtype=object)
    plan = protocol.treatment
    unknown = int((left & table[plan.column].isna().to_numpy(dtype=bool)).sum())
    sizes = {label: int((left & (arm == label)).sum()) for label in (plan.treated, plan.control)}
    compared = left & ((arm == plan.treated) | (arm == plan.control))
    found = table[compared].reset_index(drop=True)
    gaps = {one.column: int(found[one.column].isna().sum()) for one in protocol.covariates}
    gaps = {column: count for column, count in gaps.items() if count}
    problems = []
    if unknown:
        problems.append(
            f"column {plan.column!r} is missing for {unknown} eligible subject(s); exclude or complete them"
        )
    if gaps and protocol.imputation.method == "none":
        words = ", ".join(f"{column} ({count})" for column, count in gaps.items())
        problems.append(
            f"covariates are missing and no imputation is planned: {words}; plan one, or exclude these subjects"
        )
    empty = [label for label, size in sizes.items() if size == 0]
    problems += [
        f"arm {label!r} has no eligible subject; check its label and the criteria" for label in empty
    ]
    cohort = {
        "assessed": len(table),
        "criteria": flow,
        "later_criteria": late,
        "arms": sizes,
        "missing_covariates": gaps,
    }
    return found, cohort, problems


def _frame(protocol: Protocol, subjects: pd.DataFrame, treated: NDArray[np.bool_]) -> pd.DataFrame:
    """Return ``treated`` and the covariates, their gaps filled, with the knots of splines."""
    columns = [covariate.column for covariate in protocol.covariates]
    complete = filled(protocol, subjects, treated) if subjects[columns].isna().any(axis=None) else subjects
    return with_knots(protocol, complete[columns].assign(treated=treated))


def _with_scores(protocol: Protocol, frame: pd.DataFrame, cohort: dict[str, Any]) -> Preview:
    treated = frame["treated"].to_numpy(dtype=bool)
    terms = model_terms(protocol, protocol.models.propensity, frame)
    outcome = model_terms(protocol, protocol.models.outcome, frame)
    sparse = tuple(_sparse(protocol, frame, treated))
    constant = [
        name for name, column in zip(terms.names, terms.matrix.T, strict=True) if np.ptp(column) == 0.0
    ]
    try:
        made = scored(protocol, terms.matrix, treated)
    except (EstimationError, DataError) as error:
        return Preview(cohort, (str(error),), sparse=sparse)
    both = model_terms(protocol, (*protocol.models.propensity, *protocol.models.outcome), frame)
    findings = (
        *size_findings(protocol, made, outcome.matrix, np.ones(len(frame), dtype=bool)),
        *collinearity_findings(both if protocol.inference.scored else outcome),
        *named(propensity_findings(protocol, terms.names, made), terms, treated, made.first),
    )
    lost = None
    if protocol.inference.scored:
        lost = sparse_problem(dict.fromkeys((*few_subjects(terms, treated), *few_subjects(outcome, treated))))
        if lost is None and protocol.outcome.type == "binary":
            findings += tuple(lost_by_events(protocol.gates.failed_replicates_share, outcome, treated))
    constants = tuple(f"the term {name} is the same for everybody; leave it out" for name in constant)
    return Preview(
        cohort,
        constants if lost is None else (*constants, lost),
        findings,
        sparse,
        _scores(made),
        tuple(_balance(terms, made)),
        balance_section(protocol, terms, made)["expected_false_alarm_rate"],
        _detectable(protocol, made),
        _histogram(made),
    )


def _sparse(protocol: Protocol, frame: pd.DataFrame, treated: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Return the levels of categories that few subjects of an arm have, with what mends them, fewest first."""
    found = []
    for column in dict.fromkeys((*protocol.models.propensity, *protocol.models.outcome)):
        levels = protocol.contract.column(column).values or ()
        texts = frame[column].to_numpy(dtype=object)
        for level in levels:
            counts = [int(((texts == level) & arm).sum()) for arm in (treated, ~treated)]
            if min(counts) < FEW:
                remedy = (
                    "merge it with another level by recode" if len(levels) > 2 else "leave the covariate out"
                )
                found.append(
                    {
                        "column": column,
                        "level": level,
                        "treated": counts[0],
                        "control": counts[1],
                        "remedy": remedy,
                    }
                )
    return sorted(found, key=lambda one: (min(one["treated"], one["control"]), one["column"]))


def _scores(made: Scored) -> dict[str, Any]:
    fitted, arm = made.fit.fitted, made.arm
    return {
        "treated": [float(fitted[arm].min()), float(fitted[arm].max())],
        "control": [float(fitted[~arm].min()), float(fitted[~arm].max())],
        "c_statistic": c_statistic(arm, fitted),
        "equipoise": equipoise(arm, fitted),
        "effective_sample_size": made.effective_sample_size,
        "effective_share": effective_shares(made),
        "largest_weight_share": made.largest_weight_share,
        "discarded": int((~made.retained).sum()),
    }


def _balance(terms: Terms, made: Scored) -> list[dict[str, Any]]:
    """Return each term's difference before and after weighting, the largest after weighting first."""
    rows = [
        {"term": name, "unweighted": float(term.smd_unweighted), "weighted": float(term.smd_weighted)}
        for name, term in zip(terms.names, made.balance, strict=True)
    ]
    return sorted(rows, key=lambda row: -abs(float(str(row["weighted"]))))


def _detectable(protocol: Protocol, made: Scored) -> dict[str, Any] | None:
    """Return the difference that is found with 80 % power at the two-sided level, by the effective sizes of the arms.

    For a number it is in standard deviations of the outcome that covariates leave unexplained, for a binary outcome a
    difference of risks; it is None for other outcomes. The formula is (z₁₋α/₂ + z₀.₈)·√(Σ 1/effective size).
    """
    factor = float(ndtri(1 - (1 - protocol.inference.level) / 2) + ndtri(POWER))
    spread = float(np.sqrt(sum(1 / size for size in made.effective_sample_size.values())))
    match protocol.outcome.type:
        case "continuous":
            return {"unit": "standard deviations", "difference": factor * spread}
        case "binary":
            by_risk = {f"{risk:g}": factor * spread * float(np.sqrt(risk * (1 - risk))) for risk in RISKS}
            return {"unit": "risk", "by_control_risk": by_risk}
        case _:
            return None


def _histogram(made: Scored) -> dict[str, tuple[int, ...]]:
    """Return the numbers of subjects in twenty equal intervals of the score, by arm."""
    edges = np.linspace(0, 1, 21)
    counts = {"treated": made.score[made.treated], "control": made.score[~made.treated]}
    return {arm: tuple(int(n) for n in np.histogram(scores, edges)[0]) for arm, scores in counts.items()}
