"""Repeated visits in a protocol: what they need, and every plan that is not offered with them, refused by name."""

from collections.abc import Iterator

from medicore.records.protocol.criteria import NUMERIC
from medicore.records.protocol.outcome import MIXED, Visits
from medicore.records.protocol.protocol import Protocol


def incoherent_visits(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, what contradicts the declared visits; nothing where there are none."""
    for endpoint in protocol.secondary:
        if endpoint.visits is not None:
            yield (
                f"secondary endpoint {endpoint.name!r}: visits are offered for the primary outcome; delete them, or declare a "
                "secondary endpoint for each visit"
            )
    yield from _primary(protocol)
    visits = protocol.outcome.visits
    if visits is None:
        return
    yield from _columns(protocol, visits)
    yield from _model(protocol, visits)
    yield from _not_offered(protocol)


def _primary(protocol: Protocol) -> Iterator[str]:
    """Yield what contradicts the mixed model as the primary estimator, or its method for missing outcomes without it."""
    plan, visits, method = protocol.inference, protocol.outcome.visits, protocol.outcome.method
    if not plan.mixed:
        if method == MIXED:
            yield (
                f"outcome.missing.method {MIXED!r} is that of the primary estimator 'mmrm'; declare inference.estimator 'mmrm', or "
                "another method"
            )
        return
    name = "inference.estimator 'mmrm'"
    if visits is None:
        yield f"{name} needs the visits; write outcome.visits: {{columns: [<first visit>, …, <outcome>]}}"
    elif visits.likelihood != "restricted":
        yield (
            f"{name} is not offered with outcome.visits.likelihood 'full', which makes variances too small; write 'restricted'"
        )
    if method not in ("", MIXED):
        yield (
            f"{name} has its own method for missing outcomes, in place of {method!r}; write outcome.missing: {{method: {MIXED}}}"
        )
    if plan.heterogeneous:
        yield f"{name} has one model for all arms; delete inference.heterogeneous"
    strata = protocol.randomisation.strata if protocol.randomisation is not None else ()
    stray = sorted(set(strata) - set(protocol.models.outcome))
    if stray:
        yield (
            f"{name} takes a scheme of randomisation into account by its strata; expected {stray} in models.outcome; add them"
        )


def _columns(protocol: Protocol, visits: Visits) -> Iterator[str]:
    if visits.columns[-1] != protocol.outcome.column:
        yield (
            f"outcome.visits.columns ends with {visits.columns[-1]!r}; expected the outcome {protocol.outcome.column!r} as the "
            "last visit"
        )
    twice = sorted({name for name in visits.columns if visits.columns.count(name) > 1})
    if twice:
        yield f"outcome.visits.columns names {twice} twice; name one column for each visit"
    for name in dict.fromkeys(visits.columns):
        column = protocol.contract.column(name)
        if column.type not in NUMERIC:
            yield f"visit {name!r} is of type {column.type}; expected a number; name a column of type number or integer"
        if column.timing != "follow-up":
            yield f"visit {name!r} is not measured at follow-up"


def _model(protocol: Protocol, visits: Visits) -> Iterator[str]:
    stray = sorted(set(visits.by_visit) - set(protocol.models.outcome))
    if stray:
        yield f"columns {stray} are in outcome.visits.by_visit but not in models.outcome"
    if visits.likelihood == "full" and visits.degrees_of_freedom != "satterthwaite":
        yield (
            f"outcome.visits.degrees_of_freedom {visits.degrees_of_freedom!r} is for restricted likelihood; write "
            "'satterthwaite', or likelihood: restricted"
        )


def _not_offered(protocol: Protocol) -> Iterator[str]:
    if protocol.design != "randomised":
        yield "outcome.visits is for a randomised study; delete it in an observational one"
    if protocol.outcome.type != "continuous":
        yield (
            f"outcome.visits is for a continuous outcome, not for one of type {protocol.outcome.type!r}; delete it"
        )
    if protocol.imputation.method == "multiple":
        yield (
            "outcome.visits is not offered with multiple imputation of covariates; declare imputation 'none', or 'single'"
        )
    if protocol.trimming.method != "none":
        yield "outcome.visits is not offered with trimming; declare trimming: {method: none}"
    for event in protocol.estimand.intercurrent_events:
        if event.strategy != "treatment policy":
            yield (
                f"intercurrent event {event.event!r}: the strategy {event.strategy!r} is not offered with outcome.visits, as it "
                "is not known which visits come after the event; declare 'treatment policy', or delete the visits"
            )
