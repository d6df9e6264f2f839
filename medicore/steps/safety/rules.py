"""How the adverse events break their contract: values, dates, rows that come again, and subjects that nobody knows."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from medicore.ports.files import RecordFiles
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.safety.plan import SUBJECT, Safety
from medicore.steps.data.casting import EXPECTED
from medicore.steps.data.schema import REQUIRED, UNIQUE, broken_rules, expectation
from medicore.steps.safety.events import AdverseEvents, frozen_events

PREFIX = "adverse_events"
WHOLE = f"{PREFIX} (whole table)"
"""The column name of a rule that is about the table itself."""


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A broken rule of the safety data: its column, the number of cases, and what was expected. It never holds a value."""

    column: str
    rule: str
    count: int
    expected: str
    message: str


def broken_event_rules(
    files: RecordFiles, protocol: Protocol, extract: pd.DataFrame, exported_on: date
) -> Iterator[BrokenRule]:
    """Yield what the adverse events break, and what contradicts the time at risk; nothing without a safety plan.

    ``exported_on`` is the day of the export in the study's calendar; no event may begin after it.
    """
    plan = protocol.safety
    if plan is None:
        return
    events = frozen_events(files, plan, protocol)
    yield from _of_rows(events, extract[protocol.contract.subject])
    yield from _of_values(events, plan, protocol, exported_on)
    yield from _of_time(plan, extract)


def _of_rows(events: AdverseEvents, subjects: pd.Series) -> Iterator[BrokenRule]:
    if events.repeated:
        message = f"{events.repeated} row(s) of the adverse events are the same in every column as a row before them."
        yield BrokenRule(WHOLE, "different rows", events.repeated, "a row for each event", message)
    known = set(subjects.dropna().astype(str))
    unknown = sum(str(subject) not in known for subject in events.table[SUBJECT].dropna())
    if unknown:
        message = f"{unknown} adverse event(s) are of a subject that the extract does not have."
        yield BrokenRule(f"{PREFIX}.{SUBJECT}", "known subject", unknown, "subjects of the extract", message)


def _of_values(
    events: AdverseEvents, plan: Safety, protocol: Protocol, exported_on: date
) -> Iterator[BrokenRule]:
    contract = plan.contract(protocol.contract.missing)
    uncastable: Counter[str] = Counter()
    for failure in events.uncastable:
        uncastable[failure.column] += failure.count
        column, expected = f"{PREFIX}.{failure.column}", EXPECTED[failure.rule]
        message = f"Column {column}: {failure.count} value(s) are not {expected}."
        yield BrokenRule(column, failure.rule, failure.count, expected, message)
    broken = broken_rules(events.table, contract, exported_on)
    for (name, rule), count in sorted(broken.items()):
        if (name, rule) == (SUBJECT, UNIQUE):
            continue  # a subject may have many events
        # A value that could not be cast became missing, and it already is a broken rule.
        left = count - uncastable[name] if rule == REQUIRED else count
        if left > 0:
            column = f"{PREFIX}.{name}"
            expected = (
                "a value for every event"
                if rule == REQUIRED
                else expectation(contract.column(name), rule, exported_on)
            )
            message = f"Column {column}: {left} row(s) break the rule {rule!r}; expected {expected}."
            yield BrokenRule(column, rule, left, expected, message)


def _of_time(plan: Safety, extract: pd.DataFrame) -> Iterator[BrokenRule]:
    first, last = plan.at_risk.first, plan.at_risk.last
    both = extract[[first, last]].dropna()
    backwards = sum(one > other for one, other in zip(both[first], both[last], strict=True))
    if backwards:
        message = f"Column {last}: {backwards} date(s) are before the first day at risk, column {first}."
        yield BrokenRule(
            last, "not before the first day at risk", backwards, f"no date before {first}", message
        )
