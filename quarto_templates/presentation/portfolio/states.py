"""The state of each run of the month, its requester and its approvers, and the other months that are late."""

from collections.abc import Mapping
from typing import Any

from presentation.portfolio.inputs import Portfolio
from presentation.portfolio.words import clock, shortened_name, state
from presentation.writing.exhibits import Column, Row, table
from presentation.writing.numbers import MISSING
from presentation.writing.typst import block, call


def runs(portfolio: Portfolio) -> str:
    """Return Table 2.1: every run of the month with its state, its dates and its people."""
    columns = (
        Column(("Run",), "left"),
        Column(("State",), "left", "20mm"),
        Column(("Due",), "left"),
        Column(("Late since",), "left"),
        Column(("Requested by",), "left"),
        Column(("Approved by",), "left", "1fr"),
    )
    rows = [
        Row(
            (
                row["run"],
                state(row["state"]),
                row["due"] or MISSING,
                _late_since(row),
                row["requested_by"],
                _approvers(row),
            )
        )
        for row in portfolio.runs
    ]
    rows += [
        Row((study["study"], study["state"], study["due"] or MISSING, _late_since(study), "", ""))
        for study in portfolio.studies
        if not study["runs"]
    ]
    note = (
        "Due: the fifth business day after the end of the month. Late since: the due day that went by without a "
        f"release, as of {clock(portfolio.contents['judged_at'])}. Exploratory runs are no record and are left out."
    )
    return block(table("2.1", "Runs of the month", columns, rows, note=note, source="ledger"))


def _late_since(row: Mapping[str, Any]) -> str:
    return str(row["due"]) if row["late"] else MISSING


def _approvers(row: Mapping[str, Any]) -> str:
    return (
        "; ".join(f"{shortened_name(one['name'])}, {one['signed_at'][:10]}" for one in row["approved_by"])
        or MISSING
    )


def others(portfolio: Portfolio) -> str:
    """Return Table 2.2: the earlier and the later months that are late, or a sentence when none is."""
    late = [*portfolio.contents["earlier_late"], *portfolio.contents["later_late"]]
    if not late:
        return block(call("para", "No other month of these studies is late."))
    columns = (
        Column(("Study",), "left"),
        Column(("Months",), "left"),
        Column(("State",), "left", "1fr"),
        Column(("Late since",), "left"),
    )
    rows = [
        Row((one["study"], _months(one), one["state"], one["due"]))
        for one in sorted(late, key=lambda one: (one["study"], one["first"]))
    ]
    note = f"Months before and after {portfolio.contents['month']}, as of {clock(portfolio.contents['judged_at'])}."
    return block(table("2.2", "Other months that are late", columns, rows, note=note, source="ledger"))


def _months(late: Mapping[str, Any]) -> str:
    first, last = late["first"], late["last"]
    return str(first) if first == last else f"{first} to {last}"
