"""cohort: disposition, and the baseline characteristics by arm."""

from typing import Any

from presentation.sections import outcomes
from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, fixed, with_share
from presentation.writing.typst import block, joined

_ARMS = ("treated", "control")


def disposition(report: Report) -> str:
    """Return Table 14.1.1: the subjects assessed, those excluded by each criterion, and each arm's way to the analysis."""
    cohort = report.results["cohort"]
    rows: list[Row | Group] = [
        Row(
            ("Subjects in the data lock, assessed", "", count(cohort["assessed"])),
            "total",
            report.cite("cohort.assessed"),
        ),
        Group("Excluded, in this order"),
        *(
            Row(
                (step["reason"], with_share(step["left_out"], step["share"]), count(step["remaining"])),
                "indented",
                report.cite(f"cohort.disposition.{index}"),
            )
            for index, step in enumerate(cohort["disposition"])
            if step["kind"] != "outcome"
        ),
        Row(("Eligible", "", count(cohort["eligible"])), "total", report.cite("cohort.eligible")),
    ]
    for arm in _ARMS:
        rows += _arm(report, arm)
    rows.append(Row(("Analysis set", "", count(cohort["analysed"])), "total", report.cite("cohort.analysed")))
    columns = (
        Column(("Subjects",), "left", "1fr"),
        Column(("n (%)",)),
        Column(("Remaining", "n")),
    )
    note = (
        "Each excluded subject is counted once, at the first criterion that it does not satisfy; a missing value satisfies "
        "no criterion. Percentages: of the assessed for criteria, of the arm's eligible for outcomes not yet due, of its due "
        "outcomes for missing ones. A subject whose outcome is not yet due will be analysed when it is due."
    )
    return block(table("14.1.1", "Disposition of subjects", columns, rows, note=note, source="cohort"))


def _arm(report: Report, arm: str) -> list[Row | Group]:
    """Return the rows of an arm: its eligible subjects, whose outcome is not yet due or missing, and the analysed."""
    cohort = report.results["cohort"]
    found, cited = cohort["outcomes"]["groups"][arm], report.cite(f"cohort.outcomes.groups.{arm}")
    late, missing = found["not_yet_due"], found["missing"]
    return [
        Group(f"{arm.capitalize()}: {report.arm(arm)}"),
        Row((outcomes.entered(report), "", count(found["eligible"]["n"])), "indented", cited),
        Row(("Outcome not yet due", with_share(late["n"], late["share"]), ""), "indented", cited),
        Row((outcomes.lost(report), with_share(missing["n"], missing["share"]), ""), "indented", cited),
        Row(
            ("Analysed", "", count(cohort["arms"][arm]["n"])),
            "indented",
            report.cite(f"cohort.arms.{arm}"),
        ),
    ]


def baseline(report: Report) -> str:
    """Return Table 14.1.2: baseline characteristics of the analysis set by arm and overall."""
    cohort = report.results["cohort"]
    rows: list[Row | Group] = []
    open_label = None
    for index, row in enumerate(report.results["baseline"]):
        cited = report.cite(f"baseline.{index}")
        cells = tuple(_summary(row, group) for group in (*_ARMS, "overall"))
        if row["level"] is None:
            unit = f", {row['unit']}" if row["unit"] else ""
            rows.append(Row((f"{row['label']}{unit}", "mean (SD)", *cells), "titled", cited))
            open_label = row["label"]
            continue
        if row["label"] != open_label:
            rows.append(Group(row["label"]))
            open_label = row["label"]
        words = (
            row["level"] if row["kind"] == "missing" else report.level(row.get("column", ""), row["level"])
        )
        rows.append(Row((words, "n (%)", *cells), "indented", cited))
    columns = (
        Column(("Characteristic",), "left", "1fr"),
        Column(("Summary",), "left"),
        *(
            Column(
                (arm.capitalize(), report.arm(arm), f"n = {count(cohort['arms'][arm]['n'])}"), width="27mm"
            )
            for arm in _ARMS
        ),
        Column(("Overall", "", f"n = {count(cohort['analysed'])}")),
    )
    words = "SD: standard deviation, of observed values. No hypothesis about baseline differences is tested; balance is in Table 14.1.3."
    note = joined(words, report.cite("cohort.arms.treated", "cohort.arms.control", "cohort.analysed"))
    return block(
        table(
            "14.1.2",
            "Baseline characteristics of the analysis set",
            columns,
            rows,
            note=note,
            source="baseline",
        )
    )


def _summary(row: dict[str, Any], group: str) -> str:
    found = row[group]
    if row["kind"] != "mean":
        return f"{count(found['count'])} ({fixed(found['percent'], 1)})"
    decimals = _decimals(row)
    return f"{fixed(found['mean'], decimals)} ({fixed(found['sd'], decimals)})"


def _decimals(row: dict[str, Any]) -> int:
    """Return the number of decimals: one, or two when the standard deviation is below one."""
    return 1 if row["overall"]["sd"] >= 1 else 2
