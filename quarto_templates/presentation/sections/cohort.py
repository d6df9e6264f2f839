"""cohort: disposition, the CONSORT flow, and the baseline characteristics by arm."""

from typing import Any

from presentation.sections import outcomes
from presentation.writing.exhibits import Column, Group, Row, figure, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, fixed, with_share
from presentation.writing.typst import Code, Value, block, call, joined, shortened

_ARMS = ("treated", "control")
_LEFT_OUT = "Outcome missing, complete cases declared"
_NAME_LENGTH = 110
_CHARACTERS_PER_LINE = 36
_MOST_LINES = 34
_MOST_REASONS = 40


def disposition(report: Report) -> str:
    """Return Table 14.1.1: the subjects assessed, excluded by each criterion, and analysed."""
    cohort = report.results["cohort"]
    rows: list[Row | Group] = [
        Row(
            ("Subjects in the data lock, assessed", "", count(cohort["assessed"])),
            "total",
            report.cite("cohort.assessed"),
        ),
        Group("Excluded, in this order"),
    ]
    rows += _steps(report, "criterion", "contrast")
    rows.append(Group("Eligible, outside this month's analysis set"))
    rows += _steps(report, "outcome")
    rows.append(Row(("Analysis set", "", count(cohort["analysed"])), "total", report.cite("cohort.analysed")))
    rows += [
        Row(
            (f"{arm.capitalize()}: {report.arm(arm)}", "", count(cohort["arms"][arm]["n"])),
            "indented",
            report.cite(f"cohort.arms.{arm}"),
        )
        for arm in _ARMS
    ]
    columns = (
        Column(("Subjects",), "left", "1fr"),
        Column(("Left out", "n (% of assessed)")),
        Column(("Remaining", "n")),
    )
    note = (
        "Each excluded subject is counted once, at the first criterion that it does not satisfy; a missing value satisfies "
        "no criterion. A subject whose outcome is not yet due is eligible, and will be analysed when it is due."
    )
    return block(table("14.1.1", "Disposition of subjects", columns, rows, note=note, source="cohort"))


def _steps(report: Report, *kinds: str) -> list[Row | Group]:
    """Return the rows of these kinds of reasons; missing outcomes are a reason where complete cases are declared alone."""
    return [
        Row(
            (step["reason"], with_share(step["left_out"], step["share"]), count(step["remaining"])),
            "indented",
            report.cite(f"cohort.disposition.{index}"),
        )
        for index, step in enumerate(report.results["cohort"]["disposition"])
        if step["kind"] in kinds and _applies(report, step)
    ]


def _applies(report: Report, step: dict[str, Any]) -> bool:
    return bool(
        step["reason"] != _LEFT_OUT or report.results["cohort"]["outcomes"]["method"] == "complete cases"
    )


def consort(report: Report) -> str:
    """Return Figure 14.1.1: the CONSORT flow, including criteria that excluded nobody."""
    cohort, trimming = report.results["cohort"], report.results["propensity"]["trimming"]
    steps = [step for step in cohort["disposition"] if _applies(report, step)]
    reasons = [(step["reason"], step["left_out"]) for step in steps if step["kind"] != "outcome"]
    shown, size = _fitting(reasons)
    apart = [(step["reason"], step["left_out"]) for step in steps if step["kind"] == "outcome"]
    analysed = [("Eligible", cohort["eligible"]), *apart, ("Analysis set", cohort["analysed"])]
    if trimming["method"] != "none":
        analysed.append(("Discarded for extreme propensity scores", trimming["discarded"]))
    body = call(
        "consort-flow",
        _lines([("Assessed for eligibility", cohort["assessed"])]),
        _lines([("Excluded", cohort["excluded"]), *shown]),
        _lines(analysed),
        [
            _lines(
                [
                    (f"{arm.capitalize()} arm", cohort["arms"][arm]["n"]),
                    (shortened(report.arm(arm), _NAME_LENGTH), None),
                    *_arm_outcomes(report, arm),
                ]
            )
            for arm in _ARMS
        ],
        size=Code(size),
    )
    paths = [
        "cohort.assessed",
        "cohort.analysed",
        "cohort.excluded",
        "cohort.eligible",
        "cohort.arms.treated",
        "cohort.arms.control",
        *outcomes.PATHS,
    ]
    paths += [f"cohort.disposition.{index}" for index in range(len(cohort["disposition"]))]
    if trimming["method"] != "none":
        paths.append("propensity.trimming")
    listed = "; ".join(f"{name}: {number}" for name, number in reasons)
    alternative = (
        f"Flow of subjects: {cohort['assessed']} assessed, {cohort['excluded']} excluded ({listed}), {outcomes.in_words(report)}, "
        f"{cohort['analysed']} analysed, of them {cohort['arms']['treated']['n']} treated and "
        f"{cohort['arms']['control']['n']} controls."
    )
    return block(
        figure(
            "14.1.1",
            "Flow of subjects (CONSORT 2025)",
            alternative,
            body,
            note=report.cite(*paths),
            source="cohort",
        )
    )


def _arm_outcomes(report: Report, arm: str) -> list[tuple[str, int]]:
    """Return the lines of an arm's box about its outcomes."""
    found = report.results["cohort"]["outcomes"]
    group = found["groups"][arm]
    lines = [("Outcome observed", int(group["observed"]["n"]))]
    complete = found["method"] == "complete cases"
    return lines if complete else [*lines, ("Outcome missing", int(group["missing"]["n"]))]


def _fitting(reasons: list[tuple[str, int]]) -> tuple[list[tuple[str, int]], str]:
    """Return the reasons that fit into the box on a page, and the font size.

    A long list gets a smaller font, with each name on one line. Reasons that still do not fit are counted together;
    Table 14.1.1 lists them.
    """
    kept = [(shortened(name, _NAME_LENGTH), number) for name, number in reasons]
    if sum(1 + len(name) // _CHARACTERS_PER_LINE for name, _ in kept) <= _MOST_LINES:
        return kept, "8.6pt"
    small = [(shortened(name, _CHARACTERS_PER_LINE), number) for name, number in kept]
    if len(small) > _MOST_REASONS:
        rest = small[_MOST_REASONS - 1 :]
        summed = (f"{len(rest)} more criteria: Table 14.1.1", sum(number for _, number in rest))
        small = [*small[: _MOST_REASONS - 1], summed]
    return small, "7.2pt"


def _lines(entries: list[tuple[str, Any]]) -> list[Value]:
    """Return the lines of a box: a text, and its count if it has one."""
    return [[words, "" if number is None else f"n = {count(number)}"] for words, number in entries]


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
