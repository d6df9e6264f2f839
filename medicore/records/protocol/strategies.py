"""The rules for the outcome's schedule, its missing values and the strategies: each must be something that is computed."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from medicore.records.protocol.criteria import NUMERIC, require_fit
from medicore.records.protocol.intercurrent import IntercurrentEvent
from medicore.records.protocol.monitoring import MISSING
from medicore.records.protocol.outcome import COMPUTED, MIXED, REFERENCE_BASED
from medicore.records.protocol.protocol import Protocol

_OWN_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "treatment policy": (),
        "hypothetical": (),
        "composite variable": ("composite",),
        "while on treatment": ("column_before", "duration"),
        "principal stratum": (),
    }
)
"""The keys by which a strategy says what it computes."""


def planned_columns(protocol: Protocol) -> set[str]:
    """Return the columns that schedule, visits, intercurrent events and observation model name."""
    schedule, missing, visits = protocol.outcome.schedule, protocol.outcome.missing, protocol.outcome.visits
    named = {schedule.anchor, schedule.visit} if schedule is not None else set()
    named |= set(visits.columns if visits is not None else ())
    for event in protocol.estimand.intercurrent_events:
        named |= {event.column_before, event.duration}
        if event.rule is not None:
            named |= {event.rule.column, event.rule.date}
    named |= {protocol.outcome.event, protocol.outcome.exposure, protocol.treatment.ended}
    return {name for name in named if name is not None} | set(missing.covariates if missing else ())


def incoherent_strategies(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, what contradicts the contract in schedule, missing outcomes and intercurrent events."""
    yield from _schedule(protocol)
    yield from _observation(protocol)
    for event in protocol.estimand.intercurrent_events:
        yield from _detection(protocol, event)
        yield from _own_keys(protocol, event)


def unplanned(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, what a new run needs and the protocol leaves open, or plans though nothing computes it."""
    outcome, column = protocol.outcome, protocol.outcome.column
    if protocol.monitoring is None:
        yield f"monitoring {MISSING}"
    if outcome.assessed is None and outcome.with_missing:
        yield (
            "outcome.assessed is missing; write {anchor: <date column>, day: 182, window: [-14, 28]}, {visit: <date "
            "column>}, or none where the extract has no dates"
        )
    if outcome.missing is None and outcome.with_missing:
        yield "outcome.missing is missing; write outcome.missing: {method: weighted}, or {method: complete cases}"
    elif outcome.missing is not None and outcome.missing.method not in (*COMPUTED, MIXED):
        yield (
            f"outcome.missing.method {outcome.missing.method!r} is computed by nothing yet; write one of "
            f"{', '.join(COMPUTED)}; outcome.visits has 'copy increments' as a sensitivity analysis"
        )
    for criterion in protocol.eligibility:
        if criterion.column in (column, outcome.event, outcome.exposure):
            yield (
                f"criterion {criterion.name!r} selects by the outcome {criterion.column!r}; delete it, and say under outcome.missing "
                "what is done where the outcome is missing"
            )
    for event in protocol.estimand.intercurrent_events:
        yield from _uncomputed(event)


def _schedule(protocol: Protocol) -> Iterator[str]:
    schedule = protocol.outcome.schedule
    for key, name in (("anchor", schedule.anchor), ("visit", schedule.visit)) if schedule else ():
        yield from _needs_date(protocol, f"outcome.assessed.{key}", name)
    yield from _needs_date(protocol, "treatment.ended", protocol.treatment.ended)
    if protocol.treatment.ended is not None and (schedule is None or schedule.anchor is None):
        yield (
            "treatment.ended has no time zero from which days are counted; write outcome.assessed with an anchor, or delete "
            "treatment.ended"
        )


def _needs_date(protocol: Protocol, place: str, name: str | None) -> Iterator[str]:
    if name is not None and (kind := protocol.contract.column(name).type) != "date":
        yield f"{place}: column {name!r} is of type {kind}; expected a date; name a column of type date"


def _observation(protocol: Protocol) -> Iterator[str]:
    missing = protocol.outcome.missing
    if missing is None:
        return
    stray = sorted(set(missing.covariates) - {covariate.column for covariate in protocol.covariates})
    if stray:
        yield f"columns {stray} are in outcome.missing.covariates but are not covariates"
    if missing.covariates and missing.method in ("complete cases", MIXED):
        yield (
            "outcome.missing.covariates belong to a model of being observed or of missing outcomes; delete them, or declare "
            "the method 'weighted' or 'multiple imputation'"
        )
    if missing.method == "weighted" and protocol.imputation.method == "multiple":
        yield (
            "multiple imputation of covariates uses everyone's outcome, so that it cannot be combined with "
            "outcome.missing.method 'weighted'; declare 'multiple imputation' of the outcome as well, 'complete cases', or "
            "another imputation"
        )
    if missing.method in REFERENCE_BASED and protocol.outcome.type != "continuous":
        yield (
            f"outcome.missing.method {missing.method!r} is for a continuous outcome; declare 'weighted' or 'multiple "
            "imputation'"
        )
    several = protocol.imputation.number if protocol.imputation.method == "multiple" else missing.number
    if protocol.outcome.imputed and several != missing.number:
        yield (
            f"covariates are imputed {several} times and outcomes {missing.number} times; expected one number, as they are "
            "drawn together; write the same under imputation.number and outcome.missing.number"
        )


def _detection(protocol: Protocol, event: IntercurrentEvent) -> Iterator[str]:
    rule, place = event.rule, f"intercurrent event {event.event!r}"
    if rule is None:
        return
    try:
        require_fit(protocol, rule.criterion(event.event), place)
    except ValueError as error:
        yield str(error)
    yield from _needs_date(protocol, f"{place}: detect.date", rule.date)
    if rule.column == protocol.outcome.column:
        yield f"{place} is detected by the outcome itself; name a column that tells of the event"


def _own_keys(protocol: Protocol, event: IntercurrentEvent) -> Iterator[str]:
    place, own = f"intercurrent event {event.event!r}", _OWN_KEYS[event.strategy]
    for key in ("composite", "column_before", "duration"):
        if getattr(event, key) is not None and key not in own:
            yield f"{place}: {key!r} belongs to another strategy than {event.strategy!r}; delete it"
    if event.reason is not None and event.detect != "none":
        yield f"{place}: 'reason' says why an event is not collected; delete it, or write detect: none"
    for key in ("column_before", "duration"):
        name = getattr(event, key)
        if name is not None and protocol.contract.column(name).type not in NUMERIC:
            yield f"{place}: {key} {name!r} is no number; name a column of type number or integer"
    if protocol.outcome.type == "binary" and event.composite not in {None, 0, 1}:
        yield f"{place}: composite {event.composite:g} is no value of a binary outcome; write 0 or 1"


def _uncomputed(event: IntercurrentEvent) -> Iterator[str]:
    """Yield what is lacking for the strategy of an event to be computed."""
    place = f"intercurrent event {event.event!r}"
    if event.strategy == "principal stratum":
        yield (
            f"{place}: nothing computes the strategy 'principal stratum'; declare another, such as hypothetical or "
            "composite variable, with the rule that detects the event"
        )
        return
    if event.detect is None:
        yield (
            f"{place} has no 'detect'; write detect: {{column: <column>, operator: present}}, or detect: none with a reason "
            "under the strategy treatment policy"
        )
    if event.detect == "none" and (event.strategy != "treatment policy" or event.reason is None):
        yield (
            f"{place}: detect: none is for the strategy 'treatment policy' and needs a 'reason'; write the rule that "
            "detects the event, or the reason why it is not collected"
        )
    yield from _NEEDS.get(event.strategy, _nothing)(event, place)


def _nothing(_: IntercurrentEvent, __: str) -> Iterator[str]:
    yield from ()


def _composite(event: IntercurrentEvent, place: str) -> Iterator[str]:
    if event.composite is None:
        yield f"{place}: the strategy 'composite variable' needs the outcome of who has the event; write composite: 0"


def _while_treated(event: IntercurrentEvent, place: str) -> Iterator[str]:
    if event.column_before is None:
        yield f"{place}: the strategy 'while on treatment' needs the last value before the event; write column_before"
    if event.duration is None and (event.rule is None or event.rule.date is None):
        yield f"{place}: the time on treatment is unknown; write duration: <column of days>, or detect.date"


_NEEDS: Mapping[str, Callable[[IntercurrentEvent, str], Iterator[str]]] = MappingProxyType(
    {"composite variable": _composite, "while on treatment": _while_treated}
)
