"""Sensitivity and supplementary analyses of a time to event: the same estimand, and other populations and subgroups."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from medicore.errors import EstimationError
from medicore.records.protocol.outcome import Censoring
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.overlap import within
from medicore.stats.effect.contrasts import ArmMeans, difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.estimate import Estimate
from medicore.stats.models.scores import clipped_scores
from medicore.stats.survival.curve_influence import curve_summary
from medicore.stats.survival.kaplan_meier import kaplan_meier
from medicore.stats.survival.pseudo_observations import pseudo_observations
from medicore.steps.alternatives.supplementary import with_interaction
from medicore.steps.models.sample import nothing, row
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
    rows += [_clipped(protocol, sample, limit) for limit in protocol.sensitivity.clipping]
    if protocol.sensitivity.leave_one_out:
        rows += [_without(protocol, sample, covariate.column) for covariate in protocol.covariates]
    return [*rows, row(protocol, "No adjustment", [sample], unadjusted_curves)]


def other_survival(protocol: Protocol, everyone: pd.DataFrame, sample: TimedSample) -> list[dict[str, Any]]:
    """Return the rows about trimmed populations and subgroups; ``everyone`` is before trimming."""
    rows = [_trimmed(protocol, everyone, threshold) for threshold in protocol.sensitivity.trimming]
    for column in protocol.sensitivity.subgroups:
        rows += _subgroups(protocol, sample, column)
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


def _clipped(protocol: Protocol, sample: TimedSample, limit: float) -> dict[str, Any]:
    moved = int((~within(sample.fit.fitted, limit, 1 - limit)).sum())
    made = row(
        protocol,
        f"Scores clipped to {limit:g} to {1 - limit:g}",
        [sample],
        lambda one: one.inferred(scores=clipped_scores(one.fit, limit, 1 - limit)),
    )
    return {**made, "note": made["note"] or f"{moved} score(s) moved, models not fitted again"}


def _without(protocol: Protocol, sample: TimedSample, column: str) -> dict[str, Any]:
    """Return the primary estimator with one covariate left out of all models."""

    def fewer(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name != column)

    models = {
        "propensity": fewer(protocol.models.propensity),
        "outcome": fewer(protocol.models.outcome),
    }
    name = f"Without {protocol.covariate(column).label}"
    if not all(models.values()):
        return nothing(name, "the covariate is the only one of a model")
    censoring = Censoring(covariates=fewer(censoring_covariates(protocol)))
    left = protocol.model_copy(
        update={
            "models": protocol.models.model_copy(update=models),
            "outcome": protocol.outcome.model_copy(update={"censoring": censoring}),
        }
    )
    return row(protocol, name, [sample], lambda one: TimedSample.of(left, one.analysis).inferred())


def _trimmed(protocol: Protocol, everyone: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """Return the primary estimator after discarding scores outside [t, 1 − t]; every model is fitted again."""

    def estimate(frame: pd.DataFrame) -> ArmMeans:
        before = TimedSample.of(protocol, frame)
        left = frame[within(before.fit.fitted, threshold, 1 - threshold)].reset_index(drop=True)
        kept = TimedSample.of(protocol, left).inferred()
        return replace(kept, estimand=f"{kept.estimand} (trimmed)")

    made = row(protocol, f"Scores outside {threshold:g} to {1 - threshold:g} discarded", [everyone], estimate)
    return {**made, "note": made["note"] or "models fitted again on who is left"}


def _subgroups(protocol: Protocol, sample: TimedSample, column: str) -> list[dict[str, Any]]:
    """Return the primary estimator within each level of a category, every model fitted again, and the interaction test."""
    label = protocol.covariate(column).label
    rows: list[dict[str, Any]] = []
    estimates: list[Estimate] = []
    for level in protocol.contract.column(column).values or ():
        chosen = sample.analysis[(sample.analysis[column] == level).to_numpy(dtype=bool)].reset_index(
            drop=True
        )

        def estimate(frame: pd.DataFrame, found: list[Estimate] = estimates) -> ArmMeans:
            if frame.empty:
                raise EstimationError("no analysed subject belongs to it")
            inner = TimedSample.of(protocol, frame)
            if inner.fit.separated:
                raise EstimationError(
                    "the covariates predict treatment perfectly for some subjects (separation)"
                )
            means = inner.inferred()
            found.append(difference(means))
            return means

        name = f"{label}: {protocol.contract.column(column).printed(level)}"
        made = row(protocol, name, [chosen], estimate)
        estimand = f"{protocol.estimand.target} within {name}"
        rows.append({**made, "estimand": estimand, "n": len(chosen)})
    return with_interaction(rows, estimates)
