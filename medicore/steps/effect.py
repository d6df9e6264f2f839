"""effect: the primary estimate, confirmed by a second implementation, calibrated, compared with last month's; counted harms."""

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.steps.gate import read_section, write_section
from medicore.steps.gates.effect_gates import change_findings, effect_findings, outcome_model_findings
from medicore.steps.gates.event_gates import event_findings
from medicore.steps.gates.observation_gates import observation_model_findings
from medicore.steps.looks.harms import counted_harms
from medicore.steps.models.alarm_rates import change_rate, variance_alarm_rate
from medicore.steps.models.allocation import allocation_section
from medicore.steps.models.controls import calibration
from medicore.steps.models.counted_sample import CountedSample
from medicore.steps.models.hypothesis import hypothesis_section
from medicore.steps.models.imputing import completed_sets, in_any_set
from medicore.steps.models.lost_levels import require_resamples
from medicore.steps.models.naming import sparse_levels
from medicore.steps.models.ordinal_sample import OrdinalSample
from medicore.steps.models.sample import Sample, observation_covariates
from medicore.steps.models.terms import model_terms
from medicore.steps.models.timed_sample import TimedSample
from medicore.steps.no_estimate import halted_without_estimate
from medicore.steps.primaries.after_estimate import after_estimate
from medicore.steps.primaries.counted_primary import counted_effect
from medicore.steps.primaries.ordinal_primary import ordinal_effect
from medicore.steps.primaries.primary import estimate_primary
from medicore.steps.primaries.survival_primary import survival_effect
from medicore.steps.primaries.visited_primary import visited_effect


def effect(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Estimate the primary effect on the retained subjects, confirm it, and compare it with last month's estimate.

    Where an outcome or observation model separates, or did not converge, and no estimate follows, the findings say so in place of the
    estimate, and no decision overrides them.
    """
    sets, retained = analysed(files)
    frames = [one[retained] for one in sets]
    if protocol.outcome.timed:
        return survival_effect(files, protocol, TimedSample.of(protocol, frames[0].reset_index(drop=True)))
    if protocol.outcome.counted:
        return counted_effect(files, protocol, CountedSample.of(protocol, frames[0].reset_index(drop=True)))
    if protocol.outcome.graded:
        return ordinal_effect(files, protocol, OrdinalSample.of(protocol, frames[0].reset_index(drop=True)))
    if protocol.inference.mixed:
        return visited_effect(files, protocol, frames[0].reset_index(drop=True))
    harms, counted = counted_harms(files, protocol)
    samples = [Sample.of(protocol, frame) for frame in frames]
    results = [sample.primary() for sample in samples]
    designs = [model_terms(protocol, protocol.models.outcome, frame) for frame in frames]
    observing = [model_terms(protocol, observation_covariates(protocol), frame) for frame in frames]
    about_models = in_any_set(
        [
            (
                *outcome_model_findings(protocol, terms, sample, result.models),
                *observation_model_findings(seen, sample),
            )
            for terms, seen, sample, result in zip(designs, observing, samples, results, strict=True)
        ]
    )
    try:
        require_resamples(protocol, samples[0])
        primary, _ = estimate_primary(protocol, samples, results)
    except EstimationError as error:
        if not about_models:
            raise
        return halted_without_estimate(files, about_models, error, harms, counted)
    after = after_estimate(files, protocol, primary, harms, counted)
    findings = (
        *about_models,
        *effect_findings(
            protocol,
            primary,
            sparse_levels(designs[0], samples[0].treated),
            partial(variance_alarm_rate, protocol, samples[0]),
        ),
        *event_findings(protocol, primary),
        *change_findings(
            protocol,
            after.change,
            sum(model.gradient.shape[1] for model in results[0].models),
            partial(change_rate, protocol, samples[0]),
        ),
        *after.findings,
    )
    section = after.section | {
        "calibration": calibration(
            protocol, read_section(files, "propensity").get("negative_controls"), primary
        ),
    }
    declared = {
        "hypothesis": hypothesis_section(protocol, primary, after.monitoring),
        "randomisation": allocation_section(protocol, samples[0]),
    }
    section |= {name: found for name, found in declared.items() if found is not None}
    return write_section(files, "effect", section, findings)


def analysed(files: RecordFiles) -> tuple[tuple[pd.DataFrame, ...], NDArray[np.bool_]]:
    """Return the completed data sets and which subjects trimming retained, ``(n,)`` bool.

    All data sets hold the same subjects in the same order. There is one, unless the protocol plans multiple imputation.
    """
    sets = completed_sets(files.read_table("analysis.parquet"))
    retained = completed_sets(files.read_table("scores.parquet"))[0]["retained"].to_numpy(dtype=bool)
    return sets, retained
