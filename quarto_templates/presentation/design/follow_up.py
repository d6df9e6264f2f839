"""follow_up: how long subjects were followed, and how long they were treated, as far as the data say."""

from collections.abc import Callable
from typing import Any

from presentation.kinds import outcome
from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import MISSING, count, fixed
from presentation.writing.typst import Code, block, call

_PATH = "cohort.outcomes.follow_up_days"
_TREATED = "cohort.outcomes.treatment_days"
_GROUPS = ("treated", "control", "overall")
_NOT_COLLECTED = "Time of follow-up: not collected. The protocol names no date of time zero together with a date of the visit of the outcome."
_DURATION = "Duration of treatment: the protocol names no date at which treatment ends."
_CHANGED = " Who stopped or changed it is counted among the intercurrent events in Table 8.2."
_Rows = tuple[tuple[str, Callable[[dict[str, Any]], str]], ...]
_SPREAD: _Rows = (
    ("Median (Q1 to Q3)", lambda one: _median(one)),
    ("Range", lambda one: _ends(one, "minimum", "maximum")),
)
_FOLLOWED: _Rows = (
    ("Subjects with both dates", lambda one: count(one["n"])),
    ("A date is missing, or still to come", lambda one: count(one["without"])),
    *_SPREAD,
)
_ON_TREATMENT: _Rows = (
    ("Subjects whose days are known", lambda one: count(one["n"])),
    ("Treatment ended before the visit", lambda one: count(one["ended"])),
    ("A date is missing, or still to come", lambda one: count(one["without"])),
    *_SPREAD,
)


def days(report: Report) -> str:
    """Return Tables 14.1.1.2 and 14.1.1.3: days of follow-up and days on treatment by arm; else a sentence that none are collected.

    An outcome that is a time of follow-up, or a count in one, has it in Table 14.1.1.1; results of before the days were
    counted say nothing.
    """
    found = report.results["cohort"]["outcomes"]
    if outcome.followed(report) or "follow_up_days" not in found:
        return ""
    if found["follow_up_days"] is None:
        return block(call("para", _NOT_COLLECTED), _on_treatment(report))
    part = found["follow_up_days"]
    note = f"Eligible subjects. Time zero: {part['from']}; end: {part['to']}, the visit at which the outcome is assessed."
    followed = _table(
        report, _PATH, part, ("14.1.1.2", "Time of follow-up", "Days of follow-up"), _FOLLOWED, note
    )
    return block(followed, _on_treatment(report))


def _on_treatment(report: Report) -> Code:
    """Return Table 14.1.1.3, or a sentence where the protocol names no date at which treatment ends."""
    part = report.results["cohort"]["outcomes"].get("treatment_days")
    if part is None:
        counted = any(event["counted"] for event in report.results["cohort"]["intercurrent_events"])
        return call("para", _DURATION + (_CHANGED if counted else ""))
    until = (
        "no date of the visit is named, so that days are known only of those whose treatment ended."
        if part["visit"] is None
        else f"or the visit of the outcome, {part['visit']}, if it comes first: who has a visit and no end was treated until then."
    )
    note = f"Eligible subjects. Time zero: {part['from']}; end of treatment: {part['to']}, {until}"
    titles = ("14.1.1.3", "Duration of treatment", "Days on treatment")
    return _table(report, _TREATED, part, titles, _ON_TREATMENT, note)


def _table(
    report: Report, path: str, part: dict[str, Any], titles: tuple[str, str, str], shown: _Rows, note: str
) -> Code:
    """Return the table of a part of the outcomes: ``titles`` are its number, its title and the head of its first column."""
    number, title, head = titles
    columns = (
        Column((head,), "left", "1fr"),
        *(Column((arm.capitalize(), report.arm(arm)), width="30mm") for arm in _GROUPS[:2]),
        Column(("Overall",)),
    )
    cited = report.cite(*(f"{path}.arms.{group}" for group in _GROUPS))
    rows = [
        Row((words, *(cell(part["arms"][group]) for group in _GROUPS)), "row", cited) for words, cell in shown
    ]
    return table(number, title, columns, rows, note=note, source=path)


def _median(one: dict[str, Any]) -> str:
    middle = fixed(one["median"], 0)
    return middle if middle == MISSING else f"{middle} ({_ends(one, 'lower_quartile', 'upper_quartile')})"


def _ends(one: dict[str, Any], low: str, high: str) -> str:
    return MISSING if one[low] is None else f"{fixed(one[low], 0)} to {fixed(one[high], 0)}"
