"""The primary estimand by other estimators of the same sample: by weights alone, by outcome models alone, by TMLE.

Where outcomes are missing each uses what it can of everybody: weights for treatment and observation, or outcome models of
the observed. Where all are observed it is the estimator without missing outcomes.
"""

from typing import Literal

from medicore.stats.balance.weights import Target
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.inverse_probability import weighted_means
from medicore.stats.effect.standardisation import standardised_means
from medicore.stats.effect.tmle import targeted
from medicore.stats.missing.hajek_observed import hajek_observed
from medicore.stats.missing.standardised_observed import standardised_observed
from medicore.stats.missing.targeted_observed import targeted_observed
from medicore.steps.models.sample import Sample


def weighting_alone(sample: Sample, target: Target) -> ArmMeans:
    """Return the weighted means in a target population, weighted for being observed as well where outcomes are missing."""
    if sample.complete:
        return weighted_means(sample.treated, sample.outcome, sample.fit, target).scores_estimated
    return hajek_observed(
        sample.treated, sample.outcome, sample.known, sample.fit, sample.observation, target
    )


def outcome_models_alone(sample: Sample, target: Literal["ATE", "ATT"]) -> ArmMeans:
    """Return the mean predictions of the outcome models, which are fitted among the observed and averaged over everybody."""
    arrays = sample.x_outcome, sample.treated, sample.outcome
    if sample.complete:
        return standardised_means(*arrays, sample.family, target=target)
    return standardised_observed(*arrays, sample.known, family=sample.family, target=target)


def targeted_means(sample: Sample) -> ArmMeans:
    """Return the means over everybody by TMLE, targeted among the observed where outcomes are missing."""
    arrays = sample.x_outcome, sample.treated, sample.outcome
    if sample.complete:
        return targeted(*arrays, sample.fit, family=sample.family).means
    return targeted_observed(*arrays, sample.known, sample.fit, sample.observation, family=sample.family)
