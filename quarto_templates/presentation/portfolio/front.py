"""The first page, for the Chief Medical Officer: what is released, who must act, what halted, what is late."""

from collections.abc import Mapping
from typing import Any

from presentation.portfolio.inputs import Portfolio
from presentation.portfolio.words import (
    HALTED,
    RELEASED,
    WAITING,
    clock,
    estimate,
    measured_in,
    names,
    pointwise,
    state,
    valid,
    waits,
)
from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.numbers import count, fixed, level
from presentation.writing.typst import Code, block, call, shortened

_GROUPS = (
    ("Released", RELEASED),
    ("Waiting for approval", {WAITING}),
    ("Halted at a gate", {HALTED}),
    ("Closed without a release", {"rejected", "failed"}),
    ("Not yet run to the end", {"running", "no run"}),
)
_TITLE = 72
_REASON = 190
_MOST_REASONS = 6
_MOST_STUDIES = 4


def counts(portfolio: Portfolio) -> str:
    """Return the counts at the top of the page, and the time as of which they are valid."""
    studies = portfolio.studies
    states = [study["state"] for study in studies]
    late = sum(study["late"] for study in studies)
    other = sum(found not in {*RELEASED, WAITING, HALTED} for found in states)
    halted = states.count(HALTED)
    tiles = [
        [count(sum(found in RELEASED for found in states)), "released", False],
        [count(states.count(WAITING)), "wait for approval", False],
        [count(halted), "halted", halted > 0],
        [count(other), "without a result", False],
        [count(late), "late", late > 0],
    ]
    at, head = clock(portfolio.contents["judged_at"]), portfolio.contents["ledger"]
    lead = (
        f"{count(len(studies))} studies, analysis month {portfolio.contents['month']}, as the ledger has it at event "
        f"{head['sequence']}; lateness as of {at}. A summary, itself no record."
    )
    return block(call("para", lead), call("count-tiles", tiles))


def glance(portfolio: Portfolio) -> str:
    """Return Table 1.1: each study's estimate, its change since last month, and its state."""
    columns = (
        Column(("Study",), "left", "1.5fr"),
        Column(("Estimate", _levels(portfolio)), "left", "1fr"),
        Column(("Moved", "since last month"), "left", "auto"),
        Column(("Stands",), "left", "1.15fr"),
    )
    rows: list[Row | Group] = []
    for title, states in _GROUPS:
        members = [study for study in portfolio.studies if study["state"] in states]
        rows += [Group(title)] if members else []
        rows += [
            Row((_name_cell(one), _result_cell(one), _change_cell(one), _state_cell(one)), "indented")
            for one in members
        ]
    note = (
        "Moved: from the estimate of the latest earlier month, in this month's standard errors, as the record has it; "
        "not compared where the earlier month had no result yet when this one was computed. Estimates of runs that "
        "are not released are not yet approved by anybody. The interval is valid at every look together; the pointwise one "
        "holds for one look alone. SE: standard error."
    )
    return block(table("1.1", "The studies", columns, rows, note=note, source="primary, change; ledger"))


def _levels(portfolio: Portfolio) -> str:
    """Return the confidence level of the estimates, or all levels when they differ."""
    found = sorted({study["figures"]["level"] for study in portfolio.studies if study["figures"]})
    return f"{' or '.join(level(one) for one in found)} valid CI" if found else "valid CI"


def _name_cell(study: Mapping[str, Any]) -> Code:
    return call("analysis-name", study["study"], shortened(study["title"], _TITLE))


def _result_cell(study: Mapping[str, Any]) -> str | Code:
    figures = study["figures"]
    if figures is None:
        return "no result"
    told = f"{measured_in(figures)}; n = {count(figures['n'])}"
    beside = told if valid(figures) is None else f"{told}; {pointwise(figures)}"
    return call("analysis-name", estimate(figures), beside)


def _change_cell(study: Mapping[str, Any]) -> str | Code:
    change = study["change"]
    if study["figures"] is None:
        return "–"
    if change is None and study["earlier"] is not None:
        return call("analysis-name", "not compared", f"{study['earlier']} ended later")
    if change is None:
        return "first estimate"
    if change["in_standard_errors"] is None:
        return call("analysis-name", "not comparable", f"with {change['month']}")
    moved = change["in_standard_errors"]
    sign = "+" if moved > 0 else ""
    return call("analysis-name", f"{sign}{fixed(moved, 2)} SE", f"from {change['month']}")


def _state_cell(study: Mapping[str, Any]) -> Code:
    late = f"LATE since {study['due']}" if study["late"] else f"due {study['due'] or 'by no calendar'}"
    words = "; ".join(part for part in (waits(study), "" if study["state"] in RELEASED else late) if part)
    return call("analysis-name", state(study["state"]).capitalize(), words)


def reasons(portfolio: Portfolio) -> str:
    """Return why studies halted, failed or were rejected, in the words of the gates, or a sentence when none did."""
    lines = [(study["study"], message) for study in portfolio.studies for message in study["why"]]
    if not lines:
        return block(call("para", "No study halted, failed or was rejected."), *_earlier(portfolio))
    columns = (Column(("Study",), "left"), Column(("What stopped it",), "left", "1fr"))
    rows = [Row((study, shortened(message, _REASON))) for study, message in lines[:_MOST_REASONS]]
    more = len(lines) - _MOST_REASONS
    note = f"{count(more)} more in section 5." if more > 0 else None
    return block(
        table("1.2", "What stopped", columns, rows, note=note, source="ledger"), *_earlier(portfolio)
    )


def _earlier(portfolio: Portfolio) -> list[Code]:
    """Return the sentence about late earlier months; nothing when no earlier month is late."""
    late = portfolio.contents["earlier_late"]
    if not late:
        return []
    studies = sorted({one["study"] for one in late})
    return [call("para", f"Earlier months are late, too, in {names(studies, _MOST_STUDIES)} (Table 2.2).")]
