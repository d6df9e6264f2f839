"""Negative control outcomes: what the treatment does not affect, by which the systematic error is measured."""

from medicore.records.protocol.contract import Column
from medicore.records.protocol.part import Name, Part, Text


class NegativeControl(Part):
    """An outcome that the treatment cannot affect: its true effect is zero. ``column`` is of the contract."""

    name: Name
    label: Text
    column: Name


def is_flag(column: Column) -> bool:
    """Return whether a column holds 0 and 1 alone."""
    return column.type == "integer" and (column.minimum, column.maximum) == (0, 1)
