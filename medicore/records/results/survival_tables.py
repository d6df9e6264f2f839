"""The tables of a time to event: what each row describes, and which numbers it holds."""

from collections.abc import Callable, Mapping
from typing import Any

from medicore.records.results.analysis_rows import (
    ANALYSIS,
    ARM,
    DESCRIPTION,
    EVENT,
    PRIMARY,
    SENSITIVITY,
    Row,
    Table,
    numbers,
)
from medicore.records.results.analysis_tables import TABLES
from medicore.records.results.outcomes.counted_tables import COUNTED_TABLES
from medicore.records.results.outcomes.ordinal_tables import ORDINAL_TABLES
from medicore.records.results.terms_tables import TERMS_TABLES
from medicore.records.results.visit_tables import VISIT_TABLES


def _follow_up(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = (results["cohort"].get("outcomes") or {}).get("follow_up")
    if section is None:
        return ()
    arms = [Row(numbers(found), {ARM: arm}) for arm, found in section["arms"].items()]
    return (Row(numbers(section)), *arms)


def _censoring(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = results["primary"].get("censoring")
    if section is None:
        return ()
    return tuple(Row(numbers(found), {ARM: arm}) for arm, found in section["arms"].items())


def _curves(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = results.get("survival")
    if section is None:
        return ()
    made = [Row({"median": found["median"]}, {ARM: arm}) for arm, found in section["curves"]["arms"].items()]
    for arm, found in section["curves"]["arms"].items():
        for time, *values in zip(
            section["curves"]["times"], found["survival"], found["ci_low"], found["ci_high"], strict=True
        ):
            told = dict(zip(("survival", "ci_low", "ci_high"), values, strict=True))
            made.append(Row(told, {ARM: arm, ANALYSIS: f"at {time:.6g}"}))
    at_risk = section["at_risk"]
    made += [
        Row({"at risk": number}, {ARM: arm, ANALYSIS: f"at {time:.6g}"})
        for arm in ("treated", "control")
        for time, number in zip(at_risk["times"], at_risk[arm], strict=True)
    ]
    return (Row({"horizon": section["horizon"]}), *made)


def _tests(part: str) -> Callable[[Mapping[str, Any]], tuple[Row, ...]]:
    def rows(results: Mapping[str, Any]) -> tuple[Row, ...]:
        found = numbers((results.get("survival") or {}).get(part) or {})
        return (Row(found),) if found else ()

    return rows


def _competing(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = (results.get("survival") or {}).get("competing")
    if section is None:
        return ()
    return tuple(
        Row(numbers(found), {EVENT: section["name"] if kind == "competing" else "event"})
        for kind, found in section["kinds"].items()
    )


SURVIVAL_TABLES = (
    Table("Follow-up", "cohort.outcomes.follow_up", "Counts by how follow-up ended, reverse Kaplan–Meier", DESCRIPTION,
          _follow_up, outcome=True),
    Table("Primary effect, censoring", "primary.censoring", "Cox regression of censoring", PRIMARY, _censoring,
          outcome=True),
    Table("Survival curves", "survival.curves", "Kaplan–Meier curves", DESCRIPTION, _curves, outcome=True),
    Table("Hazard ratio", "survival.hazard_ratio", "Weighted Cox regression, robust variance", SENSITIVITY,
          _tests("hazard_ratio"), outcome=True),
    Table("Log-rank test", "survival.log_rank", "Log-rank test", SENSITIVITY, _tests("log_rank"), outcome=True),
    Table("Competing events", "survival.competing", "Weighted Aalen–Johansen estimator", SENSITIVITY, _competing,
          outcome=True),
)  # fmt: skip
ALL_TABLES = (*TABLES, *TERMS_TABLES, *VISIT_TABLES, *SURVIVAL_TABLES, *COUNTED_TABLES, *ORDINAL_TABLES)
"""The analyses in the order of the report, those of terms, of visits and of outcomes with an estimator of their own last."""
