"""The report's tables, each row with its path in ``results.json``; also as comma-separated values."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from medicore.records.results.paths import value_at
from medicore.records.results.references import paths_matching

_TABLES: Mapping[str, tuple[str, ...]] = {
    "10.1_violations": ("check.violations.*",),
    "11.4_change": ("change",),
    "11.7_findings": ("findings.*",),
    "14.1.1_disposition": (
        "cohort.assessed",
        "cohort.criteria.*",
        "cohort.disposition.*",
        "cohort.not_in_contrast",
        "cohort.outcomes.arms.*",
        "cohort.outcomes.groups.*",
        "cohort.outcomes.missing_share",
        "cohort.outcomes.imputation.arms.*",
        "cohort.analysed",
        "cohort.arms.*",
    ),
    "14.1.1.1_follow_up": ("cohort.outcomes.follow_up.arms.*",),
    "14.1.1.1_exposure": ("cohort.outcomes.exposure.arms.*",),
    "14.1.1.2_follow_up_days": ("cohort.outcomes.follow_up_days.arms.*",),
    "14.1.1.3_treatment_days": ("cohort.outcomes.treatment_days.arms.*",),
    "8.2_intercurrent_events": ("cohort.intercurrent_events.*",),
    "14.1.2_baseline": ("baseline.*",),
    "14.1.2.1_imputation": ("imputation", "imputation.covariates.*"),
    "14.1.2.2_randomisation": ("randomisation",),
    "14.1.2.3_splines": ("cohort.splines.*",),
    "14.1.3_balance": (
        "balance.terms.*",
        "balance.worst",
        "balance.threshold",
        "balance.expected_false_alarm_rate",
    ),
    "14.1.4_propensity": (
        "propensity.iterations",
        "propensity.c_statistic",
        "propensity.equipoise",
        "propensity.score_range",
        "propensity.trimming",
        "propensity.effective_sample_size",
        "propensity.effective_share",
        "propensity.largest_weight_share",
    ),
    "14.1.5_coefficients": ("propensity.coefficients.*",),
    "14.1.6_controls": (
        "negative_controls.controls.*",
        "negative_controls",
    ),
    "14.2.1_primary": ("primary",),
    "14.2.1.2_calibration": ("calibration",),
    "14.2.1.1_observation": ("primary.observation",),
    "14.2.1.4_hypothesis": ("hypothesis",),
    "14.2.1.3_censoring": ("primary.censoring",),
    "14.2.1.5_exposure": ("primary.exposure",),
    "14.2.2_verification": ("primary.verification",),
    "14.2.11_clusters": ("primary.clusters",),
    "14.2.11.1_events": ("primary.events",),
    "14.2.3_sensitivity": ("sensitivity.sensitivity.*", "evalue", "tipping"),
    "14.2.3.1_tipping": ("tipping.surface.cells.*", "tipping.surface.frontier.*"),
    "14.2.3.2_flexible": ("sensitivity.flexible.*",),
    "14.2.14_visits": (
        "sensitivity.visits",
        "sensitivity.visits.rows.*",
        "sensitivity.visits.covariance.*",
        "sensitivity.visits.verification",
    ),
    "14.2.4_supplementary": ("sensitivity.supplementary.*",),
    "14.2.10_survival": (
        "survival.hazard_ratio",
        "survival.log_rank",
        "survival.competing.kinds.*",
        "survival.at_risk",
        "survival.curves.arms.*",
    ),
    "14.2.12_counts": ("rates.arms.*",),
    "14.2.13_ordinal": ("wins.levels.*",),
    "14.2.5_looks": (
        "monitoring",
        "monitoring.looks.*",
        "monitoring.stage_wise",
        "monitoring.harm",
        "monitoring.futility",
    ),
    "14.2.6_verification_of_looks": ("monitoring.verification", "monitoring.verification.looks.*"),
    "14.2.7_harms": ("harms.*", "harms.*.looks.*"),
    "14.3.1_adverse_events": ("safety.summary.*", "safety.arms.*", "safety.events"),
    "14.3.2_by_class_and_term": ("safety.classes.*", "safety.classes.*.terms.*"),
    "14.2.8_secondary": ("secondary.*",),
    "14.2.9_families": ("families.*", "families.*.hypotheses.*"),
}
"""File name of each table (its number in the report and a word for its content), and the paths of its rows."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters of texts that a spreadsheet would execute as a formula (OWASP, CSV injection)."""

Value = str | int | float | bool | None
Row = dict[str, Value]


def table_rows(results: Mapping[str, Any]) -> dict[str, list[Row]]:
    """Return the rows of the tables of a run's results by the tables' names; tables without rows are left out.

    The first columns are ``reference`` (R12 in the report; None when it has none) and ``path``. The other columns are
    the numbers and texts at that path, named by their keys; nested keys are joined by a dot. A row has only the columns
    that its path has.
    """
    cited = {path: f"R{number}" for number, path in enumerate(results.get("references", ()), start=1)}
    made: dict[str, list[Row]] = {}
    for name, patterns in _TABLES.items():
        rows: list[Row] = [
            {"reference": cited.get(path), "path": path, **dict(_cells(value_at(results, path), ""))}
            for pattern in patterns
            for path in paths_matching(results, pattern)
        ]
        if rows:
            made[name] = rows
    return made


def columns_of(rows: list[Row]) -> list[str]:
    """Return the names of the columns of a table's rows, in the order of their first appearance."""
    return list(dict.fromkeys(key for row in rows for key in row))


def result_tables(results: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the tables of a run's results by file name; tables without rows are left out.

    The files are UTF-8, in the format of RFC 4180; see ``table_rows`` for rows and columns. Numbers have every digit of
    ``results.json``; a missing number is an empty cell. A text that a spreadsheet would execute as a formula gets an
    apostrophe in front.
    """
    return {f"{name}.csv": _as_csv(rows) for name, rows in table_rows(results).items()}


def _as_csv(rows: list[Row]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns_of(rows), restval="")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return buffer.getvalue().encode()


def _cells(value: Any, key: str) -> Iterator[tuple[str, Value]]:  # noqa: ANN401 - any JSON
    """Yield the cells of a value by column; objects in a list are left out, as they are rows of their own."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _cells(part, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            if not isinstance(part, Mapping):
                yield from _cells(part, f"{key}.{number}" if key else str(number))
    else:
        yield key or "value", value


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return repr(value)
