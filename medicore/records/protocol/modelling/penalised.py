"""The rules for outcome models by penalised likelihood: every plan that they do not go with, refused by name."""

from collections.abc import Iterator

from medicore.records.protocol.protocol import Protocol


def incoherent_penalty(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, what does not go with Firth's penalised likelihood; nothing where the protocol does not declare it."""
    if protocol.models.outcome_fit != "firth":
        return
    plan, outcome = protocol.inference, protocol.outcome
    if outcome.type != "binary":
        yield (
            f"models.outcome_fit 'firth' is for an outcome of type binary, and this one is of type {outcome.type!r}; delete it"
        )
    others = {
        f"inference.estimator {plan.estimator!r}": plan.estimator != "aipw",
        f"the measure {protocol.estimand.measure!r}": protocol.estimand.measure != "difference",
        f"outcome.missing.method {outcome.method!r}": outcome.method not in ("", "complete cases"),
        "sensitivity.flexible": protocol.sensitivity.flexible is not None,
        **{
            f"the measure {one.measure!r} of secondary endpoint {one.name!r}": one.measure != "difference"
            for one in protocol.secondary
        },
    }
    for name, declared in others.items():
        if declared:
            yield (
                f"{name} is not offered with models.outcome_fit 'firth', under which an arm may have no event; declare another, or "
                "delete it"
            )
