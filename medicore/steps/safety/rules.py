"""How the adverse events break their contract: values, dates, rows that come again, and subjects that nobody knows."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from medicore.ports.files import RecordFiles
from medicore.records.protocol.contract import Column
from medicore.records.protocol.monitoring import declared_harms
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.safety.plan import SUBJECT, TERM, Safety
from medicore.steps.data.casting import EXPECTED
from medicore.steps.data.schema import ALLOWED, REQUIRED, UNIQUE, broken_rules, expectation
from medicore.steps.safety.counted_terms import respelt
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
    yield from _of_terms(events, plan, protocol)
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
            expected = _expected(contract.column(name), rule, exported_on)
            message = f"Column {column}: {left} row(s) break the rule {rule!r}; expected {expected}."
            yield BrokenRule(column, rule, left, expected, message)


def _expected(column: Column, rule: str, exported_on: date) -> str:
    if rule == REQUIRED:
        return "a value for every event"
    if (column.name, rule) == (TERM, ALLOWED):
        return "one of the preferred terms that the safety plan lists"
    return expectation(column, rule, exported_on)


def _of_terms(events: AdverseEvents, plan: Safety, protocol: Protocol) -> Iterator[BrokenRule]:
    """Yield each counted term that events have in another spelling; they would not count."""
    if plan.preferred_terms:
        return  # any other spelling is a value that the plan does not list
    for harm in declared_harms(protocol.monitoring):
        for term, count in respelt(harm.terms, events.table[TERM]).items():
            message = (
                f"{count} adverse event(s) have a term that differs by blanks, case or Unicode form alone from {term!r} of the "
                f"harm {harm.name!r}, and would not count."
            )
            yield BrokenRule(f"{PREFIX}.{TERM}", "spelling of a counted term", count, repr(term), message)


def _of_time(plan: Safety, extract: pd.DataFrame) -> Iterator[BrokenRule]:
    first, last = plan.at_risk.first, plan.at_risk.last
    both = extract[[first, last]].dropna()
    backwards = sum(one > other for one, other in zip(both[first], both[last], strict=True))
    if backwards:
        message = f"Column {last}: {backwards} date(s) are before the first day at risk, column {first}."
        yield BrokenRule(
            last, "not before the first day at risk", backwards, f"no date before {first}", message
        )
