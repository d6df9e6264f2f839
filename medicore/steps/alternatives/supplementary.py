"""Supplementary analyses: other populations and subgroups, separate from sensitivity analyses (ICH E9(R1), A.5.3)."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.overlap import within
from medicore.stats.balance.weights import Target
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.matching import match_without_replacement, matching_distance
from medicore.stats.effect.subgroups import interaction_test
from medicore.steps.alternatives.missing_method import CompleteCases
from medicore.steps.alternatives.single_models import weighting_alone
from medicore.steps.models.sample import Sample, pooled_means, row, varied

_CALIPER = 0.2
_POPULATIONS: dict[Target, str] = {
    "ATE": "Effect in everybody",
    "ATT": "Effect in the treated",
    "ATO": "Effect in the overlap",
}


def other_estimands(
    protocol: Protocol,
    everyone: Sequence[pd.DataFrame],
    samples: Sequence[Sample],
    known: CompleteCases,
) -> list[dict[str, Any]]:
    """Return the rows about other populations than the primary estimand's; ``everyone`` is before trimming.

    ``known`` are the subjects with an observed outcome: matching analyses them, the others analyse everybody. Subgroups of a
    mixed model of visits are rows of their own (``mixed_subgroups``).
    """

    @functools.cache
    def before_trimming(place: int) -> Sample:
        same = len(everyone[place]) == len(samples[place].analysis)
        return samples[place] if same else Sample.of(protocol, everyone[place])

    places = range(len(everyone))
    return [
        *(
            _trimmed(protocol, places, before_trimming, threshold)
            for threshold in protocol.sensitivity.trimming
        ),
        *(
            _target_row(protocol, samples, target)
            for target in _POPULATIONS
            if target != protocol.estimand.target
        ),
        _matched_row(known),
        *(
            found
            for column in (() if protocol.inference.mixed else protocol.sensitivity.subgroups)
            for found in _subgroups(protocol, samples, column)
        ),
    ]


def _target_row(protocol: Protocol, samples: Sequence[Sample], target: Target) -> dict[str, Any]:
    """Return the effect in another target population, by weighting."""
    return row(protocol, _POPULATIONS[target], samples, lambda one: weighting_alone(one, target))


def _matched_row(known: CompleteCases) -> dict[str, Any]:
    """Return the effect in the treated by greedy 1:1 matching on the logit of the score, caliper 0.2 SD (Austin, 2011)."""
    unmatched: list[int] = []
    tied: list[int] = []

    def estimate(one: Sample) -> ArmMeans:
        found = match_without_replacement(
            one.treated, one.outcome, matching_distance(one.fit.fitted), caliper=_CALIPER
        )
        unmatched.append(found.unmatched)
        tied.append(found.tied)
        return found.means

    made = known.row("1:1 matching on the score", estimate)
    if made["estimate"] is None:
        return made
    alone = f"{varied(unmatched)} treated without a partner within {_CALIPER} SD"
    order = (
        f"{varied(tied)} with the score of another of their arm, paired in the order of identifiers"
        if any(tied)
        else ""
    )
    return {**made, "note": "; ".join(part for part in (alone, order, made["note"]) if part)}


def _trimmed(
    protocol: Protocol, places: Sequence[int], before: Callable[[int], Sample], threshold: float
) -> dict[str, Any]:
    """Return the primary estimator after discarding scores outside [t, 1 − t]; every model is fitted again.

    ``before`` gives everybody in the completed data set at a place, and raises EstimationError where it has no scores.
    """

    def estimate(place: int) -> ArmMeans:
        one = before(place)
        left = one.analysis[within(one.fit.fitted, threshold, 1 - threshold)]
        kept = Sample.of(protocol, left).inferred()
        return replace(kept, estimand=f"{kept.estimand} (trimmed)")

    made = row(protocol, f"Scores outside {threshold:g} to {1 - threshold:g} discarded", places, estimate)
    again = "models fitted again on who is left"
    return {
        **made,
        "estimand": made["estimand"] or f"{protocol.estimand.target} (trimmed)",
        "note": made["note"]
        if made["estimate"] is None
        else "; ".join(part for part in (again, made["note"]) if part),
    }


def _subgroups(protocol: Protocol, samples: Sequence[Sample], column: str) -> list[dict[str, Any]]:
    """Return the primary estimator within each level of a category, every model fitted again, and the interaction test."""
    label = protocol.covariate(column).label
    rows: list[dict[str, Any]] = []
    estimates: list[Estimate] = []
    for level in protocol.contract.column(column).values or ():
        chosen = [one.analysis[(one.analysis[column] == level).to_numpy(dtype=bool)] for one in samples]
        means: list[ArmMeans] = []

        def estimate(one: pd.DataFrame, found: list[ArmMeans] = means) -> ArmMeans:
            if one.empty:
                raise EstimationError("no analysed subject belongs to it")
            sample = Sample.of(protocol, one)
            if protocol.inference.scored and sample.fit.separated:
                raise EstimationError(
                    "the covariates predict treatment perfectly for some subjects (separation)"
                )
            found.append(sample.inferred())
            return found[-1]

        name = f"{label}: {protocol.contract.column(column).printed(level)}"
        made = row(protocol, name, chosen, estimate)
        estimand = f"{protocol.estimand.target} within {name}"
        rows.append({**made, "estimand": estimand, "n": min(len(one) for one in chosen)})
        if made["estimate"] is not None:
            estimates.append(pooled_means(protocol, means).inference)
    return with_interaction(rows, estimates)


def with_interaction(rows: list[dict[str, Any]], estimates: Sequence[Estimate]) -> list[dict[str, Any]]:
    """Return the rows of a category's levels, each with the test of interaction where each level has an estimate."""
    if not len(estimates) == len(rows) > 1:
        return rows
    test = interaction_test(estimates)
    same = {
        "interaction_statistic": test.statistic,
        "interaction_degrees_of_freedom": test.degrees_of_freedom,
        "interaction_p_value": test.p_value,
    }
    return [{**made, **same} for made in rows]
