"""follow_up: how long subjects were followed, and how long they were treated, as far as the data say."""

from collections.abc import Callable
from typing import Any

from presentation.kinds import outcome
from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import MISSING, count, fixed
from presentation.writing.typst import Code, block, call, joined

_PATH = "cohort.outcomes.follow_up_days"
_GROUPS = ("treated", "control", "overall")
_NOT_COLLECTED = "Time of follow-up: not collected. The protocol names no date of time zero together with a date of the visit of the outcome."
_DURATION = "Duration of treatment: the protocol names no date at which treatment ends."
_CHANGED = " Who stopped or changed it is counted among the intercurrent events in Table 8.2."
_ROWS: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("Subjects with both dates", lambda one: count(one["n"])),
    ("A date is missing, or still to come", lambda one: count(one["without"])),
    ("Median (Q1 to Q3)", lambda one: _median(one)),
    ("Range", lambda one: _ends(one, "minimum", "maximum")),
)


def days(report: Report) -> str:
    """Return Table 14.1.1.2: days from time zero to the visit of the outcome, by arm; else a sentence that none are collected.

    An outcome that is a time of follow-up, or a count in one, has it in Table 14.1.1.1; results of before the days were
    counted say nothing.
    """
    found = report.results["cohort"]["outcomes"]
    if outcome.followed(report) or "follow_up_days" not in found:
        return ""
    counted = any(event["counted"] for event in report.results["cohort"]["intercurrent_events"])
    treated = call("para", _DURATION + (_CHANGED if counted else ""))
    if found["follow_up_days"] is None:
        return block(call("para", _NOT_COLLECTED), treated)
    return block(_table(report, found["follow_up_days"]), treated)


def _table(report: Report, found: dict[str, Any]) -> Code:
    columns = (
        Column(("Days of follow-up",), "left", "1fr"),
        *(Column((arm.capitalize(), report.arm(arm)), width="30mm") for arm in _GROUPS[:2]),
        Column(("Overall",)),
    )
    cited = report.cite(*(f"{_PATH}.arms.{group}" for group in _GROUPS))
    rows = [
        Row((words, *(cell(found["arms"][group]) for group in _GROUPS)), "row", cited)
        for words, cell in _ROWS
    ]
    note = joined(
        f"Eligible subjects. Time zero: {found['from']}; end: {found['to']}, the visit at which the outcome is assessed."
    )
    return table("14.1.1.2", "Time of follow-up", columns, rows, note=note, source=_PATH)


def _median(one: dict[str, Any]) -> str:
    middle = fixed(one["median"], 0)
    return middle if middle == MISSING else f"{middle} ({_ends(one, 'lower_quartile', 'upper_quartile')})"


def _ends(one: dict[str, Any], low: str, high: str) -> str:
    return MISSING if one[low] is None else f"{fixed(one[low], 0)} to {fixed(one[high], 0)}"
