"""An ordinal outcome in a protocol: what it needs, and every plan that is not offered with it, refused by name."""

from collections import Counter
from collections.abc import Iterator

from medicore.records.protocol.outcome import Level
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.rules.not_offered import estimands_not_offered, plans_not_offered

WIN_MEASURES = ("win odds", "net benefit")
"""The measures of an ordinal outcome: ratio and difference of the chances that either of two subjects fares better."""

_OUTCOME = "an ordinal outcome"


def incoherent_levels(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, what contradicts an ordinal outcome, or asks for one where the outcome is none."""
    outcome, measure = protocol.outcome, protocol.estimand.measure
    for endpoint in protocol.secondary:
        if endpoint.levels is not None:
            yield f"secondary endpoint {endpoint.name!r}: 'levels' belongs to an outcome of type 'ordinal'; delete it"
    if not outcome.graded:
        if outcome.levels is not None:
            yield "outcome.levels belongs to an outcome of type 'ordinal'; delete it, or declare the type"
        if measure in WIN_MEASURES:
            yield (
                f"the measure {measure!r} is of an outcome of type 'ordinal'; declare the type, or the measure 'difference'"
            )
        return
    if outcome.levels is None:
        yield (
            "outcome.levels is missing; write the codes of the column from the worst to the best, as levels: [{value: 6, label: "
            "Dead}, …]"
        )
    else:
        yield from _levels(protocol, outcome.levels)
    if measure not in WIN_MEASURES:
        yield (f"the measure {measure!r} is not of an ordinal outcome; declare 'win odds' or 'net benefit'")
    yield from estimands_not_offered(protocol, _OUTCOME)
    yield from plans_not_offered(protocol, _OUTCOME)
    yield from _not_offered(protocol)


def _levels(protocol: Protocol, levels: tuple[Level, ...]) -> Iterator[str]:
    column, values = protocol.contract.column(protocol.outcome.column), [level.value for level in levels]
    for kind, told in (("value", map(str, values)), ("label", (level.label for level in levels))):
        seen = Counter(told)
        twice = sorted(one for one in seen if seen[one] > 1)
        if twice:
            yield f"outcome.levels has the {kind} {twice} twice; expected each once"
    if column.type != "integer":
        yield (
            f"ordinal outcome {column.name!r} is of type {column.type}; expected codes; declare the column as integer, and recode "
            "words, as recode: {Dead: '6'}"
        )
    elif (column.minimum, column.maximum) != (min(values), max(values)) or len(values) != 1 + max(
        values
    ) - min(values):
        yield (
            f"outcome.levels has codes from {min(values)} to {max(values)}, {len(values)} of them; expected every whole number from "
            f"the minimum to the maximum of column {column.name!r}; declare both, and recode what lies between"
        )


def _not_offered(protocol: Protocol) -> Iterator[str]:
    outcome = protocol.outcome
    if outcome.method not in ("", "complete cases"):
        yield (
            f"outcome.missing {outcome.method!r} is not offered for an ordinal outcome; declare {{method: complete cases}}, or make "
            "what kept the outcome from being measured a level of it"
        )
    if outcome.better is not None:
        yield "outcome.better is not offered for an ordinal outcome, whose levels go from the worst to the best; delete it"
