"""Supplementary analyses: other populations and subgroups, apart from the sensitivity analyses (ICH E9(R1), A.5.3)."""

from dataclasses import replace
from typing import Any

import pandas as pd

from medicore.errors import EstimationError
from medicore.records.protocol import Protocol
from medicore.stats.contrasts import ArmMeans
from medicore.stats.estimate import Estimate
from medicore.stats.inverse_probability import weighted_means
from medicore.stats.matching import match_without_replacement, matching_distance
from medicore.stats.measures import effect_of
from medicore.stats.overlap import within
from medicore.stats.subgroups import interaction_test
from medicore.stats.weights import Target
from medicore.steps.sample import Sample, row

_CALIPER = 0.2
_POPULATIONS: dict[Target, str] = {
    "ATE": "Effect in everybody",
    "ATT": "Effect in the treated",
    "ATO": "Effect in the overlap",
}


def other_estimands(
    protocol: Protocol, everyone: pd.DataFrame, analysis: pd.DataFrame
) -> list[dict[str, Any]]:
    """Return the rows about other populations than the primary estimand's; ``everyone`` is before trimming."""
    whole = Sample.of(protocol, analysis)
    return [
        *(_trimmed(protocol, everyone, threshold) for threshold in protocol.sensitivity.trimming),
        *(_of_target(protocol, whole, target) for target in _POPULATIONS if target != whole.target),
        _matched(protocol, whole),
        *(
            found
            for column in protocol.sensitivity.subgroups
            for found in _subgroups(protocol, analysis, column)
        ),
    ]


def _of_target(protocol: Protocol, whole: Sample, target: Target) -> dict[str, Any]:
    """Return the effect in another target population, by weighting."""
    return row(
        protocol,
        _POPULATIONS[target],
        lambda: weighted_means(whole.treated, whole.outcome, whole.fit, target).scores_estimated,
    )


def _matched(protocol: Protocol, whole: Sample) -> dict[str, Any]:
    """Return the effect in the treated by greedy 1:1 matching on the logit of the score, caliper 0.2 SD (Austin, 2011)."""
    unmatched: list[int] = []

    def estimate() -> ArmMeans:
        found = match_without_replacement(
            whole.treated, whole.outcome, matching_distance(whole.fit.fitted), caliper=_CALIPER
        )
        unmatched.append(found.unmatched)
        return found.means

    made = row(protocol, "1:1 matching on the score", estimate)
    return {**made, "note": made["note"] or f"{unmatched[0]} treated without a partner within {_CALIPER} SD"}


def _trimmed(protocol: Protocol, analysis: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """Return the primary estimator after discarding scores outside [t, 1 − t]; every model is fitted again."""

    def estimate() -> ArmMeans:
        scores = Sample.of(protocol, analysis).fit.fitted
        kept = Sample.of(protocol, analysis[within(scores, threshold, 1 - threshold)]).primary().means
        return replace(kept, estimand=f"{kept.estimand} (trimmed)")

    made = row(protocol, f"Scores outside {threshold:g} to {1 - threshold:g} discarded", estimate)
    return {
        **made,
        "estimand": made["estimand"] or f"{protocol.estimand.target} (trimmed)",
        "note": made["note"] or "models fitted again on who is left",
    }


def _subgroups(protocol: Protocol, analysis: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    """Return the primary estimator within each level of a category, every model fitted again, and the interaction test."""
    label = protocol.covariate(column).label
    rows: list[dict[str, Any]] = []
    estimates: list[Estimate] = []
    for level in protocol.contract.column(column).values or ():
        chosen = analysis[(analysis[column] == level).to_numpy(dtype=bool)]

        def estimate(chosen: pd.DataFrame = chosen) -> ArmMeans:
            if chosen.empty:
                raise EstimationError("no analysed subject belongs to it")
            sample = Sample.of(protocol, chosen)
            if sample.fit.separated:
                raise EstimationError(
                    "the covariates predict treatment perfectly for some subjects (separation)"
                )
            found = sample.primary().means
            estimates.append(effect_of(found, protocol.estimand.measure).inference)
            return found

        made = row(protocol, f"{label}: {level}", estimate)
        estimand = f"{protocol.estimand.target} within {label}: {level}"
        rows.append({**made, "estimand": estimand, "n": len(chosen)})
    if len(estimates) == len(rows) > 1:
        same = interaction_test(estimates)
        rows = [{**made, "note": f"test of interaction: p = {same.p_value:.3f}"} for made in rows]
    return rows
