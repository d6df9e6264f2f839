"""Families of several studies' primaries: adjusted p-values and decisions."""

from typing import Any

from presentation.portfolio.inputs import Portfolio
from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.numbers import MISSING, p_value, percent
from presentation.writing.typst import block, call


def decided(portfolio: Portfolio) -> str:
    """Return Table 3.2: every family across studies with the decision on each primary, or a sentence without one."""
    found, hidden = portfolio.contents["families"], portfolio.contents.get("closed_families", [])
    closed = f"Not decided here, since the comparative results of a study of theirs are closed: {', '.join(hidden)}."
    if not found and hidden:
        return block(call("para", closed))
    if not found:
        words = "No family across studies is declared: the studies' p-values are not adjusted for each other."
        return block(call("para", words))
    columns = (
        Column(("Study",), "left"),
        Column(("Run",), "left"),
        Column(("p", "sequential")),
        Column(("p", "adjusted")),
        Column(("Decision",), "left"),
        Column(("Reason",), "left", "1fr"),
    )
    rows: list[Row | Group] = []
    for family in found:
        rows.append(Group(_heading(family)))
        rows += [
            Row(
                (
                    one["study"],
                    one["run"] or MISSING,
                    p_value(one["entering_p"]),
                    p_value(one["adjusted_p"]),
                    "rejected" if one["rejected"] else "not rejected",
                    one["reason"],
                ),
                "indented",
            )
            for one in family["hypotheses"]
        ]
    note = (
        "Hypotheses of no primary effect, each by the sequential p-value of the run that represents the month. A study counts as "
        "p = 1 while it is not sealed, where its look was not planned, and where its run is of code without this very "
        "declaration in studies/families.yaml."
    )
    note = f"{note} {closed}" if hidden else note
    return block(table("3.2", "Families across studies", columns, rows, note=note, source="monitoring"))


def _heading(family: dict[str, Any]) -> str:
    return (
        f"{family['name']}: {family['method']}, level {percent(family['alpha'], 1)}; declared in commit "
        f"{family['declared_in'][:12]}"
    )
