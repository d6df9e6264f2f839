"""How often the gates of variances, and that of the change since last month, fire on this study when every model is right."""

from collections.abc import Mapping
from typing import Any

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.bootstrap.disagreement import bootstrap_alarm_rate, sandwich_alarm_rate
from medicore.stats.bootstrap.growth import change_alarm_rate
from medicore.stats.bootstrap.world import World
from medicore.steps.models.sample import Sample
from medicore.steps.models.seeds import derived_seed


def variance_alarm_rate(protocol: Protocol, sample: Sample, name: str) -> float | None:
    """Return the rate of the gate of ``name``, sandwich or bootstrap, simulated on the covariates and models of the sample.

    It is None for another estimator than AIPW, for clusters, for penalised outcome models, and where a model separates or nothing can be drawn, so that no such rate exists. Where outcomes are missing,
    the studies have the covariates of the subjects whose outcome is observed.
    """
    plan = protocol.inference
    other = plan.estimator != "aipw" or plan.cluster is not None or sample.family == "firth"
    if sample.fit.separated or other:
        return None
    limit, options = protocol.gates.variance_disagreement, _options(protocol, sample)
    try:
        world = _world(protocol, sample)
        if name == "sandwich":
            return sandwich_alarm_rate(world, limit, **options)
        return bootstrap_alarm_rate(world, limit, replicates=protocol.inference.replicates, **options)
    except EstimationError:
        return None


def change_rate(protocol: Protocol, sample: Sample, change: Mapping[str, Any]) -> float | None:
    """Return how often the estimate moves by the gate's limit as the study grows, simulated on the sample itself.

    It is None where ``variance_alarm_rate`` is, and where nothing can be drawn. Where outcomes are missing, the studies
    have the subjects whose outcome is observed, and as large a share of them was there last month as of all.
    """
    if sample.fit.separated or protocol.inference.estimator != "aipw":
        return None
    try:
        world = _world(protocol, sample)
        before = round(len(world.score) * change["previous_n"] / change["n"])
        return change_alarm_rate(world, before, protocol.gates.estimate_change, **_options(protocol, sample))
    except EstimationError:
        return None


def _options(protocol: Protocol, sample: Sample) -> dict[str, Any]:
    """Return what every simulation of a rate is told of the study."""
    return {
        "seed": derived_seed(protocol.seed, "alarms"),
        "family": sample.family,
        "target": sample.target,
        "measure": protocol.estimand.contrast,
    }


def _world(protocol: Protocol, sample: Sample) -> World:
    seen = sample.observed
    return World.of(
        sample.x_propensity[seen],
        sample.x_outcome[seen],
        sample.treated[seen],
        sample.outcome[seen],
        sample.family,
        randomised=protocol.design == "randomised",
    )
