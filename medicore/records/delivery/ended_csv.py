"""Comma-separated files that say where they end: the last line is ``EOF``, as Rave's clinical views have it."""

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable, read_delimited

_MARK = b"EOF"


def read_ended(data: bytes, name: str) -> TextTable:
    """Return the file ``data`` as texts, without its end marker; ``name`` names it in error messages.

    Raises
    ------
    DataError
        When the last line is not ``EOF``, or what is before it is no CSV (see ``read_delimited``).
    """
    # The end alone is proved: an EOF line earlier is a row narrower than the header, which is refused as such.
    whole = data.removesuffix(b"\n").removesuffix(b"\r")
    rest = whole.removesuffix(_MARK)
    if rest == whole or not rest.endswith(b"\n"):
        raise DataError(
            f"{name} does not end with the line EOF: the export was cut; expected that line last; have it exported "
            "again"
        )
    return read_delimited(rest, name)
