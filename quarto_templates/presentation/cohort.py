"""cohort: disposition, the CONSORT flow, and the baseline characteristics by arm."""

from typing import Any

from presentation.exhibits import Column, Group, Row, figure, table
from presentation.inputs import Report
from presentation.numbers import count, fixed, of_total
from presentation.typst import Value, block, call

_OUTSIDE = "Arm outside the declared contrast"
_ARMS = ("treated", "control")


def disposition(report: Report) -> str:
    """Return Table 14.1.1: who was assessed, whom each criterion excluded, who is analysed."""
    cohort = report.results["cohort"]
    assessed = cohort["assessed"]
    rows: list[Row | Group] = [
        Row(("Subjects in the data lock, assessed", "", count(assessed)), "total"),
        Group("Excluded, in this order"),
    ]
    rows += [
        Row(
            (criterion["name"], of_total(criterion["excluded"], assessed), count(criterion["remaining"])),
            "indented",
        )
        for criterion in cohort["criteria"]
    ]
    rows.append(
        Row((_OUTSIDE, of_total(cohort["not_in_contrast"], assessed), count(cohort["analysed"])), "indented")
    )
    rows.append(Row(("Analysis set", "", count(cohort["analysed"])), "total"))
    rows += [
        Row((f"{arm.capitalize()}: {report.arm(arm)}", "", count(cohort["arms"][arm]["n"])), "indented")
        for arm in _ARMS
    ]
    columns = (
        Column(("Subjects",), "left", "1fr"),
        Column(("Excluded", "n (% of assessed)")),
        Column(("Remaining", "n")),
    )
    note = (
        "Each excluded subject is counted once, at the first criterion that it does not satisfy; "
        "a missing value satisfies no criterion."
    )
    return block(table("14.1.1", "Disposition of subjects", columns, rows, note=note, source="cohort"))


def consort(report: Report) -> str:
    """Return Figure 14.1.1: the CONSORT flow, criteria that excluded nobody included."""
    cohort, trimming = report.results["cohort"], report.results["propensity"]["trimming"]
    excluded = cohort["assessed"] - cohort["analysed"]
    reasons = [(criterion["name"], criterion["excluded"]) for criterion in cohort["criteria"]]
    reasons.append((_OUTSIDE, cohort["not_in_contrast"]))
    analysed = [("Analysis set", cohort["analysed"])]
    if trimming["method"] != "none":
        analysed.append(("Discarded for extreme propensity scores", trimming["discarded"]))
    arms = [[(report.arm(arm), cohort["arms"][arm]["n"])] for arm in _ARMS]
    body = call(
        "consort-flow",
        _lines([("Assessed for eligibility", cohort["assessed"])]),
        _lines([("Excluded", excluded), *reasons]),
        _lines(analysed),
        [
            _lines([(f"{arm.capitalize()} arm", entries[0][1]), *_named(entries)])
            for arm, entries in zip(_ARMS, arms, strict=True)
        ],
    )
    listed = "; ".join(f"{name}: {number}" for name, number in reasons)
    alternative = (
        f"Flow of subjects: {cohort['assessed']} assessed, {excluded} excluded ({listed}), "
        f"{cohort['analysed']} analysed, of them {cohort['arms']['treated']['n']} treated and "
        f"{cohort['arms']['control']['n']} controls."
    )
    return block(figure("14.1.1", "Flow of subjects (CONSORT 2025)", alternative, body, source="cohort"))


def _named(entries: list[tuple[str, int]]) -> list[tuple[str, None]]:
    return [(name, None) for name, _ in entries]


def _lines(entries: list[tuple[str, Any]]) -> list[Value]:
    """Return the lines of a box: words, and the count unless there is none."""
    return [[words, "" if number is None else f"n = {count(number)}"] for words, number in entries]


def baseline(report: Report) -> str:
    """Return Table 14.1.2: baseline characteristics of the analysis set by arm and over all."""
    cohort = report.results["cohort"]
    rows: list[Row | Group] = []
    open_label = None
    for row in report.results["baseline"]:
        cells = tuple(_summary(row, group) for group in (*_ARMS, "overall"))
        if row["level"] is None:
            unit = f", {row['unit']}" if row["unit"] else ""
            rows.append(Row((f"{row['label']}{unit}", "mean (SD)", *cells), "titled"))
            open_label = None
            continue
        if row["label"] != open_label:
            rows.append(Group(row["label"]))
            open_label = row["label"]
        rows.append(Row((row["level"], "n (%)", *cells), "indented"))
    columns = (
        Column(("Characteristic",), "left", "1fr"),
        Column(("Summary",), "left"),
        *(
            Column((arm.capitalize(), report.arm(arm), f"n = {count(cohort['arms'][arm]['n'])}"))
            for arm in _ARMS
        ),
        Column(("Overall", "", f"n = {count(cohort['analysed'])}")),
    )
    note = "SD: standard deviation. No hypothesis about baseline differences is tested; balance is in Table 14.1.3."
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
    if row["kind"] == "count":
        return f"{count(found['count'])} ({fixed(found['percent'], 1)})"
    decimals = _decimals(row)
    return f"{fixed(found['mean'], decimals)} ({fixed(found['sd'], decimals)})"


def _decimals(row: dict[str, Any]) -> int:
    """Return one decimal, or two where the spread is below one."""
    return 1 if row["overall"]["sd"] >= 1 else 2
