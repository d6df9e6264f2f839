"""A count of events in a protocol: what it needs, and every plan that is not offered with it, refused by name."""

from collections.abc import Iterator

from medicore.records.protocol.criteria import NUMERIC
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.rules.not_offered import estimands_not_offered, plans_not_offered

RATE_MEASURES = ("rate ratio", "rate difference")
"""The measures of a count: the ratio and the difference of the arms' rates of events per unit of exposure."""


def incoherent_counts(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, what contradicts a count, or asks for one where the outcome is none."""
    outcome = protocol.outcome
    if not outcome.counted:
        if outcome.exposure is not None:
            yield "outcome.exposure belongs to an outcome of type 'count'; delete it, or declare the type"
        if protocol.estimand.measure in RATE_MEASURES:
            yield (
                f"the measure {protocol.estimand.measure!r} is of an outcome of type 'count'; declare the type, or the measure "
                "'difference'"
            )
        yield from _endpoints(protocol)
        return
    yield from _columns(protocol)
    if protocol.estimand.measure not in RATE_MEASURES:
        yield (
            f"the measure {protocol.estimand.measure!r} is not of a count; declare 'rate ratio' or 'rate difference'"
        )
    yield from estimands_not_offered(protocol, "a count")
    yield from _not_offered(protocol)


def _endpoints(protocol: Protocol) -> Iterator[str]:
    for endpoint in protocol.secondary:
        if endpoint.graded or not endpoint.with_missing:
            yield (
                f"secondary endpoint {endpoint.name!r}: the type {endpoint.type!r} is offered for the primary outcome alone; delete the "
                "endpoint, or declare another type"
            )


def _columns(protocol: Protocol) -> Iterator[str]:
    outcome, column = protocol.outcome, protocol.contract.column(protocol.outcome.column)
    if column.type != "integer" or column.minimum is None or column.minimum < 0:
        yield f"count {column.name!r} must be an integer with a minimum of 0 or more; declare both in the contract"
    if outcome.exposure is None:
        yield (
            "outcome.exposure is missing; write the column of the time in which events were counted, as exposure: years"
        )
        return
    exposure = protocol.contract.column(outcome.exposure)
    if exposure.type not in NUMERIC or exposure.minimum is None or exposure.minimum <= 0:
        yield (
            f"exposure {exposure.name!r} must be a number with a minimum above 0, as nothing is counted in no time; declare the "
            "shortest exposure in the contract"
        )
    if exposure.timing != "follow-up":
        yield f"exposure {exposure.name!r} is not measured at follow-up"
    if exposure.name == column.name:
        yield f"exposure {exposure.name!r} is the count itself; name the column of the time in which events were counted"


def _not_offered(protocol: Protocol) -> Iterator[str]:
    outcome = protocol.outcome
    if outcome.missing is not None:
        yield (
            f"outcome.missing {outcome.missing.method!r} is not offered for a count, whose exposure says how long events were "
            "counted, nor is a tipping point; delete it"
        )
    if outcome.assessed not in (None, "none"):
        yield "outcome.assessed is not offered for a count, which is counted from the first day; delete it"
    yield from plans_not_offered(protocol, "a count")
    if "exposure" in {covariate.column for covariate in protocol.covariates}:
        yield "covariate 'exposure' has a name that the analysis set of a count needs for itself; rename it"
