"""Flexible nuisance models: the primary estimand by cross-fitted AIPW, with learners in place of regression models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol.flexible import Flexible
from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.cross_fitted import cross_fitted_means, median_effect
from medicore.stats.effect.cross_fitting import Nuisance, cross_fit, strata_of, stratified_folds
from medicore.stats.effect.measures import Effect, effect_of
from medicore.stats.models.learners import LEARNERS
from medicore.steps.models.sample import Sample, row, varied
from medicore.steps.models.seeds import derived_seed

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "penalised": "Flexible models: penalised regression",
        "boosting": "Flexible models: gradient boosting",
    }
)
_NAMED = 3
"""How many folds with an extreme score a note names; further ones are counted."""


@dataclass(frozen=True, slots=True)
class Split:
    """One division into folds: its effect, or the ``reason`` why there is none, and how far its scores reach.

    ``truncated`` subjects were moved to the declared limits; ``beyond`` names the folds, from 1, with a score at or
    beyond the limits of the gates, or a chance of being observed at or below the lower.
    """

    effect: Effect | None
    reason: str
    lowest_score: float | None = None
    highest_score: float | None = None
    lowest_observed: float | None = None
    truncated: int = 0
    beyond: tuple[int, ...] = ()


def flexible_models(
    protocol: Protocol, samples: Sequence[Sample]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a row for each declared learner, and the section with the splits behind them; both empty without a plan."""
    plan = protocol.sensitivity.flexible
    if plan is None:
        return [], {}
    found = {
        learner: [
            [
                _split(protocol, plan, sample, learner, place * plan.repeats + turn)
                for turn in range(plan.repeats)
            ]
            for place, sample in enumerate(samples)
        ]
        for learner in plan.learners
    }
    rows = [_row(protocol, plan, learner, splits) for learner, splits in found.items()]
    told = [one for learner, splits in found.items() for one in _told(protocol, learner, splits)]
    return rows, {"flexible": told}


def _row(protocol: Protocol, plan: Flexible, learner: str, sets: Sequence[Sequence[Split]]) -> dict[str, Any]:
    """Return the row of a learner: the median over the splits of each completed data set, pooled by Rubin's rules."""
    made = row(protocol, _NAMES[learner], sets, lambda splits: _median(plan, splits))
    if made["estimate"] is None:
        return made
    splits = [split for one in sets for split in one]
    parts = [made["note"], _beyond(protocol, sets)]
    if plan.truncation is not None:
        limits = f"{plan.truncation:g} to {1 - plan.truncation:g}"
        parts.append(f"{varied([one.truncated for one in splits])} score(s) truncated to {limits}")
    return {**made, "note": "; ".join(part for part in parts if part)}


def _median(plan: Flexible, splits: Sequence[Split]) -> Effect:
    """Return the median over the splits; raise EstimationError when one has no effect, as the rest would be a choice."""
    effects = []
    for number, split in enumerate(splits, start=1):
        if split.effect is None:
            raise EstimationError(f"split {number}, {split.reason}")
        effects.append(split.effect)
    found = median_effect(effects)
    estimator = f"{found.inference.estimator} in {plan.folds} folds"
    return replace(found, inference=replace(found.inference, estimator=estimator))


def _beyond(protocol: Protocol, sets: Sequence[Sequence[Split]]) -> str:
    """Return in words which folds have a score at or beyond the limits of the gates; '' for none."""
    places = [
        f"{f'data set {one}, ' if len(sets) > 1 else ''}split {number}, fold {fold}"
        for one, splits in enumerate(sets, start=1)
        for number, split in enumerate(splits, start=1)
        for fold in split.beyond
    ]
    if not places:
        return ""
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    limits = f"{protocol.gates.score_lower:g} to {protocol.gates.score_upper:g}"
    return f"scores outside {limits} in {'; '.join(places[:_NAMED])}{more}"


def _split(protocol: Protocol, plan: Flexible, sample: Sample, learner: str, index: int) -> Split:
    """Return one split; its folds are drawn from the protocol's seed, and are the same for every learner."""
    arrays = sample.treated, sample.outcome, sample.known
    fold = stratified_folds(
        strata_of(*arrays, sample.family), plan.folds, derived_seed(protocol.seed, "folds", index)
    )
    designs = sample.x_propensity, sample.x_outcome, sample.x_observation
    try:
        nuisance = cross_fit(*designs, *arrays, fold, LEARNERS[learner], family=sample.family)
    except EstimationError as error:
        return Split(None, str(error))
    truncated = 0
    if plan.truncation is not None:
        nuisance, truncated = nuisance.truncated(plan.truncation)
    found = Split(
        None,
        "",
        float(nuisance.score.min()),
        float(nuisance.score.max()),
        float(np.where(sample.treated, nuisance.seen_treated, nuisance.seen_control).min()),
        truncated,
        _extreme(protocol, nuisance, fold),
    )
    try:
        means = cross_fitted_means(*arrays, nuisance, target="ATT" if sample.target == "ATT" else "ATE")
        return replace(found, effect=effect_of(means, protocol.estimand.contrast))
    except EstimationError as error:
        return replace(found, reason=str(error))


def _extreme(protocol: Protocol, nuisance: Nuisance, fold: NDArray[np.int64]) -> tuple[int, ...]:
    """Return the folds, from 1, with a probability at or beyond the limits of the gates."""
    lower, upper = protocol.gates.score_lower, protocol.gates.score_upper
    outside = (nuisance.score <= lower) | (nuisance.score >= upper)
    outside |= np.minimum(nuisance.seen_treated, nuisance.seen_control) <= lower
    return tuple(int(one) + 1 for one in np.unique(fold[outside]))


def _told(protocol: Protocol, learner: str, sets: Sequence[Sequence[Split]]) -> list[dict[str, Any]]:
    """Return the splits of a learner as the results hold them, one after the other."""
    return [
        {
            "learner": learner,
            "data_set": place,
            "split": number,
            "seed": derived_seed(protocol.seed, "folds", (place - 1) * len(splits) + number - 1),
            "estimate": None if split.effect is None else split.effect.value,
            "standard_error": None if split.effect is None else split.effect.inference.standard_error,
            "lowest_score": split.lowest_score,
            "highest_score": split.highest_score,
            "lowest_observed": split.lowest_observed,
            "truncated": split.truncated,
            "reason": split.reason,
        }
        for place, splits in enumerate(sets, start=1)
        for number, split in enumerate(splits, start=1)
    ]
