"""Imputation of missing covariates and outcomes as the protocol plans it: by one value each, or by several draws."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.imputation.chained_equations import ImputationModel, imputations
from medicore.stats.imputation.incomplete import IncompleteCovariate
from medicore.stats.imputation.single_imputation import impute_once
from medicore.steps.models.outcome_imputing import (
    imputed_outcomes,
    number_of_sets,
    outcome_gaps,
    outcomes_to_draw,
)
from medicore.steps.models.seeds import derived_seed
from medicore.steps.models.terms import missing_indicator

Vector = NDArray[np.float64]

IMPUTATION = "imputation"
"""The column with the number of the completed data set, from 1, in a table that holds several."""


@dataclass(frozen=True, slots=True)
class Completed:
    """The analysis set without gaps, and what was done about them, for ``cohort.json``.

    ``table`` is one table of all completed data sets, numbered in the column ``imputation`` where there are several.
    ``covariates`` is None where the protocol plans no imputation of covariates, ``outcomes`` where it draws none.
    """

    table: pd.DataFrame
    covariates: dict[str, Any] | None
    outcomes: dict[str, Any] | None


def complete(protocol: Protocol, observed: pd.DataFrame) -> Completed:
    """Return the analysis set with its gaps filled as the protocol plans it.

    Subjects are imputed in the order of their identifiers, so the draws do not depend on the order of the extract.
    Missing outcomes are drawn with the covariates in one run of chained equations, or alone where those are complete.
    Without a plan, the table is returned unchanged.

    Raises EstimationError when a covariate or outcome cannot be imputed from observed values.
    """
    plan = protocol.imputation
    drawing = outcomes_to_draw(protocol, observed)
    if plan.method == "none" and not drawing:
        return Completed(observed, None, imputed_outcomes(protocol, [observed], None))
    order = np.argsort(observed[protocol.contract.subject].to_numpy(dtype=str), kind="stable")
    back = np.argsort(order, kind="stable")
    ordered = observed.iloc[order].reset_index(drop=True)
    covariates = [
        incomplete_covariate(protocol, one.column, ordered[one.column]) for one in protocol.covariates
    ]
    gaps = [place for place, covariate in enumerate(covariates) if covariate.missing.any()]
    fills: dict[str, float | str | None] = {}
    sets, kept, seed = [ordered], covariates, None
    if plan.method == "single" and gaps:
        sets[0], fills = _filled(ordered, covariates, indicators=plan.indicators)
        kept = [incomplete_covariate(protocol, one.name, sets[0][one.name]) for one in covariates]
    if drawing or (plan.method == "multiple" and gaps):
        seed = derived_seed(protocol.seed, "imputation")
        sets = _drawn(protocol, sets[0], kept, seed)
    sets = [one.iloc[back].reset_index(drop=True) for one in sets]
    table = sets[0]
    if len(sets) > 1:
        table = pd.concat(sets, keys=range(1, len(sets) + 1), names=[IMPUTATION])
        table = table.reset_index(level=IMPUTATION).reset_index(drop=True)
    section: dict[str, Any] | None = None
    if plan.method != "none":
        described = sets if plan.method == "multiple" else sets[:1]
        section = {"method": plan.method, "imputations": 1, "covariates": []}
        if gaps:
            section |= _seeded(protocol, seed) | {
                "imputations": len(described),
                "indicators": plan.indicators,
            }
            missing = [(covariates[place], covariates[place].missing[back]) for place in gaps]
            section["covariates"] = [_gap_row(protocol, *one, fills, described) for one in missing]
    return Completed(table, section, imputed_outcomes(protocol, sets, seed if drawing else None))


def _filled(
    ordered: pd.DataFrame, covariates: Sequence[IncompleteCovariate], *, indicators: bool
) -> tuple[pd.DataFrame, dict[str, float | str | None]]:
    """Return the analysis set with one value for each gap, and the values."""
    made = impute_once(covariates, indicators=indicators)
    filled = with_columns(ordered, covariates, made.columns)
    for name, marks in made.indicators:
        filled[missing_indicator(name)] = marks
    return filled, {fill.name: fill.value for fill in made.fills}


def _drawn(
    protocol: Protocol, ordered: pd.DataFrame, covariates: Sequence[IncompleteCovariate], seed: int
) -> list[pd.DataFrame]:
    """Return the completed data sets."""
    plan = protocol.imputation
    drawn = imputations(
        covariates,
        ordered["treated"].to_numpy(dtype=bool),
        ordered["outcome"].to_numpy(dtype=np.float64),
        seed=seed,
        number=number_of_sets(protocol),
        model=ImputationModel(numbers=plan.numbers, iterations=plan.iterations),
        observed=ordered["observed"].to_numpy(dtype=bool),
        gaps=outcome_gaps(protocol, lambda columns: with_columns(ordered, covariates, columns)),
    )
    return [with_columns(ordered, covariates, one.columns).assign(outcome=one.outcome) for one in drawn]


def _seeded(protocol: Protocol, seed: int | None) -> dict[str, Any]:
    """Return how covariates were drawn; nothing where they were not."""
    plan = protocol.imputation
    if plan.method != "multiple":
        return {}
    return {"numbers": plan.numbers, "iterations": plan.iterations, "seed": seed}


def _gap_row(
    protocol: Protocol,
    covariate: IncompleteCovariate,
    missing: NDArray[np.bool_],
    fills: Mapping[str, float | str | None],
    sets: Sequence[pd.DataFrame],
) -> dict[str, Any]:
    """Return the row of a covariate with gaps."""
    treated = sets[0]["treated"].to_numpy(dtype=bool)
    return {
        "column": covariate.name,
        "label": protocol.covariate(covariate.name).label,
        "unit": protocol.contract.column(covariate.name).unit,
        "observed": int((~missing).sum()),
        "missing": {"treated": int(missing[treated].sum()), "control": int(missing[~treated].sum())},
        "missing_share": {
            "treated": float(missing[treated].mean()),
            "control": float(missing[~treated].mean()),
        },
        "filled_with": fills.get(covariate.name),
        **_observed_and_imputed(covariate, missing, sets),
    }


def completed_sets(table: pd.DataFrame) -> tuple[pd.DataFrame, ...]:
    """Return the completed data sets in a table: the table itself, unless it holds several."""
    if IMPUTATION not in table:
        return (table,)
    groups = table.groupby(IMPUTATION, sort=True)
    return tuple(one.drop(columns=IMPUTATION).reset_index(drop=True) for _, one in groups)


def in_any_set(found: Sequence[Iterable[Finding]]) -> tuple[Finding, ...]:
    """Return the findings of all completed data sets; each gate and subject once, from the first set with the finding."""
    if len(found) == 1:
        return tuple(found[0])
    firsts: dict[tuple[str, str], tuple[int, Finding]] = {}
    counts: dict[tuple[str, str], int] = {}
    for number, findings in enumerate(found, start=1):
        for finding in findings:
            key = (finding.gate, finding.subject)
            firsts.setdefault(key, (number, finding))
            counts[key] = counts.get(key, 0) + 1
    return tuple(
        replace(
            finding,
            message=f"{finding.message} (in {counts[key]} of {len(found)} completed data sets; the statistic is of "
            f"number {number})",
        )
        for key, (number, finding) in firsts.items()
    )


def incomplete_covariate(protocol: Protocol, column: str, values: pd.Series) -> IncompleteCovariate:
    """Return a covariate as the imputation takes it: a number, or a category with the levels of its contract."""
    rule = protocol.contract.column(column)
    missing: NDArray[np.bool_] = values.isna().to_numpy(dtype=bool)
    if rule.type == "category":
        labels = values.to_numpy(dtype=object).tolist()
        return IncompleteCovariate.of_category(column, labels, missing, rule.values or ())
    return IncompleteCovariate(column, values.to_numpy(dtype=np.float64, na_value=np.nan))


def with_columns(
    observed: pd.DataFrame, covariates: Sequence[IncompleteCovariate], columns: Sequence[Vector]
) -> pd.DataFrame:
    """Return the analysis set with these columns instead of the observed ones."""
    frame = observed.copy()
    for covariate, values in zip(covariates, columns, strict=True):
        frame[covariate.name] = list(covariate.labels(values)) if covariate.levels else values
    return frame


def _observed_and_imputed(
    covariate: IncompleteCovariate, missing: NDArray[np.bool_], sets: Sequence[pd.DataFrame]
) -> dict[str, Any]:
    """Return the mean of observed and of imputed values; for a category, the percentage at its most frequent level."""
    level = covariate.levels[int(covariate.level_counts.argmax())] if covariate.levels else None

    def numbers(frame: pd.DataFrame) -> Vector:
        column = frame[covariate.name]
        if level is not None:
            column = 100.0 * (column == level)
        found: Vector = column.to_numpy(dtype=np.float64)
        return found

    imputed = np.array([numbers(frame)[missing].mean() for frame in sets])
    return {
        "level": level,
        "mean_observed": float(numbers(sets[0])[~missing].mean()),
        "mean_imputed": float(imputed.mean()),
    }
