"""Comma-separated files with an end marker: the last line is ``EOF``, as in Rave's clinical views."""

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable, read_delimited
from medicore.records.delivery.reading import PLAIN, Reading

_MARK = b"EOF"


def read_ended(data: bytes, name: str, reading: Reading = PLAIN) -> TextTable:
    """Return the file ``data`` as texts, without its end marker; ``name`` names it in error messages.

    Raises
    ------
    DataError
        When the last line is not ``EOF``, or the lines before it are not CSV (see ``read_delimited``).
    """
    # Only the end is checked here: an earlier EOF line is a row with too few fields, which read_delimited refuses.
    whole = data.removesuffix(b"\n").removesuffix(b"\r")
    rest = whole.removesuffix(_MARK)
    if rest == whole or not rest.endswith(b"\n"):
        raise DataError(
            f"{name} does not end with the line EOF: the export was cut; expected that line last; have it exported "
            "again"
        )
    return read_delimited(rest, name, reading)
