"""The state of each run of the month, its requester, its approvers, and its report."""

from collections.abc import Mapping
from typing import Any

from presentation.portfolio.inputs import Portfolio
from presentation.portfolio.words import clock, shortened_name, state
from presentation.writing.exhibits import Column, Row, table
from presentation.writing.numbers import MISSING
from presentation.writing.typst import block, call, mono


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


def earlier(portfolio: Portfolio) -> str:
    """Return Table 2.2: the earlier months that are late, or a sentence when none is."""
    late = portfolio.contents["earlier_late"]
    if not late:
        return block(call("para", "No earlier month of these studies is late."))
    columns = (
        Column(("Study",), "left"),
        Column(("Months",), "left"),
        Column(("State",), "left", "1fr"),
        Column(("Late since",), "left"),
    )
    rows = [Row((one["study"], _months(one), one["state"], one["due"])) for one in late]
    return block(table("2.2", "Earlier months that are late", columns, rows, source="ledger"))


def _months(late: Mapping[str, Any]) -> str:
    first, last = late["first"], late["last"]
    return str(first) if first == last else f"{first} to {last}"


def digests(portfolio: Portfolio) -> str:
    """Return Table 2.3: the SHA-256 of each run's own report."""
    rows = [Row((row["run"], mono(row["report_sha256"]))) for row in portfolio.runs if row["report_sha256"]]
    if not rows:
        return block(call("para", "No run of the month has a report yet."))
    columns = (Column(("Run",), "left", "1fr"), Column(("SHA-256 of report.pdf",), "left"))
    return block(table("2.3", "The studies' own reports", columns, rows, source="provenance.json"))
