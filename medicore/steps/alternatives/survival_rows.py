"""Sensitivity and supplementary analyses of a time to event: the same estimand, and other populations and subgroups."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from medicore.records.protocol.outcome import Censoring
from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.survival.curve_influence import curve_summary
from medicore.stats.survival.kaplan_meier import kaplan_meier
from medicore.stats.survival.pseudo_observations import pseudo_observations
from medicore.steps.alternatives.refitted_rows import (
    clipped_row,
    row_without,
    subgroup_rows,
    trimmed_row,
)
from medicore.steps.models.sample import row
from medicore.steps.models.timed_sample import TimedSample, censoring_covariates


def same_survival(protocol: Protocol, sample: TimedSample) -> list[dict[str, Any]]:
    """Return the rows that keep the estimand and vary what the primary analysis assumes (ICH E9(R1), A.5.2)."""
    works: list[tuple[str, Callable[[TimedSample], ArmMeans]]] = [
        ("Hazard models alone", lambda one: one.inferred("models")),
        ("Weights for treatment and censoring alone", lambda one: one.inferred("weights")),
        ("One hazard model for both arms", lambda one: one.inferred(form="joint")),
        ("Pseudo-observations instead of censoring weights", _of_pseudo_observations),
        ("Weighted Kaplan–Meier curves", weighted_curves),
    ]
    rows = [row(protocol, name, [sample], work) for name, work in works]
    rows += [clipped_row(protocol, sample, limit) for limit in protocol.sensitivity.clipping]
    if protocol.sensitivity.leave_one_out:
        rows += [_without(protocol, sample, covariate.column) for covariate in protocol.covariates]
    return [*rows, row(protocol, "No adjustment", [sample], unadjusted_curves)]


def other_survival(protocol: Protocol, everyone: pd.DataFrame, sample: TimedSample) -> list[dict[str, Any]]:
    """Return the rows about trimmed populations and subgroups; ``everyone`` is before trimming."""
    rows = [
        trimmed_row(protocol, everyone, threshold, TimedSample.of)
        for threshold in protocol.sensitivity.trimming
    ]
    for column in protocol.sensitivity.subgroups:
        rows += subgroup_rows(protocol, sample.analysis, column, TimedSample.of)
    return rows


def _of_pseudo_observations(sample: TimedSample) -> ArmMeans:
    """Return the arms' means by AIPW of pseudo-observations, made in each arm, which takes censoring for independent in it."""
    outcome = np.empty(len(sample.time))
    for inside in (sample.treated, ~sample.treated):
        outcome[inside] = pseudo_observations(
            sample.time[inside], sample.event[inside], sample.horizon, sample.summary
        )
    means = doubly_robust(sample.x_outcome, sample.treated, outcome, sample.fit).means
    return replace(means, estimator="AIPW of pseudo-observations")


def weighted_curves(sample: TimedSample) -> ArmMeans:
    """Return the arms' summaries of the Kaplan–Meier curves, weighted for treatment, with the robust variance."""
    root, values = np.zeros((len(sample.time), 2)), []
    for place, inside in enumerate((sample.treated, ~sample.treated)):
        found = curve_summary(
            sample.time[inside], sample.event[inside], sample.horizon, sample.summary, sample.weights[inside]
        )
        root[inside, place] = found.influence
        values.append(found.value)
    name, variance = "weighted Kaplan–Meier", "infinitesimal jackknife, weights fixed"
    return ArmMeans("ATE", name, values[0], values[1], root, variance, len(sample.time))


def unadjusted_curves(sample: TimedSample) -> ArmMeans:
    """Return the arms' summaries of the Kaplan–Meier curves as they are, with Greenwood's variance."""
    values, errors = [], []
    for inside in (sample.treated, ~sample.treated):
        curve = kaplan_meier(sample.time[inside], sample.event[inside])
        if sample.summary == "survival":
            values.append(curve.at(sample.horizon))
            errors.append(curve.standard_error(sample.horizon))
        else:
            values.append(curve.restricted_mean(sample.horizon))
            errors.append(curve.restricted_mean_error(sample.horizon))
    root = np.diag(errors)
    return ArmMeans("ATE", "unadjusted", values[0], values[1], root, "Greenwood", len(sample.time))


def _without(protocol: Protocol, sample: TimedSample, column: str) -> dict[str, Any]:
    """Return the primary estimator with one covariate left out of all models, that of censoring among them."""

    def fewer(plan: Protocol) -> Protocol:
        names = tuple(name for name in censoring_covariates(protocol) if name != column)
        outcome = plan.outcome.model_copy(update={"censoring": Censoring(covariates=names)})
        return plan.model_copy(update={"outcome": outcome})

    return row_without(protocol, sample.analysis, column, TimedSample.of, fewer)
