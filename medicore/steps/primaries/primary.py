"""The primary result: every completed data set analysed in full, and the analyses pooled."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.bootstrap.bootstrap_measure import measured
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import Effect, Measure, effect_of, no_effect, presented, scale_of
from medicore.stats.imputation.pooling import pooled, pooled_effect, pooled_replicates
from medicore.stats.models.outcome_model import OutcomeModel
from medicore.stats.verification import TOLERANCE, Verification, verify_pooled
from medicore.steps.models.clusters import clusters_section
from medicore.steps.models.naming import failures
from medicore.steps.models.observing import observation_section
from medicore.steps.models.rare_events import events_section
from medicore.steps.models.sample import Sample, observation_covariates
from medicore.steps.models.seeds import derived_seed
from medicore.steps.models.terms import model_terms
from medicore.steps.primaries.arm_means import arm_means

_ROUNDING = 1e-10
"""A standard error of at most this share of the largest outcome is 0, and a ratio to it means nothing."""

_SMALLEST_PRINTED = 1e-12
"""The smallest standard error whose digits a report shows."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """One completed data set, analysed in full."""

    result: AugmentedResult
    means: ArmMeans
    jackknife: ArmMeans
    bootstrap: BootstrapResult
    second: Verification

    @property
    def models(self) -> tuple[OutcomeModel, OutcomeModel]:
        """The outcome models under treatment and under control."""
        return self.result.models

    def effect(self, protocol: Protocol) -> Effect:
        """Return the effect on the protocol's measure, with the standard error for small samples."""
        return effect_of(self.means, protocol.estimand.contrast)

    def direct(self, protocol: Protocol) -> Effect:
        """Return the same effect with the influence function's standard error, as it is in large samples."""
        return effect_of(self.result.means, protocol.estimand.contrast)

    def jackknifed(self, protocol: Protocol) -> Effect:
        """Return the same effect with the jackknife-like standard error, which the replicates' spread is held against."""
        return effect_of(self.jackknife, protocol.estimand.contrast)

    def spread(self, protocol: Protocol) -> Effect:
        """Return the same effect with the spread of the bootstrap replicates for a standard error."""
        found = self.direct(protocol)
        error = self.bootstrap.spread
        return replace(found, inference=replace(found.inference, standard_error=error, variance="spread"))

    def stacked(self, protocol: Protocol) -> Effect:
        """Return the same effect with the stacked sandwich's standard error."""
        return effect_of(self.result.stacked, protocol.estimand.contrast)

    def replicated(self, protocol: Protocol) -> Effect:
        """Return the same effect with the bootstrap's standard error."""
        found = self.direct(protocol)
        error = self.bootstrap.standard_error
        return replace(found, inference=replace(found.inference, standard_error=error, variance="bootstrap"))


def analyse_sample(
    protocol: Protocol, sample: Sample, *, seed: int, result: AugmentedResult | None = None
) -> Analysed:
    """Return one completed data set analysed: estimate, bootstrap from ``seed``, second implementation.

    ``result`` is the primary result of the sample, if it is known already.
    Raises EstimationError when the outcome leaves nothing to estimate: one value for everyone, or no residual
    variance; and when bootstrap or second implementation find no number at all.
    """
    result = result or sample.primary()
    _require_variance(protocol, sample.outcome[sample.observed], result.influence_function.standard_error)
    measure, replicates = protocol.estimand.contrast, protocol.inference.replicates
    drawn = sample.estimator.bootstrap(sample, replicates=replicates, seed=seed)
    bootstrap = measured(drawn, result.stacked, measure)
    second = sample.estimator.second(sample, measure)
    _require_numbers(bootstrap, second)
    inferred = sample.inferred(result=result)
    return Analysed(result, inferred, sample.inferred(result=result, correction="HC3"), bootstrap, second)


def estimate_primary(
    protocol: Protocol, samples: Sequence[Sample], results: Sequence[AugmentedResult] | None = None
) -> tuple[dict[str, Any], tuple[Analysed, ...]]:
    """Return the primary result as ``results.json`` holds it, and the analysis of each completed data set.

    ``results`` are the primary results of the samples, if they are known already.
    Several are pooled by Rubin's rules, each standard error by its own; their bootstraps draw different patients.
    """
    seeds = [
        protocol.seed,
        *(derived_seed(protocol.seed, "bootstrap", index) for index in range(1, len(samples))),
    ]
    known = results if results is not None else [sample.primary() for sample in samples]
    parts = tuple(
        analyse_sample(protocol, sample, seed=seed, result=result)
        for sample, seed, result in zip(samples, seeds, known, strict=True)
    )
    level, measure = protocol.inference.level, protocol.estimand.contrast
    found = pooled_effect([part.effect(protocol) for part in parts])
    chosen = found.inference
    influence = pooled_effect([part.direct(protocol) for part in parts]).inference
    sandwich = pooled_effect([part.stacked(protocol) for part in parts]).inference
    bootstrap = pooled_effect([part.replicated(protocol) for part in parts]).inference
    replicated = pooled_replicates([part.bootstrap for part in parts])
    second = verify_pooled([part.second for part in parts])
    low, high = found.interval(level)
    ends = replicated.interval(level, protocol.inference.interval)
    bootstrap_low, bootstrap_high = (presented(end, measure) for end in ends)
    primary = {
        "estimand": found.estimand if protocol.trimming.method == "none" else f"{found.estimand} (trimmed)",
        "estimator": chosen.estimator,
        "measure": measure_name(protocol),
        "scale": scale_of(measure),
        "null": no_effect(measure),
        "estimate": found.value,
        "standard_error": chosen.standard_error,
        "variance": chosen.variance,
        "degrees_of_freedom": chosen.degrees_of_freedom,
        "ci_low": low,
        "ci_high": high,
        "level": level,
        "p_value": chosen.p_value,
        "n": chosen.n,
        "observed": min(int(sample.observed.sum()) for sample in samples),
        "unit": protocol.outcome.unit if measure == "difference" else "",
        "mean_treated": float(np.mean([part.result.mean_treated for part in parts])),
        "mean_control": float(np.mean([part.result.mean_control for part in parts])),
        "means": arm_means([part.means for part in parts], level),
        "absolute_difference": _absolute([part.means for part in parts], level),
        "standard_errors": {
            "influence": influence.standard_error,
            "sandwich": sandwich.standard_error,
            "bootstrap": bootstrap.standard_error,
        },
        "bootstrap": {
            "replicates": replicated.replicates,
            "failed": dict(replicated.failed),
            "seed": replicated.seed,
            "interval": protocol.inference.interval,
            "standard_error": bootstrap.standard_error,
            "spread": pooled_effect([part.spread(protocol) for part in parts]).inference.standard_error,
            "expected_spread": pooled_effect(
                [part.jackknifed(protocol) for part in parts]
            ).inference.standard_error,
            "ci_low": bootstrap_low,
            "ci_high": bootstrap_high,
        },
        "verification": verification_section(second, chosen, measure),
        "imputation": _imputation([part.effect(protocol).inference for part in parts]),
        "observation": None if samples[0].complete else observed_weights(protocol, samples[0]),
        **clusters_section(protocol, samples[0].analysis),
        **events_section(
            protocol, samples[0].treated[samples[0].known], samples[0].outcome[samples[0].known]
        ),
    }
    return primary, parts


def verification_section(
    second: Verification, chosen: Estimate, measure: Measure = "difference"
) -> dict[str, Any]:
    """Return the second implementation beside the estimate that it confirms, its value on the measure's scale."""
    return {
        "estimate": presented(second.value, measure),
        "standard_error": second.standard_error,
        "library": second.library,
        "route": second.route,
        "relative_difference": second.relative_difference(chosen.value, chosen.standard_error),
        "tolerance": TOLERANCE,
    }


def observed_weights(protocol: Protocol, sample: Sample) -> dict[str, Any]:
    """Return the diagnostics of the weights for treatment and observation."""
    covariates = observation_covariates(protocol)
    names = model_terms(protocol, covariates, sample.analysis).names
    return {"covariates": list(covariates), **observation_section(sample, names)}


def measure_name(protocol: Protocol) -> str:
    """Return the measure of the effect as tables name it."""
    if protocol.estimand.contrast != "difference":
        return protocol.estimand.contrast
    return "risk difference" if protocol.outcome.type == "binary" else "difference of means"


def _absolute(means: Sequence[ArmMeans], level: float) -> dict[str, float | None]:
    """Return the difference of the arms' means, which stands beside a ratio (CONSORT 2010, item 17b)."""
    difference = pooled_effect([effect_of(one, "difference") for one in means])
    low, high = difference.interval(level)
    return {
        "estimate": difference.value,
        "standard_error": difference.inference.standard_error,
        "degrees_of_freedom": difference.inference.degrees_of_freedom,
        "ci_low": low,
        "ci_high": high,
    }


def _imputation(estimates: Sequence[Estimate]) -> dict[str, float | int | None] | None:
    """Return what pooling added to the variance; None where there is one data set."""
    if len(estimates) == 1:
        return None
    found = pooled(estimates)
    return {
        "imputations": found.imputations,
        "within": found.within,
        "between": found.between,
        "relative_increase": found.relative_increase,
        "missing_information": found.missing_information,
        "degrees_of_freedom": found.degrees_of_freedom if np.isfinite(found.degrees_of_freedom) else None,
        "monte_carlo_error": found.monte_carlo_error,
    }


def _require_variance(protocol: Protocol, outcome: NDArray[np.float64], standard_error: float) -> None:
    """Raise EstimationError when the outcome is constant, or explained to the last digit."""
    column = protocol.outcome.column
    if float(np.ptp(outcome)) == 0:
        raise EstimationError(
            f"outcome {column!r} has one and the same value in every analysed subject, so there is nothing to "
            "compare; check the column and its coding"
        )
    if not standard_error > _ROUNDING * float(np.abs(outcome).max()):
        raise EstimationError(
            f"outcome {column!r} has no variance beside arm and covariates, so its effect has no standard error; "
            "check that it is measured and not computed from them"
        )
    if standard_error < _SMALLEST_PRINTED:
        raise EstimationError(
            f"outcome {column!r} is in a unit in which the effect's standard error is {standard_error:.1e}; expected "
            f"{_SMALLEST_PRINTED:g} or more, which a report can print; deliver it in a smaller unit"
        )


def _require_numbers(replicated: BootstrapResult, second: Verification) -> None:
    """Raise EstimationError when there is no bootstrap distribution, or no second estimate."""
    if len(replicated.estimates) < 2:
        raise EstimationError(
            f"{len(replicated.estimates)} of {replicated.replicates} bootstrap replicates could be estimated "
            f"({failures(replicated.failed)}); expected two or more; "
            "simplify the models, or merge levels that few subjects have"
        )
    if not (np.isfinite(second.value) and np.isfinite(second.standard_error)):
        raise EstimationError(
            "the second implementation finds no finite estimate, as where the propensity model separates the arms; "
            "simplify the propensity model"
        )
