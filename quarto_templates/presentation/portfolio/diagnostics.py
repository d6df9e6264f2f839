"""Diagnostics of each study with a result, and the findings of its gates with the decisions on them."""

from collections.abc import Mapping
from typing import Any

from presentation.portfolio.inputs import Portfolio
from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.numbers import c_statistic, count, effective_size, smd
from presentation.writing.typst import block, call


def balance_and_overlap(portfolio: Portfolio) -> str:
    """Return Table 4.1: sizes, balance before and after weighting, effective sizes, and discrimination."""
    shown = [study for study in portfolio.studies if study["diagnostics"] is not None]
    if not shown:
        return block(
            call("para", "No study of the month has a result, and so none has diagnostics to compare.")
        )
    columns = (
        Column(("Study",), "left", "1fr"),
        Column(("n", "treated, control")),
        Column(("|SMD|", "before")),
        Column(("|SMD|", "after (limit)")),
        Column(("Effective n", "treated, control")),
        Column(("c-statistic",)),
        Column(("Findings",)),
    )
    note = (
        "|SMD|: the largest absolute standardised mean difference of a model's term, before and after weighting, with "
        "the gate's limit. Effective n: Kish's effective sample size of each arm after weighting."
    )
    rows = [Row(_cells(study)) for study in shown]
    where = "balance.worst, propensity, cohort.arms"
    return block(table("4.1", "Balance and overlap", columns, rows, note=note, source=where))


def _cells(study: Mapping[str, Any]) -> tuple[str, ...]:
    found = study["diagnostics"]
    effective = found["effective_sample_size"] or {}
    return (
        study["study"],
        f"{count(found['arms']['treated'])}, {count(found['arms']['control'])}",
        smd(found["smd_before"]),
        f"{smd(found['smd_after'])} ({_limit(found['smd_limit'])})",
        f"{effective_size(effective.get('treated'))}, {effective_size(effective.get('control'))}",
        c_statistic(found["c_statistic"]),
        count(len(study["findings"])),
    )


def _limit(limit: float | None) -> str:
    return "no limit" if limit is None else f"{limit:g}"


def decided(portfolio: Portfolio) -> str:
    """Return Table 4.2: the overridden findings of the runs with a result, and who overrode them."""
    rows: list[Row | Group] = []
    for study in portfolio.studies:
        if study["findings"]:
            rows.append(Group(study["run"]))
        rows += [Row((_finding(found), *_decision(found)), "indented") for found in study["findings"]]
    if not rows:
        return block(call("para", "No gate fired in a run that has a result: there was nothing to decide."))
    columns = (
        Column(("Finding",), "left", "1.3fr"),
        Column(("Decision and reason",), "left", "1fr"),
        Column(("Signed by",), "left", "0.8fr"),
    )
    return block(table("4.2", "Findings that were decided", columns, rows, source="findings"))


def _finding(found: Mapping[str, Any]) -> str:
    return f"{found['step']}, {found['gate']}: {found['message']}"


def _decision(found: Mapping[str, Any]) -> tuple[str, str]:
    decision = found["decision"]
    if decision is None:
        return "none", ""
    signed = f"{decision['name']}, {decision['role']}, {decision['signed_at'][:10]}"
    return f"{decision['meaning']}: {decision['reason']}", signed
