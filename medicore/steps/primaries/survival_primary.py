"""The primary result of a time to event, its gates, and its look: the step ``effect`` of such a study."""

from typing import Any

import numpy as np

from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.weights import effective_sample_size, largest_share
from medicore.stats.survival.augmented_survival import SurvivalModels, SurvivalResult
from medicore.stats.survival.batched_survival import SurvivalSample, jackknifed
from medicore.stats.survival.leave_one_out import without_each
from medicore.stats.survival.verification_survival import verify_survival
from medicore.stats.verification import Verification
from medicore.steps.gates.survival_gates import hazard_findings
from medicore.steps.models.allocation import allocation_section
from medicore.steps.models.timed_sample import TimedSample, censoring_covariates
from medicore.steps.primaries.after_estimate import own_effect
from medicore.steps.primaries.primary_section import Estimated, primary_section


def survival_effect(files: RecordFiles, protocol: Protocol, sample: TimedSample) -> tuple[Finding, ...]:
    """Estimate the primary effect on survival, confirm it, compare it with last month's, and return the gates' findings.

    Where a hazard model separates and no estimate follows, the findings say so in place of the estimate, and no decision
    overrides them.
    """
    models = sample.models()
    allocation = allocation_section(protocol, sample)
    return own_effect(
        files,
        protocol,
        lambda: estimate_survival(protocol, sample, sample.result(models)),
        parameters=_parameters(models),
        about_models=tuple(hazard_findings(models)),
        declared=None if allocation is None else {"randomisation": allocation},
    )


def estimate_survival(protocol: Protocol, sample: TimedSample, result: SurvivalResult) -> dict[str, Any]:
    """Return the primary result as ``results.json`` holds it: estimate, standard errors, bootstrap, second implementation.

    The primary standard error is the jackknife's, which counts the estimation of all models and holds in small samples;
    the spread of the bootstrap's replicates is held against it. The second implementation confirms estimate and
    standard error of the influence function.

    Raises EstimationError when jackknife or bootstrap find no number.
    """
    arms = (sample.treated, sample.time, sample.event, sample.fit)
    resampled = SurvivalSample.of(*arms, result, horizon=sample.horizon, summary=sample.summary)
    freedom = float(len(sample.time) - _parameters(result.models) - len(result.models.events))
    without, how = without_each(resampled)
    means = jackknifed(result, without, freedom, how)
    replicated = resampled.bootstrap(protocol.inference.replicates, protocol.seed)
    found = Estimated(means, result.means, result.stacked, replicated, _second(sample))
    unit = protocol.outcome.unit if sample.summary == "restricted mean" else ""
    return {
        **primary_section(
            protocol,
            found,
            measure=survival_measure(protocol),
            observed=int(sample.event.sum()),
            unit=unit,
        ),
        "censoring": censoring_weights(protocol, sample, result.models),
    }


def survival_measure(protocol: Protocol) -> str:
    """Return the measure of the effect with its horizon, as tables name it."""
    of = (
        "survival at" if protocol.estimand.measure == "survival difference" else "restricted mean survival to"
    )
    return f"difference of {of} {protocol.outcome.horizon:g} {protocol.outcome.unit}"


def _second(sample: TimedSample) -> Verification:
    """Return the second implementation of the primary estimate."""
    with np.errstate(divide="ignore", invalid="ignore"):  # what comes of a separated model confirms nothing
        return verify_survival(
            sample.x_propensity,
            sample.x_outcome,
            sample.x_censoring,
            sample.treated,
            sample.time,
            sample.event,
            horizon=sample.horizon,
            summary=sample.summary,
        )


def _parameters(models: SurvivalModels) -> int:
    """Return the number of coefficients of the hazard models of the event."""
    return sum(model.columns.shape[1] for model in models.events)


def censoring_weights(protocol: Protocol, sample: TimedSample, models: SurvivalModels) -> dict[str, Any]:
    """Return the diagnostics of censoring: the chance of being followed, and its weights' product with those of treatment.

    The weights are of the subjects who have the event by the horizon or are followed to it: 1 over the chance of the
    arm and that of being followed until then.
    """
    arms = {"treated": sample.treated, "control": ~sample.treated}
    by_arm = {}
    for (arm, inside), model in zip(arms.items(), models.censoring, strict=True):
        cumulative = np.concatenate([[0.0], np.cumsum(model.jumps)])
        reached = np.searchsorted(model.times, np.minimum(sample.time, sample.horizon), side="left")
        chance = np.exp(-model.relative * cumulative[reached])
        followed = inside & (
            (sample.event & (sample.time <= sample.horizon)) | (sample.time >= sample.horizon)
        )
        weights = (sample.weights / chance)[followed]
        by_arm[arm] = {
            "followed": int(followed.sum()),
            "censored": int((inside & ~followed).sum()),
            "lowest_chance": float(chance[inside].min()),
            "effective_sample_size": effective_sample_size(weights),
            "largest_weight_share": largest_share(weights),
        }
    covariates = list(censoring_covariates(protocol))
    return {"horizon": sample.horizon, "covariates": covariates, "arms": by_arm}
