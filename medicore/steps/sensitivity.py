"""sensitivity: the planned sensitivity analyses and, separately, the supplementary analyses."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.overlap import within
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.measures import Effect
from medicore.stats.effect.unadjusted import unadjusted_means, welch_difference
from medicore.stats.models.scores import clipped_scores
from medicore.steps.alternatives.conditional_means import conditional_means
from medicore.steps.alternatives.contrasts import all_contrasts
from medicore.steps.alternatives.counted_rows import (
    confounding_of_rates,
    other_rates,
    rates_section,
    same_rates,
)
from medicore.steps.alternatives.families import HypothesisResults, families_of
from medicore.steps.alternatives.flexible import flexible_models
from medicore.steps.alternatives.missing_method import (
    CompleteCases,
    observed_by,
    other_missing_method,
)
from medicore.steps.alternatives.mixed_rows import mixed_subgroups, mixed_without
from medicore.steps.alternatives.ordinal_rows import ordinal_section
from medicore.steps.alternatives.randomised import NAMES, randomised_rows
from medicore.steps.alternatives.repeated_visits import repeated_visits
from medicore.steps.alternatives.robustness import confounding, missing_outcomes
from medicore.steps.alternatives.secondary import secondary_endpoints
from medicore.steps.alternatives.several_arms import over_all_arms
from medicore.steps.alternatives.shifts import shifted_outcomes, shifted_sets
from medicore.steps.alternatives.single_models import outcome_models_alone, targeted_means, weighting_alone
from medicore.steps.alternatives.supplementary import other_estimands
from medicore.steps.alternatives.survival_rows import other_survival, same_survival
from medicore.steps.alternatives.survival_section import confounding_of_survival, survival_section
from medicore.steps.effect import analysed
from medicore.steps.gate import read_section, write_section
from medicore.steps.gates.visit_gates import visit_findings
from medicore.steps.models.counted_sample import CountedSample
from medicore.steps.models.rare_events import score_rows
from medicore.steps.models.sample import Sample, nothing, observation_covariates, row, varied
from medicore.steps.models.timed_sample import TimedSample


def sensitivity(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Write the sensitivity rows (same estimand, other assumptions) and the supplementary ones (other estimands).

    Secondary endpoints and families of hypotheses follow; the findings are those of the endpoints and of the repeated visits.
    """
    everyone, retained = analysed(files)
    if protocol.outcome.timed:
        return _of_survival(files, protocol, everyone[0], everyone[0][retained].reset_index(drop=True))
    if protocol.outcome.counted:
        return _of_rates(files, protocol, everyone[0], everyone[0][retained].reset_index(drop=True))
    if protocol.outcome.graded:
        section = ordinal_section(protocol, everyone[0], everyone[0][retained].reset_index(drop=True))
        return write_section(files, "sensitivity", section, ())
    samples = [Sample.of(protocol, one[retained].reset_index(drop=True)) for one in everyone]
    known = CompleteCases(protocol, samples)
    effect = read_section(files, "effect")
    primary = effect["primary"]
    disposition = files.read_table("disposition.parquet")
    extract = files.read_table("extract.parquet")
    pooled = over_all_arms(protocol, extract, disposition)
    shifted = () if protocol.inference.mixed else shifted_sets(samples)
    flexible, splits = flexible_models(protocol, samples)
    secondary, findings = secondary_endpoints(files, protocol, extract, disposition)
    over_visits, visits = repeated_visits(protocol, extract, disposition)
    supplementary = [
        *other_estimands(protocol, everyone, samples, known),
        *mixed_subgroups(protocol, extract, disposition),
        *all_contrasts(protocol, extract, disposition),
    ]
    section = {
        "sensitivity": [
            *other_missing_method(protocol, samples, known, extract, disposition),
            *conditional_means(protocol, samples),
            *_same_estimand(protocol, samples, known),
            *flexible,
            *pooled,
            *over_visits,
            *mixed_without(protocol, extract, disposition),
        ],
        "supplementary": supplementary,
        "evalue": confounding(protocol, primary, samples),
        "tipping": {
            **missing_outcomes(protocol, primary, disposition, shifted),
            "surface": shifted_outcomes(protocol, samples, shifted),
        },
        **splits,
        **({} if visits is None else {"visits": visits}),
        "secondary": secondary,
        "families": families_of(protocol, HypothesisResults(effect, secondary, supplementary)),
    }
    return write_section(files, "sensitivity", section, (*findings, *visit_findings(visits)))


def _of_survival(
    files: RecordFiles, protocol: Protocol, everyone: pd.DataFrame, retained: pd.DataFrame
) -> tuple[Finding, ...]:
    """Write the rows of a time to event, and what stands beside its effect: curves, hazard ratio, log-rank, incidences."""
    sample = TimedSample.of(protocol, retained)
    section = {
        "sensitivity": same_survival(protocol, sample),
        "supplementary": other_survival(protocol, everyone, sample),
        "evalue": confounding_of_survival(protocol, sample),
        "tipping": None,
        "survival": survival_section(protocol, sample),
        "secondary": [],
        "families": [],
    }
    return write_section(files, "sensitivity", section, ())


def _of_rates(
    files: RecordFiles, protocol: Protocol, everyone: pd.DataFrame, retained: pd.DataFrame
) -> tuple[Finding, ...]:
    """Write the rows of a count, and what stands beside its effect: rates of the arms, dispersion, E-value."""
    sample = CountedSample.of(protocol, retained)
    section = {
        "sensitivity": same_rates(protocol, sample),
        "supplementary": other_rates(protocol, everyone, sample),
        "evalue": confounding_of_rates(protocol, sample),
        "tipping": None,
        "rates": rates_section(protocol, sample),
        "secondary": [],
        "families": [],
    }
    return write_section(files, "sensitivity", section, ())


def _same_estimand(
    protocol: Protocol, samples: Sequence[Sample], known: CompleteCases
) -> list[dict[str, Any]]:
    """Return the rows that keep the estimand and vary what the primary analysis assumes (ICH E9(R1), A.5.2).

    The analyses that rest on randomisation alone, and the unadjusted one, compare the subjects with an observed outcome,
    ``known``; the others use everybody.
    """
    target = samples[0].target
    name = NAMES[protocol.inference.estimator]
    rows = [
        row(
            protocol,
            "Overlap weighting alone" if target == "ATO" else f"IPW instead of {name}",
            samples,
            lambda one: weighting_alone(one, target),
        )
    ]
    if target != "ATO":
        rows.append(
            row(protocol, "Outcome models alone", samples, lambda one: outcome_models_alone(one, target))
        )
    if target == "ATE":
        rows.append(row(protocol, f"TMLE instead of {name}", samples, targeted_means))
    if protocol.inference.estimator == "aipw":
        rows += [_clipped_row(protocol, samples, limit) for limit in protocol.sensitivity.clipping]
    rows += randomised_rows(protocol, known)
    if protocol.sensitivity.leave_one_out and not protocol.inference.mixed:
        rows += [_without(protocol, samples, covariate.column) for covariate in protocol.covariates]
    # nobody's covariates enter: one data set is as good as several
    rows.append(known.row("No adjustment", lambda one: _unadjusted(protocol, one), first=True))
    first = samples[0]
    return [*rows, *score_rows(protocol, first.treated[first.known], first.outcome[first.known])]


def _unadjusted(protocol: Protocol, sample: Sample) -> ArmMeans | Effect:
    """Return the comparison of the arms as they are: by Welch's t for a difference, by the risks for a ratio."""
    target = protocol.estimand.target
    if protocol.estimand.contrast == "difference" and protocol.inference.cluster is None:
        found = replace(welch_difference(sample.treated, sample.outcome), estimand=target)
        return Effect("difference", found)
    return replace(unadjusted_means(sample.treated, sample.outcome), estimand=target)


def _clipped_row(protocol: Protocol, samples: Sequence[Sample], limit: float) -> dict[str, Any]:
    """Return the primary estimator with the scores outside [t, 1 − t] moved to the limits; all subjects are kept."""
    moved = [int((~within(one.fit.fitted, limit, 1 - limit)).sum()) for one in samples]
    made = row(
        protocol,
        f"Scores clipped to {limit:g} to {1 - limit:g}",
        samples,
        lambda one: one.inferred(clipped_scores(one.fit, limit, 1 - limit)),
    )
    return {**made, "note": made["note"] or f"{varied(moved)} score(s) moved, models not fitted again"}


def _without(protocol: Protocol, samples: Sequence[Sample], column: str) -> dict[str, Any]:
    """Return the primary estimator with one covariate left out of both models."""
    models = {
        "propensity": tuple(name for name in protocol.models.propensity if name != column),
        "outcome": tuple(name for name in protocol.models.outcome if name != column),
    }
    observing = tuple(name for name in observation_covariates(protocol) if name != column)
    name = f"Without {protocol.covariate(column).label}"
    if not (all(models.values()) and observing):
        return nothing(name, "the covariate is the only one of a model")
    fewer = observed_by(
        protocol.model_copy(update={"models": protocol.models.model_copy(update=models)}), observing
    )
    return row(protocol, name, samples, lambda one: Sample.of(fewer, one.analysis).inferred())
