"""extract and check: the data lock, the data contract, and the changes since the previous lock."""

from collections.abc import Mapping
from typing import Any

from presentation.writing.exhibits import Column, Row, facts, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, plural, significant
from presentation.writing.typst import block, call, joined


def data_lock(report: Report) -> str:
    """Return Table 9.1: the source of the data and the time of their export."""
    data, period = report.results["data"], report.results["study"]["period"]
    pairs = (
        ("Month", f"{period['begins'][:16]}Z to {period['ends'][:16]}Z ({period['timezone']})"),
        ("Source system", data["system"]),
        ("Source", data["source"]),
        ("Version of the data", data["version"]),
        ("Exported at", data["exported_at"]),
        (
            "Size",
            joined(
                f"{count(data['rows'])} subjects, {count(data['columns'])} columns",
                report.cite("data.rows", "data.columns"),
            ),
        ),
    )
    return block(facts("9.1", "The data lock", pairs, source="data"))


def contract(report: Report) -> str:
    """Return the result of the data contract's check, and Table 10.1 when the contract is broken."""
    check = report.results["check"]
    violations = check["violations"]
    size = f"{count(check['rows'])} rows and {count(check['columns'])} columns"
    cited = report.cite("check.rows", "check.columns")
    if not violations:
        words = f"All {size} satisfy the data contract of the protocol; no rule is violated."
        return block(call("para", words, cited))
    verdict = call(
        "para",
        f"{size} were checked: {plural(len(violations), 'violation')} of the data contract (Table 10.1).",
        cited,
    )
    columns = (
        Column(("Column",), "left", "1fr"),
        Column(("Rule",), "left", "1fr"),
        Column(("Expected",), "left", "1.4fr"),
        Column(("Values", "n")),
    )
    rows = [
        Row(
            (entry["column"], entry["rule"], str(entry["expected"]), count(entry["count"])),
            cited=report.cite(f"check.violations.{index}"),
        )
        for index, entry in enumerate(violations)
    ]
    return block(
        verdict, table("10.1", "Violations of the data contract", columns, rows, source="check.violations")
    )


def comparison(report: Report) -> str:
    """Return a paragraph about the changes since the previous data lock."""
    found = report.results["check"]["comparison"]
    if found["previous_month"] is None:
        return block(call("para", "There is no earlier data lock of this study to compare with."))
    changed = found["values_changed"]
    listed = "; ".join(map(_change, changed)) or "none"
    words = (
        f"Since the data lock of {found['previous_month']}, {count(found['subjects_added'])} subjects were added and "
        f"{count(found['subjects_vanished'])} are no longer in the export. Locked values that changed, by column: {listed}."
    )
    return block(call("para", words, report.cite("check.comparison")))


def _change(entry: Mapping[str, Any]) -> str:
    """Return how often the values of a column changed, and by how much at most where they are numbers."""
    largest = f" (by {significant(entry['largest'])} at most)" if "largest" in entry else ""
    return f"{entry['column']}: {count(entry['count'])}{largest}"


def deviations(report: Report, place: str = "section 11.7") -> str:
    """Return a paragraph that says whether the protocol is the approved one; ``place`` has the finding where it is not."""
    found = report.results["check"]["protocol"]
    if found["approved_with"] is None:
        words = "No run of this study was approved before; its protocol has nothing to deviate from."
    elif not found["keys"]:
        words = f"The protocol is the one approved with run {found['approved_with']}; there is no deviation."
    else:
        words = (
            f"The protocol differs from the one approved with run {found['approved_with']} in "
            f"{plural(len(found['keys']), 'key')}: {', '.join(found['keys'])}. The finding and its decision are in {place}."
        )
    return block(call("para", words))
