"""Combinations of keys that no step computes: a new run of such a protocol is refused, by the names of both keys.

A record that was made before a combination was refused stays readable; ``parse_protocol`` alone asks.
"""

from collections.abc import Iterator

from medicore.records.protocol.hypotheses.endpoint import SecondaryEndpoint
from medicore.records.protocol.negative_controls import is_flag
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.rules.survival import OWN


def not_offered(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, the declared keys that are not offered together."""
    if protocol.outcome.imputed and protocol.inference.interval == "BCa":
        yield (
            f"a BCa interval is not defined over the completed data sets of outcome.missing {protocol.outcome.method!r}; declare "
            "inference.interval 'percentile'"
        )
    for event in protocol.estimand.intercurrent_events:
        column = event.column_before
        if (
            column is not None
            and protocol.outcome.type == "binary"
            and not is_flag(protocol.contract.column(column))
        ):
            yield (
                f"intercurrent event {event.event!r}: column_before {column!r} is no flag, and the outcome is binary; name an integer "
                "with minimum 0 and maximum 1, which is then the outcome of who had the event"
            )
    for endpoint in protocol.secondary:
        for words in _endpoint(protocol, endpoint):
            yield f"secondary endpoint {endpoint.name!r}: {words}"


def _endpoint(protocol: Protocol, endpoint: SecondaryEndpoint) -> Iterator[str]:
    if endpoint.timed:
        yield (
            "the type 'time to event' is not offered for a secondary endpoint; declare it as the primary outcome of a protocol "
            "of its own"
        )
        return
    for key in OWN:
        if getattr(endpoint, key) is not None:
            yield f"{key!r} belongs to an outcome of type 'time to event'; delete it"
    if endpoint.method == "weighted" and not protocol.inference.scored:
        yield (
            f"missing.method 'weighted' needs propensity scores, and inference.estimator {protocol.inference.estimator!r} has "
            "none; write {method: complete cases} or {method: multiple imputation}, or the estimator 'aipw'"
        )
