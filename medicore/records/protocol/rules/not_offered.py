"""The plans that are not offered with an outcome that has an estimator of its own, each refused by its name."""

from collections.abc import Iterator

from medicore.records.protocol.protocol import Protocol


def estimands_not_offered(protocol: Protocol, outcome: str) -> Iterator[str]:
    """Yield, in words, targets and strategies that an ``outcome``, such as 'a time to event', is not estimated for."""
    estimand = protocol.estimand
    if estimand.target != "ATE":
        yield f"the target {estimand.target} is not offered for {outcome}; declare ATE, the effect in everybody"
    for event in estimand.intercurrent_events:
        if event.strategy != "treatment policy":
            yield (
                f"intercurrent event {event.event!r}: the strategy {event.strategy!r} is not offered for {outcome}; "
                "declare 'treatment policy', or make the event part of the outcome"
            )


def plans_not_offered(protocol: Protocol, outcome: str) -> Iterator[str]:
    """Yield, in words, the parts of a protocol that nothing computes with an ``outcome``."""
    if protocol.imputation.method == "multiple":
        yield (
            f"multiple imputation of covariates is not offered with {outcome}; declare 'none', or 'single' in a "
            "randomised study"
        )
    others = {
        f"inference.estimator {protocol.inference.estimator!r}": protocol.inference.estimator != "aipw",
        "inference.hypothesis": protocol.inference.hypothesis is not None,
        "a scheme of randomisation with strata": bool(
            protocol.randomisation and protocol.randomisation.strata
        ),
        "treatment.contrasts 'all'": protocol.treatment.contrasts == "all",
        "negative_controls": bool(protocol.negative_controls),
        "secondary": bool(protocol.secondary),
        "families": bool(protocol.families),
        "sensitivity.flexible": protocol.sensitivity.flexible is not None,
    }
    for name, declared in others.items():
        if declared:
            yield f"{name} is not offered with {outcome}; delete it"
