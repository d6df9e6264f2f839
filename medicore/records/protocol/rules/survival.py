"""A time to event in a protocol: what it needs, and every plan that is not offered with it, refused by name."""

from collections.abc import Iterator

from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.rules.not_offered import estimands_not_offered, plans_not_offered

SURVIVAL_MEASURES = ("survival difference", "rmst difference")
"""The measures of a time to event: the difference of the probability of survival to the horizon, and of the restricted mean."""

OWN = ("event", "horizon", "competing", "censoring")
"""The keys of an outcome that only a time to event has."""


def incoherent_survival(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, what contradicts a time to event, or asks for one where the outcome is none."""
    outcome = protocol.outcome
    if not outcome.timed:
        strange = [key for key in OWN if getattr(outcome, key) is not None]
        if strange:
            yield (
                f"outcome.{strange[0]} belongs to an outcome of type 'time to event'; delete it, or declare the type"
            )
        if protocol.estimand.measure in SURVIVAL_MEASURES:
            yield (
                f"the measure {protocol.estimand.measure!r} is of an outcome of type 'time to event'; declare the type, or the "
                "measure 'difference'"
            )
        return
    yield from _follow_up(protocol)
    yield from _status(protocol)
    yield from _estimand(protocol)
    yield from _not_offered(protocol)


def _follow_up(protocol: Protocol) -> Iterator[str]:
    outcome, column = protocol.outcome, protocol.contract.column(protocol.outcome.column)
    if column.minimum is None or column.minimum < 0:
        yield f"time of follow-up {column.name!r} may be negative by the contract; declare its minimum, 0 or more"
    if outcome.horizon is None:
        yield "outcome.horizon is missing; write the time at which survival is compared, such as horizon: 365"
    elif column.maximum is not None and column.maximum < outcome.horizon:
        yield (
            f"outcome.horizon {outcome.horizon:g} is beyond the largest time of follow-up that the contract allows, "
            f"{column.maximum:g}; declare an earlier one"
        )


def _status(protocol: Protocol) -> Iterator[str]:
    outcome = protocol.outcome
    if outcome.event is None:
        yield (
            "outcome.event is missing; write the column that says how follow-up ended: 0 censored, 1 with the event, 2 with a "
            "competing event"
        )
        return
    column, last = protocol.contract.column(outcome.event), 2 if outcome.competing else 1
    if (column.type, column.minimum, column.maximum) != ("integer", 0, last):
        yield (
            f"event {column.name!r} must be an integer with minimum 0 and maximum {last}; recode what is delivered, as "
            "recode: {'0': '1', '1': '0'} for a flag of censoring"
        )
    if column.timing != "follow-up":
        yield f"event {column.name!r} is not measured at follow-up"
    if column.name == outcome.column:
        yield f"event {column.name!r} is the time of follow-up itself; name the column that says how follow-up ended"


def _estimand(protocol: Protocol) -> Iterator[str]:
    estimand = protocol.estimand
    if estimand.measure not in SURVIVAL_MEASURES:
        yield (
            f"the measure {estimand.measure!r} is not of a time to event; declare 'survival difference' or 'rmst difference'"
        )
    yield from estimands_not_offered(protocol, "a time to event")


def _not_offered(protocol: Protocol) -> Iterator[str]:
    outcome, covariates = protocol.outcome, {covariate.column for covariate in protocol.covariates}
    if outcome.missing is not None:
        yield (
            f"outcome.missing {outcome.missing.method!r} is not offered for a time to event, whose follow-up ends by censoring; "
            "delete it, and name covariates of the hazard of censoring under outcome.censoring"
        )
    if outcome.assessed not in (None, "none"):
        yield (
            "outcome.assessed is not offered for a time to event, which is followed from the first day; delete it"
        )
    yield from plans_not_offered(protocol, "a time to event")
    stray = sorted(set(outcome.censoring.covariates if outcome.censoring else ()) - covariates)
    if stray:
        yield f"columns {stray} are in outcome.censoring.covariates but are not covariates"
    if "event" in covariates:
        yield "covariate 'event' has a name that the analysis set of a time to event needs for itself; rename it"
