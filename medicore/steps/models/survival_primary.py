"""The primary result of a time to event, its gates, and its look: the step ``effect`` of such a study."""

from typing import Any

import numpy as np

from medicore.errors import EstimationError
from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.weights import effective_sample_size, largest_share
from medicore.stats.effect.contrasts import difference
from medicore.stats.survival.augmented_survival import SurvivalModels, SurvivalResult
from medicore.stats.survival.batched_survival import SurvivalSample, jackknifed
from medicore.stats.survival.verification_survival import verify_survival
from medicore.stats.verification import Verification
from medicore.steps.data.change import change_since
from medicore.steps.gate import write_section
from medicore.steps.gates.effect_gates import change_findings, effect_findings
from medicore.steps.gates.monitoring_gates import (
    harm_findings,
    monitoring_findings,
    second_implementation_findings,
)
from medicore.steps.gates.survival_gates import censoring_findings, hazard_findings
from medicore.steps.looks.harms import counted_harms
from medicore.steps.looks.section import monitored
from medicore.steps.models.arm_means import arm_means
from medicore.steps.models.primary import verification_section
from medicore.steps.models.timed_sample import TimedSample, censoring_covariates
from medicore.steps.no_estimate import NO_EFFECT, halted_without_estimate

_EXPECTED = "of the jackknife"


def survival_effect(files: RecordFiles, protocol: Protocol, sample: TimedSample) -> tuple[Finding, ...]:
    """Estimate the primary effect on survival, confirm it, compare it with last month's, and return the gates' findings.

    Where a hazard model separates and no estimate follows, the findings say so in place of the estimate, and no decision
    overrides them.
    """
    harms, counted = counted_harms(files, protocol)
    models = sample.models()
    about_models = tuple(hazard_findings(models))
    try:
        primary = estimate_survival(protocol, sample, sample.result(models))
    except EstimationError as error:
        if not about_models:
            raise
        return halted_without_estimate(files, about_models, error, harms, counted)
    change = change_since(files, primary)
    monitoring, look = monitored(files, protocol, primary, counted)
    findings = (
        *about_models,
        *effect_findings(protocol, primary, alarm_rate=lambda _: None, expectation=_EXPECTED),
        *censoring_findings(protocol, primary),
        *change_findings(protocol, change, _parameters(models)),
        *second_implementation_findings(monitoring),
        *monitoring_findings(monitoring),
        *harm_findings(harms),
    )
    section = {
        **NO_EFFECT,
        "primary": primary,
        "change": change,
        "monitoring": monitoring,
        "harms": harms,
        "look": look,
    }
    return write_section(files, "effect", section, findings)


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
    means = jackknifed(result, resampled.jackknife(), freedom)
    replicated = resampled.bootstrap(protocol.inference.replicates, protocol.seed)
    found, direct, stacked = difference(means), difference(result.means), difference(result.stacked)
    second = _second(sample)
    level = protocol.inference.level
    low, high = found.interval(level)
    bootstrap_low, bootstrap_high = replicated.interval(level, protocol.inference.interval)
    numbers = {"ci_low": low, "ci_high": high}
    return {
        "estimand": found.estimand if protocol.trimming.method == "none" else f"{found.estimand} (trimmed)",
        "estimator": found.estimator,
        "measure": survival_measure(protocol),
        "scale": "identity",
        "null": 0.0,
        "estimate": found.value,
        "standard_error": found.standard_error,
        "variance": found.variance,
        "degrees_of_freedom": found.degrees_of_freedom,
        **numbers,
        "level": level,
        "p_value": found.p_value,
        "n": found.n,
        "observed": int(sample.event.sum()),
        "unit": protocol.outcome.unit if sample.summary == "restricted mean" else "",
        "mean_treated": means.treated,
        "mean_control": means.control,
        "means": arm_means([means], level),
        "absolute_difference": {
            "estimate": found.value,
            "standard_error": found.standard_error,
            "degrees_of_freedom": found.degrees_of_freedom,
            **numbers,
        },
        "standard_errors": {
            "influence": direct.standard_error,
            "sandwich": stacked.standard_error,
            "bootstrap": replicated.standard_error,
        },
        "bootstrap": {
            "replicates": replicated.replicates,
            "failed": dict(replicated.failed),
            "seed": replicated.seed,
            "interval": protocol.inference.interval,
            "standard_error": replicated.standard_error,
            "spread": replicated.spread,
            "expected_spread": found.standard_error,
            "ci_low": bootstrap_low,
            "ci_high": bootstrap_high,
        },
        "verification": verification_section(second, direct),
        "imputation": None,
        "observation": None,
        "censoring": _censoring(protocol, sample, result.models),
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


def _censoring(protocol: Protocol, sample: TimedSample, models: SurvivalModels) -> dict[str, Any]:
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
