"""The primary result of a count, its gates, and its look: the step ``effect`` of such a study."""

from typing import Any

import numpy as np

from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.weights import effective_sample_size, largest_share
from medicore.stats.bootstrap.bootstrap_measure import measured
from medicore.stats.counts.augmented_rates import RateModels, RateResult
from medicore.stats.counts.batched_rates import RateSample
from medicore.stats.counts.verification_rates import verify_rates
from medicore.stats.verification import Verification
from medicore.steps.gates.counted_gates import rate_model_findings
from medicore.steps.models.counted_sample import CountedSample
from medicore.steps.models.naming import sparse_levels
from medicore.steps.primaries.after_estimate import own_effect
from medicore.steps.primaries.primary_section import Estimated, primary_section


def counted_effect(files: RecordFiles, protocol: Protocol, sample: CountedSample) -> tuple[Finding, ...]:
    """Estimate the primary effect on the rate, confirm it, compare it with last month's, and return the gates' findings.

    Where a model separates and no estimate follows, the findings say so in place of the estimate, and no decision
    overrides them.
    """
    models = sample.models()
    return own_effect(
        files,
        protocol,
        lambda: estimate_rates(protocol, sample, sample.result(models)),
        parameters=_parameters(models),
        about_models=tuple(rate_model_findings(models)),
        sparse=sparse_levels(sample.terms, sample.treated),
    )


def estimate_rates(protocol: Protocol, sample: CountedSample, result: RateResult) -> dict[str, Any]:
    """Return the primary result as ``results.json`` holds it: estimate, standard errors, bootstrap, second implementation.

    The primary standard error is the jackknife's, which counts the estimation of all models and holds in small samples;
    the spread of the bootstrap's replicates is held against it. The second implementation confirms estimate and
    standard error of the influence function.

    Raises EstimationError when jackknife or bootstrap find no number, or a rate is not above 0 where a ratio is asked for.
    """
    contrast = protocol.estimand.contrast
    resampled = RateSample.of(
        sample.x_outcome, sample.treated, sample.count, sample.exposure, sample.fit, result
    )
    means = resampled.jackknifed(float(len(sample.count) - _parameters(result.models)))
    drawn = resampled.bootstrap(protocol.inference.replicates, protocol.seed)
    found = Estimated(
        means,
        result.means,
        result.stacked,
        measured(drawn, result.stacked, contrast),
        _second(protocol, sample),
    )
    return {
        **primary_section(
            protocol,
            found,
            measure=protocol.estimand.measure,
            observed=int(sample.count.sum()),
            unit=protocol.outcome.unit,
        ),
        "exposure": exposure_weights(protocol, sample, result.models),
    }


def _second(protocol: Protocol, sample: CountedSample) -> Verification:
    """Return the second implementation of the primary estimate."""
    with np.errstate(divide="ignore", invalid="ignore"):  # what comes of a separated model confirms nothing
        return verify_rates(
            sample.x_propensity,
            sample.x_outcome,
            sample.treated,
            sample.count,
            sample.exposure,
            measure="rate ratio" if protocol.estimand.contrast == "rate ratio" else "difference",
        )


def _parameters(models: RateModels) -> int:
    """Return the number of coefficients of the models of the rate."""
    return sum(model.gradient.shape[1] for model in models.rate)


def exposure_weights(protocol: Protocol, sample: CountedSample, models: RateModels) -> dict[str, Any]:
    """Return the diagnostics of the weights with which residuals enter: exposure over its expectation, over the arm's chance."""
    by_arm = {}
    for (arm, inside), model in zip(
        {"treated": sample.treated, "control": ~sample.treated}.items(), models.exposure, strict=True
    ):
        weights = (sample.weights * sample.exposure / model.predicted)[inside]
        by_arm[arm] = {
            "subjects": int(inside.sum()),
            "lowest_expected": float(model.predicted.min()),
            "highest_expected": float(model.predicted.max()),
            "effective_sample_size": effective_sample_size(weights),
            "largest_weight_share": largest_share(weights),
        }
    return {"covariates": list(protocol.models.outcome), "arms": by_arm}
