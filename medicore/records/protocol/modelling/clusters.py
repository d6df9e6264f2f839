"""The rules for clusters: the column that names them, and every plan that has no variance by clusters, refused by name."""

from collections.abc import Iterator

from medicore.records.protocol.protocol import Protocol


def incoherent_clusters(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, what contradicts the clusters of the protocol; nothing where it declares none."""
    name = protocol.inference.cluster
    if name is None:
        return
    if name not in protocol.contract.names:
        yield f"inference.cluster: column {name!r} is not in the contract; declare it there"
        return
    yield from _column(protocol, name)
    yield from _not_offered(protocol)


def _column(protocol: Protocol, name: str) -> Iterator[str]:
    column = protocol.contract.column(name)
    if column.type not in ("category", "identifier"):
        yield f"inference.cluster: column {name!r} is of type {column.type}; expected a category or an identifier, as of a site"
    if not column.required:
        yield f"inference.cluster: column {name!r} may be missing; expected the cluster of everybody; declare it as required"
    if column.timing == "follow-up":
        yield f"inference.cluster: column {name!r} is measured at follow-up; expected clusters that are there at baseline"
    if name in (protocol.contract.subject, protocol.treatment.column):
        yield f"inference.cluster: column {name!r} names subjects or arms; expected the column of what subjects share, as a site"


def _not_offered(protocol: Protocol) -> Iterator[str]:
    plan, outcome, monitoring = protocol.inference, protocol.outcome, protocol.monitoring
    others = {
        f"inference.estimator {plan.estimator!r}": plan.estimator != "aipw",
        "a time to event": outcome.timed,
        "a count": outcome.counted,
        "an ordinal outcome": outcome.graded,
        "a BCa interval": plan.interval == "BCa",
        "imputation.method 'multiple'": protocol.imputation.method == "multiple",
        f"outcome.missing.method {outcome.method!r}": outcome.method not in ("", "complete cases"),
        "a scheme of randomisation with strata": bool(
            protocol.randomisation and protocol.randomisation.strata
        ),
        "treatment.contrasts 'all'": protocol.treatment.contrasts == "all",
        "negative_controls": bool(protocol.negative_controls),
        "sensitivity.flexible": protocol.sensitivity.flexible is not None,
        "sensitivity.subgroups": bool(protocol.sensitivity.subgroups),
        "monitoring by a confidence sequence": monitoring is not None
        and monitoring.method == "confidence sequence",
    }
    for name, declared in others.items():
        if declared:
            yield (
                f"{name} is not offered with inference.cluster, as nothing computes its variance by clusters; declare another, or "
                "delete it"
            )
