"""Rows of an outcome that has an estimator of its own, with samples fitted again: clipped, trimmed, without a covariate, in subgroups."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import pandas as pd

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol as Plan
from medicore.stats.balance.overlap import within
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import effect_of
from medicore.stats.models.logistic import LogisticFit
from medicore.stats.models.scores import Scores, clipped_scores
from medicore.steps.alternatives.supplementary import with_interaction
from medicore.steps.models.sample import nothing, row


class Estimable(Protocol):
    """A sample that estimates the arms' means of its outcome."""

    @property
    def analysis(self) -> pd.DataFrame:
        """The table of the subjects."""

    @property
    def fit(self) -> LogisticFit:
        """The propensity model."""

    def inferred(self, *, scores: Scores | None = None) -> ArmMeans:
        """Return the arms' means by the primary estimator, with the stacked sandwich's variance."""


S = TypeVar("S", bound=Estimable)
Maker = Callable[[Plan, pd.DataFrame], S]
"""Makes the sample of a table by a protocol, every model fitted again; EstimationError where it cannot."""


def clipped_row(protocol: Plan, sample: Estimable, limit: float) -> dict[str, Any]:
    """Return the primary estimator with the scores outside [t, 1 − t] moved to the limits; all subjects are kept."""
    moved = int((~within(sample.fit.fitted, limit, 1 - limit)).sum())
    made = row(
        protocol,
        f"Scores clipped to {limit:g} to {1 - limit:g}",
        [sample],
        lambda one: one.inferred(scores=clipped_scores(one.fit, limit, 1 - limit)),
    )
    return {**made, "note": made["note"] or f"{moved} score(s) moved, models not fitted again"}


def row_without(
    protocol: Plan,
    analysis: pd.DataFrame,
    column: str,
    make: Maker[S],
    fewer: Callable[[Plan], Plan] = lambda plan: plan,
) -> dict[str, Any]:
    """Return the primary estimator with one covariate left out of all models; ``fewer`` takes it out of further ones."""
    models = {
        "propensity": tuple(name for name in protocol.models.propensity if name != column),
        "outcome": tuple(name for name in protocol.models.outcome if name != column),
    }
    name = f"Without {protocol.covariate(column).label}"
    if not all(models.values()):
        return nothing(name, "the covariate is the only one of a model")
    left = fewer(protocol.model_copy(update={"models": protocol.models.model_copy(update=models)}))
    return row(protocol, name, [analysis], lambda one: make(left, one).inferred())


def trimmed_row(protocol: Plan, everyone: pd.DataFrame, threshold: float, make: Maker[S]) -> dict[str, Any]:
    """Return the primary estimator after discarding scores outside [t, 1 − t]; every model is fitted again."""

    def estimate(frame: pd.DataFrame) -> ArmMeans:
        before = make(protocol, frame)
        left = frame[within(before.fit.fitted, threshold, 1 - threshold)].reset_index(drop=True)
        kept = make(protocol, left).inferred()
        return replace(kept, estimand=f"{kept.estimand} (trimmed)")

    made = row(protocol, f"Scores outside {threshold:g} to {1 - threshold:g} discarded", [everyone], estimate)
    return {**made, "note": made["note"] or "models fitted again on who is left"}


def subgroup_rows(
    protocol: Plan, analysis: pd.DataFrame, column: str, make: Maker[S]
) -> list[dict[str, Any]]:
    """Return the primary estimator within each level of a category, every model fitted again, and the interaction test."""
    label = protocol.covariate(column).label
    rows: list[dict[str, Any]] = []
    estimates: list[Estimate] = []
    for level in protocol.contract.column(column).values or ():
        chosen = analysis[(analysis[column] == level).to_numpy(dtype=bool)].reset_index(drop=True)

        def estimate(frame: pd.DataFrame, found: list[Estimate] = estimates) -> ArmMeans:
            if frame.empty:
                raise EstimationError("no analysed subject belongs to it")
            inner = make(protocol, frame)
            if inner.fit.separated:
                raise EstimationError(
                    "the covariates predict treatment perfectly for some subjects (separation)"
                )
            means = inner.inferred()
            found.append(effect_of(means, protocol.estimand.contrast).inference)
            return means

        name = f"{label}: {protocol.contract.column(column).printed(level)}"
        made = row(protocol, name, [chosen], estimate)
        estimand = f"{protocol.estimand.target} within {name}"
        rows.append({**made, "estimand": estimand, "n": len(chosen)})
    return with_interaction(rows, estimates)
