"""cohort: disposition, and the baseline characteristics by arm."""

from collections.abc import Callable
from typing import Any

from presentation.sections import outcomes
from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import MISSING, count, fixed, with_share
from presentation.writing.typst import Code, block, joined

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
    """Return Table 14.1.2: baseline characteristics of the analysis set by arm and overall, with the arms' difference."""
    cohort = report.results["cohort"]
    rows: list[Row | Group] = []
    open_label = None
    for index, row in enumerate(report.results["baseline"]):
        cited = report.cite(f"baseline.{index}")
        if row["label"] != open_label:
            unit = f", {row['unit']}" if row["unit"] and row["kind"] == "mean" else ""
            rows.append(Group(f"{row['label']}{unit}"))
            open_label = row["label"]
        if row["kind"] == "mean":
            rows += _numeric(row, cited)
        elif row["kind"] == "count" or not _told_already(report, index):
            rows.append(_counted(report, row, cited))
    columns = (
        Column(("Characteristic",), "left", "1fr"),
        *(
            Column(
                (arm.capitalize(), report.arm(arm), f"n = {count(cohort['arms'][arm]['n'])}"), width="31mm"
            )
            for arm in _ARMS
        ),
        Column(("Overall", "", f"n = {count(cohort['analysed'])}"), width="31mm"),
        Column(("SMD",)),
    )
    words = (
        "SD: standard deviation. Q1, Q3: quartiles. SMD: standardised mean difference, treated minus control, of the observed "
        "values. No hypothesis about baseline differences is tested; balance before and after weighting is in Figure 14.1.2."
    )
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


def _numeric(row: dict[str, Any], cited: Code) -> list[Row | Group]:
    """Return the lines of a number: how many have one, mean, median, and range."""
    places = _decimals(row)
    shown: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
        ("n (missing)", lambda one: f"{count(one['n'])} ({count(one['missing'])})"),
        ("Mean (SD)", lambda one: f"{fixed(one['mean'], places)} ({fixed(one['sd'], places)})"),
        (
            "Median (Q1 to Q3)",
            lambda one: _spread(one, "median", ("lower_quartile", "upper_quartile"), places),
        ),
        ("Range", lambda one: _spread(one, None, ("minimum", "maximum"), places)),
    )
    lines: list[Row | Group] = []
    for words, cell in shown:
        difference = _smd(row) if words == "Mean (SD)" else ""
        cells = (words, *(cell(row[group]) for group in (*_ARMS, "overall")), difference)
        lines.append(Row(cells, "indented", cited))
    return lines


def _spread(one: dict[str, Any], middle: str | None, ends: tuple[str, str], places: int) -> str:
    """Return a median with its quartiles, or a range; a dash where nobody has a value."""
    if one["maximum"] is None:
        return MISSING
    low, high = (fixed(one[end], places) for end in ends)
    return f"{low} to {high}" if middle is None else f"{fixed(one[middle], places)} ({low} to {high})"


def _counted(report: Report, row: dict[str, Any], cited: Code) -> Row:
    words = row["level"] if row["kind"] == "missing" else report.level(row.get("column", ""), row["level"])
    cells = (
        f"{count(row[group]['count'])} ({fixed(row[group]['percent'], 1)} %)" for group in (*_ARMS, "overall")
    )
    return Row((words, *cells, _smd(row)), "indented", cited)


def _told_already(report: Report, index: int) -> bool:
    """Return whether the row before is a number's, which counts the missing values itself."""
    return bool(index and report.results["baseline"][index - 1]["kind"] == "mean")


def _smd(row: dict[str, Any]) -> str:
    return "" if row.get("smd") is None else fixed(row["smd"], 3)


def _decimals(row: dict[str, Any]) -> int:
    """Return the number of decimals: one, or two when the standard deviation is below one."""
    return 1 if row["overall"]["sd"] >= 1 else 2
