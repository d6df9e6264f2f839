"""Imputation of missing baseline covariates as the protocol plans it: by one value each, or by several draws."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.imputation.chained_equations import ImputationModel, imputations
from medicore.stats.imputation.incomplete import IncompleteCovariate
from medicore.stats.imputation.single_imputation import impute_once
from medicore.steps.models.seeds import derived_seed
from medicore.steps.models.terms import missing_indicator

Vector = NDArray[np.float64]

IMPUTATION = "imputation"
"""The column with the number of the completed data set, from 1, in a table that holds several."""


def complete(protocol: Protocol, observed: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any] | None]:
    """Return the analysis set with its gaps filled, and the description of the imputation for ``cohort.json``.

    Multiple imputation gives one table of all completed data sets, numbered in the column ``imputation``. Subjects
    are imputed in the order of their identifiers, so the draws do not depend on the order of the extract. Without a
    plan, the table is returned unchanged, with None.

    Raises EstimationError when a covariate cannot be imputed from its observed values.
    """
    plan = protocol.imputation
    if plan.method == "none":
        return observed, None
    order = np.argsort(observed[protocol.contract.subject].to_numpy(dtype=str), kind="stable")
    back = np.argsort(order, kind="stable")
    ordered = observed.iloc[order]
    covariates = [
        _incomplete_covariate(protocol, one.column, ordered[one.column]) for one in protocol.covariates
    ]
    gaps = [place for place, covariate in enumerate(covariates) if covariate.missing.any()]
    section: dict[str, Any] = {"method": plan.method, "imputations": 1, "covariates": []}
    if not gaps:
        return observed, section
    fills: dict[str, float | str | None] = {}
    if plan.method == "single":
        made = impute_once(covariates, indicators=plan.indicators)
        fills = {fill.name: fill.value for fill in made.fills}
        sets = [_frame(observed, covariates, [column[back] for column in made.columns])]
        for name, marks in made.indicators:
            sets[0][missing_indicator(name)] = marks[back]
        table = sets[0]
    else:
        seed = derived_seed(protocol.seed, "imputation")
        drawn = imputations(
            covariates,
            ordered["treated"].to_numpy(dtype=bool),
            ordered["outcome"].to_numpy(dtype=np.float64),
            seed=seed,
            number=plan.number,
            model=ImputationModel(numbers=plan.numbers, iterations=plan.iterations),
        )
        sets = [_frame(observed, covariates, [column[back] for column in one.columns]) for one in drawn]
        table = pd.concat(sets, keys=range(1, len(sets) + 1), names=[IMPUTATION])
        table = table.reset_index(level=IMPUTATION).reset_index(drop=True)
        section |= {"numbers": plan.numbers, "iterations": plan.iterations, "seed": seed}
    treated = observed["treated"].to_numpy(dtype=bool)
    for place in gaps:
        missing = covariates[place].missing[back]
        section["covariates"].append(
            {
                "column": covariates[place].name,
                "label": protocol.covariates[place].label,
                "unit": protocol.contract.column(covariates[place].name).unit,
                "observed": int((~missing).sum()),
                "missing": {"treated": int(missing[treated].sum()), "control": int(missing[~treated].sum())},
                "filled_with": fills.get(covariates[place].name),
                **_observed_and_imputed(covariates[place], missing, sets),
            }
        )
    return table, {**section, "imputations": len(sets), "indicators": plan.indicators}


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


def _incomplete_covariate(protocol: Protocol, column: str, values: pd.Series) -> IncompleteCovariate:
    rule = protocol.contract.column(column)
    missing: NDArray[np.bool_] = values.isna().to_numpy(dtype=bool)
    if rule.type == "category":
        labels = values.to_numpy(dtype=object).tolist()
        return IncompleteCovariate.of_category(column, labels, missing, rule.values or ())
    return IncompleteCovariate(column, values.to_numpy(dtype=np.float64, na_value=np.nan))


def _frame(
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
