"""How often the gates of variances fire on this study when every model is right."""

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.bootstrap.disagreement import World, bootstrap_alarm_rate, sandwich_alarm_rate
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
    seed, limit = derived_seed(protocol.seed, "alarms"), protocol.gates.variance_disagreement
    family, target, measure = sample.family, sample.target, protocol.estimand.contrast
    try:
        world = World.of(
            sample.x_propensity[sample.observed],
            sample.x_outcome[sample.observed],
            sample.treated[sample.observed],
            sample.outcome[sample.observed],
            family,
            randomised=protocol.design == "randomised",
        )
        if name == "sandwich":
            return sandwich_alarm_rate(world, limit, seed=seed, family=family, target=target, measure=measure)
        return bootstrap_alarm_rate(
            world,
            limit,
            replicates=protocol.inference.replicates,
            seed=seed,
            family=family,
            target=target,
            measure=measure,
        )
    except EstimationError:
        return None
