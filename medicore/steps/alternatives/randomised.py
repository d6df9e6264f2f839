"""Sensitivity analyses of a randomised study: what its estimator, its form and its variance change."""

from typing import Any

from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.ancova import ancova
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.measures import Effect
from medicore.stats.effect.randomised import randomised_means
from medicore.stats.models.outcome_model import Family, Form
from medicore.stats.randomisation.adjusted_means import Estimator
from medicore.steps.alternatives.missing_method import CompleteCases
from medicore.steps.models.sample import Sample
from medicore.steps.primaries.primary_estimator import Adjusted, DoublyRobust, randomisation_of

NAMES = {"aipw": "AIPW", "ancova": "ANCOVA", "g-computation": "g-computation", "mmrm": "MMRM"}
"""The primary estimators as the rows of other estimators name them."""


def randomised_rows(protocol: Protocol, known: CompleteCases) -> list[dict[str, Any]]:
    """Return the rows whose validity depends on randomisation alone; none in an observational study.

    Where the primary estimator is AIPW, it is one other estimator. Where it is ANCOVA or g-computation, they are AIPW, the
    same estimator with the other form of its outcome models, and with the variance as RobinCar2 computes it. Where it is the
    mixed model of visits, they analyse the last visit alone.
    """
    if protocol.design != "randomised":
        return []
    if protocol.inference.estimator == "aipw":
        return [_not_weighted(protocol, known)]
    name = NAMES[protocol.inference.estimator]
    if protocol.inference.mixed:
        return [
            known.row(
                f"ANCOVA of the last visit instead of {name}", lambda one: _ancova(one, interactions=False)
            ),
            known.row(
                f"ANCOVA with interactions instead of {name}", lambda one: _ancova(one, interactions=True)
            ),
        ]
    form = "without" if protocol.inference.heterogeneous else "with"
    return [
        known.row(f"AIPW instead of {name}", lambda one: DoublyRobust().inferred(one, None, None, "HC2")),
        known.row(
            f"{name} {form} interactions of treatment and covariates",
            lambda one: _other_form(protocol, one).means(one).small_sample(),
        ),
        known.row(
            f"{name}, variance of randomisation without correction",
            lambda one: _own(protocol, one).means(one).robust(),
        ),
    ]


def _not_weighted(protocol: Protocol, known: CompleteCases) -> dict[str, Any]:
    """Return the covariate-adjusted comparison of the arms without scores."""
    if protocol.outcome.family == "gaussian":
        return known.row(
            "ANCOVA with interactions",
            lambda one: _ancova(one, interactions=True),
        )
    return known.row("Standardisation, variance of randomisation", _standardised)


def _ancova(one: Sample, *, interactions: bool) -> Effect:
    return Effect("difference", ancova(one.x_outcome, one.treated, one.outcome, interactions=interactions))


def _standardised(one: Sample) -> ArmMeans:
    # A penalised model's predictions are not unbiased, on which the variance of randomisation rests.
    family: Family = "gaussian" if one.family == "gaussian" else "binomial"
    return randomised_means(one.x_outcome, one.treated, one.outcome, family)


def _own(protocol: Protocol, one: Sample) -> Adjusted:
    return _adjusted(protocol, one, "per arm" if protocol.inference.heterogeneous else "joint")


def _other_form(protocol: Protocol, one: Sample) -> Adjusted:
    return _adjusted(protocol, one, "joint" if protocol.inference.heterogeneous else "per arm")


def _adjusted(protocol: Protocol, one: Sample, form: Form) -> Adjusted:
    estimator: Estimator = "ancova" if protocol.inference.estimator == "ancova" else "g-computation"
    return Adjusted(estimator, form, randomisation_of(protocol, one.analysis))
