"""The fit of a rule to its column: a criterion or the detection of an event compares what can be compared."""

from collections.abc import Sequence

from medicore.records.protocol.intercurrent import Criterion
from medicore.records.protocol.protocol import Protocol

NUMERIC = frozenset({"number", "integer"})
"""The types of columns that hold numbers."""

_COMPARED = frozenset({"at least", "at most", "above", "below"})


def require_fit(protocol: Protocol, criterion: Criterion, place: str) -> None:
    """Raise ValueError when the criterion compares its column with what the column cannot hold; ``place`` names it."""
    column = protocol.contract.column(criterion.column)
    if criterion.operator == "present":
        if criterion.value is not None:
            raise ValueError(f"{place}: 'present' takes no value")
    elif criterion.operator in _COMPARED:
        if column.type not in NUMERIC or not isinstance(criterion.value, float):
            raise ValueError(f"{place}: {criterion.operator!r} compares a number with a number")
    elif column.type != "category":
        raise ValueError(f"{place}: {criterion.operator!r} is for categories")
    else:
        _named_values(place, criterion, column.values or ())


def _named_values(place: str, criterion: Criterion, allowed: Sequence[str]) -> None:
    several = criterion.operator == "one of"
    if several != isinstance(criterion.value, tuple):
        raise ValueError(f"{place}: {criterion.operator!r} takes {'a list' if several else 'one value'}")
    wanted = criterion.value if isinstance(criterion.value, tuple) else (str(criterion.value),)
    unknown = sorted(set(wanted) - set(allowed))
    if unknown:
        raise ValueError(f"{place}: {unknown} are not allowed values of column {criterion.column!r}")
