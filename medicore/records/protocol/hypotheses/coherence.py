"""Coherence of secondary endpoints and families: each must be something that is computed, at a level that holds."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from medicore.records.protocol.hypotheses.endpoint import SecondaryEndpoint
from medicore.records.protocol.hypotheses.family import (
    BY_DISCOVERY,
    BY_SIMES,
    PRIMARY,
    Family,
    SubgroupHypothesis,
)
from medicore.records.protocol.monitoring import AlphaSpendingPlan, ConfidenceSequencePlan, SingleLookPlan
from medicore.records.protocol.outcome import COMPUTED
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.strategies import incoherent_strategies, planned_columns

Rule = Callable[[Protocol], None]

_PRIMARY_ONLY = ("composite variable", "while on treatment")
"""The strategies that set the outcome to a value of the primary's own column or scale."""


def protocol_of(protocol: Protocol, endpoint: SecondaryEndpoint) -> Protocol:
    """Return the protocol in which a secondary endpoint is the outcome, and all else is as it was.

    Beside an ANCOVA, an endpoint of 0 and 1 is estimated by g-computation, which has the same form of model. Beside a mixed
    model of visits, which an endpoint has none of, it is estimated by ANCOVA or g-computation.
    """
    estimand = protocol.estimand.model_copy(update={"measure": endpoint.measure, "variable": endpoint.label})
    changed = {"outcome": endpoint, "estimand": estimand, "secondary": (), "families": ()}
    if protocol.inference.estimator in ("ancova", "mmrm"):
        estimator = "g-computation" if endpoint.type == "binary" else "ancova"
        changed["inference"] = protocol.inference.model_copy(update={"estimator": estimator})
    return protocol.model_copy(update=changed)


def incoherent_endpoints(protocol: Protocol, rules: Sequence[Rule]) -> Iterator[str]:
    """Yield, in words, why a secondary endpoint cannot be analysed; ``rules`` raise ValueError for a primary outcome."""
    counts = Counter(endpoint.name for endpoint in protocol.secondary)
    for name, count in counts.items():
        if count > 1:
            yield f"secondary: {count} endpoints have the name {name!r}; expected different names; rename one"
    for endpoint in protocol.secondary:
        for problem in dict.fromkeys(_endpoint(protocol, endpoint, rules)):
            yield f"secondary endpoint {endpoint.name!r}: {problem}"


def _endpoint(protocol: Protocol, endpoint: SecondaryEndpoint, rules: Sequence[Rule]) -> Iterator[str]:
    if endpoint.name == PRIMARY:
        yield "the name 'primary' is that of the primary hypothesis in a family; write another"
    own = protocol_of(protocol, endpoint)
    missing = sorted({endpoint.column, *planned_columns(own)} - set(protocol.contract.names))
    if missing:
        yield f"columns {missing} are used but not in the contract"
        return
    if endpoint.column == protocol.outcome.column:
        yield f"column {endpoint.column!r} is the primary outcome; name another column"
    for rule in rules:
        try:
            rule(own)
        except ValueError as error:
            yield str(error)
    known = set(incoherent_strategies(protocol))
    yield from (words for words in incoherent_strategies(own) if words not in known)
    yield from _beside_the_primary(protocol, endpoint)


def _beside_the_primary(protocol: Protocol, endpoint: SecondaryEndpoint) -> Iterator[str]:
    """Yield what is not computed for an endpoint beside this primary outcome."""
    if endpoint.missing.method not in COMPUTED:
        yield (
            f"missing.method {endpoint.missing.method!r} is computed by nothing yet; write one of {', '.join(COMPUTED)}"
        )
    for event in protocol.estimand.intercurrent_events:
        if event.strategy in _PRIMARY_ONLY:
            yield (
                f"the strategy {event.strategy!r} of the intercurrent event {event.event!r} sets the primary outcome alone; "
                "expected treatment policy or hypothetical beside secondary endpoints; delete the endpoint, or declare "
                "another strategy"
            )
    for criterion in protocol.eligibility:
        if criterion.column == endpoint.column:
            yield f"criterion {criterion.name!r} selects by the endpoint; delete the criterion, or the endpoint"


def incoherent_families(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, why a family cannot be tested at its level."""
    counts = Counter(family.name for family in protocol.families)
    for name, count in counts.items():
        if count > 1:
            yield f"families: {count} families have the name {name!r}; expected different names; rename one"
    tested = Counter(key for family in protocol.families for key in family.keys)
    for key, count in tested.items():
        if count > 1:
            yield (
                f"families: the hypothesis {key!r} is tested {count} times; expected each in one family, once; delete it "
                "elsewhere"
            )
    for family in protocol.families:
        for problem in (
            *_hypotheses(protocol, family),
            *_methods(protocol, family),
            *_levels(protocol, family),
            *_month(protocol, family),
        ):
            yield f"family {family.name!r}: {problem}"


def _hypotheses(protocol: Protocol, family: Family) -> Iterator[str]:
    """Yield which hypotheses the protocol does not declare."""
    known = (PRIMARY, *(endpoint.name for endpoint in protocol.secondary))
    for one in family.hypotheses:
        if isinstance(one, SubgroupHypothesis):
            yield from _subgroup(protocol, one)
        elif one not in known:
            yield (
                f"the hypothesis {one!r} is not declared; expected one of {', '.join(known)}, or a level of a subgroup as "
                "{subgroup: <column>, level: <value>}"
            )


def _subgroup(protocol: Protocol, one: SubgroupHypothesis) -> Iterator[str]:
    if one.subgroup not in protocol.sensitivity.subgroups:
        yield f"{one.subgroup!r} is not a planned subgroup; write it under sensitivity.subgroups"
        return
    levels = protocol.contract.column(one.subgroup).values or ()
    if one.level not in levels:
        yield f"{one.level!r} is not an allowed value of column {one.subgroup!r}; expected one of {', '.join(levels)}"


def _repeated(protocol: Protocol) -> bool:
    """Return whether the plan for the looks has the primary tested again and again."""
    return isinstance(protocol.monitoring, AlphaSpendingPlan | ConfidenceSequencePlan)


def _methods(protocol: Protocol, family: Family) -> Iterator[str]:
    """Yield why the method does not hold for these hypotheses."""
    if PRIMARY not in family.keys:
        return
    if family.method in BY_DISCOVERY:
        yield (
            f"{family.method!r} holds the false discovery rate, and the primary hypothesis needs a family-wise error rate; "
            "write holm, fixed sequence or graph, or take primary out"
        )
    elif family.method in BY_SIMES and _repeated(protocol):
        yield (
            f"{family.method!r} is not proved for the sequential p-value of a primary that is looked at again and again, "
            "together with others of the same subjects; write holm, fixed sequence or graph"
        )


def _levels(protocol: Protocol, family: Family) -> Iterator[str]:
    """Yield where level or sides of the family are not those of the primary."""
    if PRIMARY not in family.keys:
        return
    planned = getattr(protocol.monitoring, "alpha", 1 - protocol.inference.level)
    if abs(family.alpha - planned) > 1e-9:
        yield (
            f"alpha is {family.alpha:g}, and the primary is tested at {planned:g}; expected the same level, which the family "
            "shares"
        )
    if getattr(protocol.monitoring, "sides", 2) == 1:
        yield (
            "the primary is tested on one side, the other hypotheses on two; expected two sides in a family with the "
            "primary; write monitoring.sides: 2, or take primary out"
        )


def _month(protocol: Protocol, family: Family) -> Iterator[str]:
    """Yield why the month in which hypotheses other than the primary are tested is lacking or wrong."""
    plan, month = protocol.monitoring, family.month
    if _repeated(protocol) and month is None:
        yield (
            "the study is looked at every month, and only the primary has a sequential p-value; expected the one month in "
            'which the other hypotheses are tested; write month: "2026-06"'
        )
    if isinstance(plan, SingleLookPlan) and month not in (None, plan.month):
        yield f"month is {month}, and monitoring plans the single look in {plan.month}; expected the same; delete month"
    if month is not None and month < protocol.calendar.first_month:
        yield f"month is {month}, before the first analysis in {protocol.calendar.first_month}; expected a later month"
