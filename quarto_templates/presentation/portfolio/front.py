"""The first page, for the Chief Medical Officer: what is released, who must act, what halted, what is late."""

from collections.abc import Mapping
from typing import Any

from presentation.portfolio.inputs import Portfolio, report_of
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
    waits,
)
from presentation.sections.synopsis import benefit
from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.numbers import MISSING, count, in_errors, level
from presentation.writing.typst import Code, block, call, shortened

_ORDER = (RELEASED, {WAITING}, {HALTED}, {"rejected", "failed"}, {"running", "no run"})
"""The states in the order of the table."""
_REASON = 190
_ON_PAGE_1 = 8
"""The most studies that page 1 holds with long titles."""
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
        f"{count(len(studies))} studies, analysis month {portfolio.contents['month']}, by the ledger at event "
        f"{head['sequence']}; lateness as of {at}. A summary, itself no record. {_other_months(portfolio)}"
    )
    return block(call("para", lead), call("count-tiles", tiles))


def glance(portfolio: Portfolio) -> str:
    """Return Table 1.1: below each study's title its state, its estimate, whom that favours or what stopped it, and how far it moved."""
    columns = (
        Column(("State",), "left", "1.1fr"),
        Column(("Estimate", _levels(portfolio)), "left", "1fr"),
        Column(("Benefit", "or what stopped the run"), "left", "1.4fr"),
        Column(("Moved", "since"), "left", "auto"),
    )
    rows: list[Row | Group] = []
    for states in _ORDER:
        for study in portfolio.studies:
            if study["state"] in states:
                cells = (_state_cell(study), _result_cell(study), _meaning_cell(study), _change_cell(study))
                rows += [Group(_title(study)), Row(cells)]
    note = (
        "The interval is valid at every look together; the pointwise one holds for one look alone. Moved: from the estimate of the "
        "month below, in this month's standard errors (SE), as recorded. Nobody has approved yet what is not released."
    )
    return block(table("1.1", "The studies", columns, rows, note=note, source="primary, monitoring, change"))


def page_end(portfolio: Portfolio) -> str:
    """Return the end of page 1, which stands alone; nothing where many studies run over it, and what follows fills page 2."""
    return block(call("pagebreak")) if len(portfolio.studies) <= _ON_PAGE_1 else ""


def _levels(portfolio: Portfolio) -> str:
    """Return the confidence level of the estimates, or all levels when they differ."""
    found = sorted({study["figures"]["level"] for study in portfolio.studies if study["figures"]})
    return f"{' or '.join(level(one) for one in found)} valid CI" if found else "valid CI"


def _title(study: Mapping[str, Any]) -> Code:
    """Return the study with its whole title."""
    return call("study-title", study["study"], study["title"])


def _result_cell(study: Mapping[str, Any]) -> str | Code:
    figures = study["figures"]
    if figures is None:
        return "no result"
    told = f"{measured_in(figures)}; n = {count(figures['n'])}"
    beside = told if figures["claim"] is None else f"{told}; {pointwise(figures)}"
    return call("analysis-name", estimate(figures), beside)


def _meaning_cell(study: Mapping[str, Any]) -> str | Code:
    """Return whom the estimate favours; without an estimate, why the study stopped, in the words of gate or signer."""
    if study["figures"] is not None:
        return call("aside", benefit(report_of(study["figures"])) or "The protocol declares no direction.")
    first, *others = [shortened(message, _REASON) for message in study["why"]] or [MISSING]
    return call("aside", f"{first} – {count(len(others))} more in section 5" if others else first)


def _change_cell(study: Mapping[str, Any]) -> str | Code:
    change = study["change"]
    if study["figures"] is None:
        return MISSING
    if change is None and study["earlier"] is not None:
        return call("analysis-name", "not compared", f"{study['earlier']} ended later")
    if change is None:
        return "first estimate"
    if change["in_standard_errors"] is None:
        return call("analysis-name", "not comparable", f"with {change['month']}")
    moved = change["in_standard_errors"]
    sign = "+" if moved > 0 else ""
    return call("analysis-name", f"{sign}{in_errors(moved)} SE", change["month"])


def _state_cell(study: Mapping[str, Any]) -> Code:
    late = f"LATE since {study['due']}" if study["late"] else f"due {study['due'] or 'by no calendar'}"
    words = "; ".join(part for part in (waits(study), "" if study["state"] in RELEASED else late) if part)
    return call("analysis-name", state(study["state"]).capitalize(), words)


def _other_months(portfolio: Portfolio) -> str:
    """Return which studies have other late months."""
    found = []
    for when in ("earlier", "later"):
        studies = sorted({one["study"] for one in portfolio.contents[f"{when}_late"]})
        if studies:
            every = len(studies) == len(portfolio.studies) > 1
            of = "all studies" if every else names(studies, _MOST_STUDIES)
            found.append(f"{when} months of {of}")
    if len(found) == 2 and all(words.endswith("all studies") for words in found):
        found = ["earlier and later months of all studies"]
    return f"Late, too, are {' and '.join(found)} (Table 2.2)." if found else "No other month is late."
