"""Rows of a mixed model of visits that is the primary estimator: without a covariate, and in subgroups."""

from typing import Any

import pandas as pd

from medicore.errors import DataError, EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import Effect
from medicore.steps.alternatives.supplementary import with_interaction
from medicore.steps.models.sample import nothing, row
from medicore.steps.models.visit_sample import declared_visits, visited
from medicore.steps.primaries.visited_primary import mixed_difference

Rows = list[dict[str, Any]]


def mixed_without(protocol: Protocol, extract: pd.DataFrame, disposition: pd.DataFrame) -> Rows:
    """Return the primary estimator with each covariate left out, where the protocol plans it and the primary is a mixed model."""
    if not (protocol.inference.mixed and protocol.sensitivity.leave_one_out):
        return []
    rows = []
    for covariate in protocol.covariates:
        left = tuple(name for name in protocol.models.outcome if name != covariate.column)
        name = f"Without {covariate.label}"
        if left == protocol.models.outcome or not left:
            why = "no covariate of the model" if left else "the only one of the model"
            rows.append(nothing(name, f"the covariate is {why}"))
            continue
        plan = declared_visits(protocol)
        by_visit = tuple(one for one in plan.by_visit if one != covariate.column)
        fewer = protocol.model_copy(
            update={
                "models": protocol.models.model_copy(update={"outcome": left}),
                "outcome": protocol.outcome.model_copy(
                    update={"visits": plan.model_copy(update={"by_visit": by_visit})}
                ),
            }
        )
        rows.append(_row(fewer, name, extract, disposition))
    return rows


def mixed_subgroups(protocol: Protocol, extract: pd.DataFrame, disposition: pd.DataFrame) -> Rows:
    """Return the primary estimator within each level of a category, the mixed model fitted again, and the interaction test.

    There are none where the primary estimator is another one. The rows of ``disposition`` and ``extract`` have the same order.
    """
    rows: Rows = []
    for column in protocol.sensitivity.subgroups if protocol.inference.mixed else ():
        label, estimates = protocol.covariate(column).label, list[Estimate]()
        own: Rows = []
        for level in protocol.contract.column(column).values or ():
            inside = (extract[column] == level).fillna(value=False).to_numpy(dtype=bool)
            chosen = extract[inside].reset_index(drop=True), disposition[inside].reset_index(drop=True)
            name = f"{label}: {protocol.contract.column(column).printed(level)}"
            made = _row(protocol, name, *chosen, found=estimates)
            own.append({**made, "estimand": f"{protocol.estimand.target} within {name}"})
        rows += with_interaction(own, estimates)
    return rows


def _row(
    protocol: Protocol,
    name: str,
    extract: pd.DataFrame,
    disposition: pd.DataFrame,
    found: list[Estimate] | None = None,
) -> dict[str, Any]:
    def estimate(plan: Protocol) -> Effect:
        try:
            effect = mixed_difference(plan, visited(plan, declared_visits(plan), extract, disposition))
        except DataError as error:
            raise EstimationError(str(error)) from error
        if found is not None:
            found.append(effect.inference)
        return effect

    return row(protocol, name, [protocol], estimate)
