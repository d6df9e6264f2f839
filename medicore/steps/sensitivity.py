"""sensitivity: the planned alternatives to the primary analysis; supplementary analyses are kept apart from them."""

from dataclasses import replace
from typing import Any

import pandas as pd

from medicore.records.finding import Finding
from medicore.records.protocol import Protocol
from medicore.stats.ancova import ancova
from medicore.stats.inverse_probability import weighted_means
from medicore.stats.measures import Effect
from medicore.stats.overlap import within
from medicore.stats.randomised import randomised_means
from medicore.stats.scores import clipped_scores
from medicore.stats.standardisation import standardised_means
from medicore.stats.tmle import targeted
from medicore.stats.unadjusted import unadjusted_means
from medicore.steps.effect import analysed
from medicore.steps.gate import read_section, write_section
from medicore.steps.ports import RecordFiles
from medicore.steps.robustness import confounding, missing_outcomes
from medicore.steps.sample import Sample, nothing, row
from medicore.steps.supplementary import other_estimands


def sensitivity(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Write the sensitivity rows (same estimand, other assumptions) and the supplementary ones (other estimands)."""
    everyone, retained = analysed(files)
    analysis = everyone[retained].reset_index(drop=True)
    primary = read_section(files, "effect")["primary"]
    section = {
        "sensitivity": _same_estimand(protocol, analysis),
        "supplementary": other_estimands(protocol, everyone, analysis),
        "evalue": confounding(protocol, primary, analysis),
        "tipping": missing_outcomes(protocol, primary, files.read_table("disposition.parquet")),
    }
    return write_section(files, "sensitivity", section, ())


def _same_estimand(protocol: Protocol, analysis: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows that keep the estimand and vary what the primary analysis assumes (ICH E9(R1), A.5.2)."""
    whole = Sample.of(protocol, analysis)
    x, treated, outcome, fit = whole.x_outcome, whole.treated, whole.outcome, whole.fit
    family, target = whole.family, whole.target
    rows = [
        row(
            protocol,
            "Overlap weighting alone" if target == "ATO" else "IPW instead of AIPW",
            lambda: weighted_means(treated, outcome, fit, target).scores_estimated,
        )
    ]
    if target != "ATO":
        rows.append(
            row(
                protocol,
                "Outcome models alone",
                lambda: standardised_means(x, treated, outcome, family, target=target),
            )
        )
    if target == "ATE":
        rows.append(
            row(
                protocol,
                "TMLE instead of AIPW",
                lambda: targeted(x, treated, outcome, fit, family=family).means,
            )
        )
    rows += [_clipped(protocol, whole, limit) for limit in protocol.sensitivity.clipping]
    if protocol.design == "randomised":
        rows.append(_randomised(protocol, whole))
    if protocol.sensitivity.leave_one_out:
        rows += [_without(protocol, analysis, covariate.column) for covariate in protocol.covariates]
    unadjusted = row(
        protocol, "No adjustment", lambda: replace(unadjusted_means(treated, outcome), estimand=target)
    )
    return [*rows, unadjusted]


def _randomised(protocol: Protocol, whole: Sample) -> dict[str, Any]:
    """Return the covariate-adjusted comparison that rests on randomisation alone."""
    x, treated, outcome = whole.x_outcome, whole.treated, whole.outcome
    if whole.family == "gaussian":
        return row(
            protocol,
            "ANCOVA with interactions",
            lambda: Effect("difference", ancova(x, treated, outcome, interactions=True)),
        )
    name = "Standardisation, variance of randomisation"
    return row(protocol, name, lambda: randomised_means(x, treated, outcome, whole.family))


def _clipped(protocol: Protocol, whole: Sample, limit: float) -> dict[str, Any]:
    """Return the primary estimator with the scores outside [t, 1 − t] moved to its ends; nobody is dropped."""
    moved = int((~within(whole.fit.fitted, limit, 1 - limit)).sum())
    scores = clipped_scores(whole.fit, limit, 1 - limit)
    made = row(protocol, f"Scores clipped to {limit:g} to {1 - limit:g}", lambda: whole.primary(scores).means)
    return {**made, "note": made["note"] or f"{moved} score(s) moved, models not fitted again"}


def _without(protocol: Protocol, analysis: pd.DataFrame, column: str) -> dict[str, Any]:
    """Return the primary estimator with one covariate left out of both models."""
    models = {
        "propensity": tuple(name for name in protocol.models.propensity if name != column),
        "outcome": tuple(name for name in protocol.models.outcome if name != column),
    }
    name = f"Without {protocol.covariate(column).label}"
    if not all(models.values()):
        return nothing(name, "the covariate is the only one of a model")
    fewer = protocol.model_copy(update={"models": protocol.models.model_copy(update=models)})
    return row(protocol, name, lambda: Sample.of(fewer, analysis).primary().means)
