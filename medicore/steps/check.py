"""check: the data contract, the comparison with the previous data lock, and the approved protocol; a deviation halts."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from medicore.ports.files import RecordFiles
from medicore.records.delivery.delivered import announced_rows
from medicore.records.delivery.same_form import near_words
from medicore.records.finding import PREVIOUS_LOCK, Finding
from medicore.records.protocol.calendar import local_date
from medicore.records.protocol.protocol import Protocol
from medicore.steps.data.casting import EXPECTED
from medicore.steps.data.comparison import Comparison, compare, previous_extract
from medicore.steps.data.deviation import deviation, deviation_findings
from medicore.steps.data.schema import REQUIRED, broken_rules, expectation
from medicore.steps.gate import read_section, write_section
from medicore.steps.safety.rules import broken_event_rules

CONTRACT = "contract"
PREVIOUS = PREVIOUS_LOCK
WHOLE = "(whole extract)"
"""The column name of a rule that is about the extract itself."""

_MOST_PLACES = 20
"""The largest number of columns whose places are told."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule: its origin, its column, the number of cases, and what was expected. It never holds a value."""

    gate: str
    column: str
    rule: str
    count: int
    expected: str
    message: str
    overridable: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the violation in the form of check.json."""
        return {"column": self.column, "rule": self.rule, "count": self.count, "expected": self.expected}

    def as_finding(self) -> Finding:
        """Return the finding; a broken contract needs new data, so that a signature overrides a corrected value alone."""
        return Finding(
            step="check",
            gate=self.gate,
            subject=self.column,
            statistic=str(self.count),
            threshold="0",
            message=self.message,
            overridable=self.overridable,
        )


def check(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Compare the extract with the contract and the previous data lock, write the result, and return the findings.

    Raises
    ------
    IntegrityError
        When the previous extract differs from the one that was frozen.
    """
    made = read_section(files, "extract")
    table = files.read_table("extract.parquet")
    exported_on = local_date(datetime.fromisoformat(made["exported_at"]), protocol.calendar.timezone)
    comparison = compare(table, previous_extract(files), protocol.contract)
    violations = [
        *_of_transfer(made),
        *_of_columns(made),
        *_of_values(made, table, protocol, exported_on),
        *_of_comparison(comparison, protocol),
        *_of_events(files, table, protocol, exported_on),
    ]
    section: dict[str, Any] = {
        "rows": len(table),
        "columns": len(table.columns),
        "violations": [violation.as_json() for violation in violations],
        "comparison": {
            "previous_month": comparison.previous_month,
            "subjects_added": comparison.subjects_added,
            "subjects_vanished": comparison.subjects_vanished,
            "values_changed": [
                {key: value for key, value in asdict(changed).items() if value is not None}
                for changed in comparison.values_changed
            ],
        },
        "protocol": deviation(files, protocol),
    }
    findings = (
        *(violation.as_finding() for violation in violations),
        *deviation_findings(section["protocol"], protocol),
    )
    return write_section(files, "check", section, findings)


def _of_transfer(made: dict[str, Any]) -> Iterator[Violation]:
    if made["rows"] == 0:
        yield _violation(WHOLE, "not empty", 1, "at least one subject", "The export has no subjects at all.")
    for rows, announced in _counts(made):
        if rows == announced:
            continue
        yield _violation(
            WHOLE,
            "row count",
            abs(rows - announced),
            f"{announced} rows",
            f"The export has {rows} rows, but its manifest announces {announced}: it is not complete.",
        )


def _counts(made: dict[str, Any]) -> list[tuple[int, int]]:
    """Return the numbers of rows that were read and announced: for the delivery or each joined file, and of events."""
    announced = announced_rows(made["files"])
    if "datasets" in made:
        counts = [(dataset["rows"], announced[dataset["file"]]) for dataset in made["datasets"]]
    else:
        counts = [(made["rows"], sum(file["rows"] for file in made["files"]))]
    if (events := made.get("adverse_events")) is None:
        return counts
    of_events = announced[events["table"]]
    if "datasets" not in made:
        counts = [(rows, whole - of_events) for rows, whole in counts]
    return [*counts, (events["rows"], of_events)]


def _of_columns(made: dict[str, Any]) -> Iterator[Violation]:
    near = made.get("near_misses", {})
    for name in made["missing"]:
        message = f"Column {name} of the data contract is not in the export"
        if name in near:
            message += f"; its {near_words(near[name]['place'], near[name]['found'])}"
        message += "."
        yield _violation(name, "delivered", 1, "the column in the export", message)
    for name in made["unexpected"]:
        message = f"Column {name} is in the export but not in the data contract."
        yield _violation(name, "declared", 1, "only columns of the contract", message)
    if made["unnamed"]:
        places = ", ".join(map(str, made.get("unnamed_places", ())[:_MOST_PLACES]))
        at = f" (in place {places})" if places else ""
        message = (
            f"{made['unnamed']} column(s) of the export{at} are not in the data contract; names withheld."
        )
        yield _violation(WHOLE, "declared", made["unnamed"], "only columns of the contract", message)


def _of_values(
    made: dict[str, Any], table: pd.DataFrame, protocol: Protocol, exported_on: date
) -> Iterator[Violation]:
    contract = protocol.contract
    if contract.blinded:
        for entry in made["unblinding"]:
            message = f"Column {entry['column']} would unblind the study, which is blinded; its values were not kept."
            yield _violation(entry["column"], "blinded", max(1, entry["count"]), "no such column", message)
    uncastable: Counter[str] = Counter()
    for entry in made["uncastable"]:
        name, rule, count = entry["column"], entry["rule"], entry["count"]
        uncastable[name] += count
        expected = EXPECTED[rule]
        yield _violation(name, rule, count, expected, f"Column {name}: {count} value(s) are not {expected}.")
    broken = broken_rules(table, contract, exported_on)
    for (name, rule), count in sorted(
        broken.items(), key=lambda item: (contract.names.index(item[0][0]), item[0][1])
    ):
        # A value that could not be cast became missing, and it already has a violation.
        left = count - uncastable[name] if rule == REQUIRED else count
        if left > 0 and not (rule == REQUIRED and name in made["missing"]):
            expected = expectation(contract.column(name), rule, exported_on)
            message = f"Column {name}: {left} row(s) break the rule {rule!r}; expected {expected}."
            yield _violation(name, rule, left, expected, message)


def _of_comparison(comparison: Comparison, protocol: Protocol) -> Iterator[Violation]:
    month = comparison.previous_month
    if comparison.subjects_vanished:
        count = comparison.subjects_vanished
        message = f"{count} subject(s) of the data lock of {month} are no longer in the export"
        if comparison.spelled_anew:
            message += (
                f"; {comparison.spelled_anew} of them are there in another spelling, which differs by blanks, case or "
                "Unicode form alone"
            )
        subject = protocol.contract.subject
        yield Violation(PREVIOUS, subject, "vanished", count, f"every subject of {month}", f"{message}.")
    for changed in comparison.values_changed:
        column = protocol.contract.column(changed.column)
        message = f"Column {changed.column}: {changed.count} locked value(s) are not what they were in the data lock of {month}"
        if changed.largest is not None:
            message += f"; the largest difference is {changed.largest:.6g} {column.unit or ''}".rstrip()
        message += ". Quality may sign that the source corrected them."
        yield Violation(
            PREVIOUS,
            changed.column,
            "locked",
            changed.count,
            f"the values of {month}",
            message,
            overridable=True,
        )


def _of_events(
    files: RecordFiles, table: pd.DataFrame, protocol: Protocol, exported_on: date
) -> Iterator[Violation]:
    for broken in broken_event_rules(files, protocol, table, exported_on):
        yield _violation(broken.column, broken.rule, broken.count, broken.expected, broken.message)


def _violation(column: str, rule: str, count: int, expected: str, message: str) -> Violation:
    return Violation(CONTRACT, column, rule, count, expected, message)
