"""The data set of the results as a SAS transport file of version 5 (SAS technical note TS-140)."""

import math
import struct
from datetime import datetime

from medicore.errors import DataError
from medicore.records.handover.dataset import LABEL, LONGEST_TEXT, NAME, Cell, Dataset
from medicore.records.handover.source import Source

_RECORD = 80
_NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhl52s")
_NUMBER, _TEXT = 1, 2
_WIDTH = 8
_MISSING = b"." + bytes(_WIDTH - 1)
_EXCESS, _LARGEST_EXPONENT = 64, 127
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_SYSTEM = b"SAS     %-8s%-8s9.4     MediCore" + b" " * 24 + b"%s"


def transport_file(source: Source, dataset: Dataset) -> bytes:
    """Return ``dataset`` as a SAS transport file of version 5, its texts in UTF-8, dated by the sealing.

    Every double from about 5.4e-79 to 7.2e75, and its negative, is kept to the last bit; another number is missing in
    AVAL, and AVALC has its digits. Blanks at the end of a text are lost, as SAS keeps none.

    Raises
    ------
    DataError
        When a text has more than ``LONGEST_TEXT`` bytes.
    """
    moment = _moment(source.sealed_at)
    widths = [_width(dataset, place) for place in range(len(dataset.variables))]
    parts = (
        _header(b"LIBRARY", b"0" * 30),
        _SYSTEM % (b"SAS", b"SASLIB", moment),
        moment.ljust(_RECORD),
        _header(b"MEMBER ", b"000000000000000001600000000140"),
        _header(b"DSCRPTR", b"0" * 30),
        _SYSTEM % (NAME.encode(), b"SASDATA", moment),
        moment + b" " * 16 + LABEL.encode().ljust(40) + b" " * 8,
        _header(b"NAMESTR", b"%010d" % len(widths) + b"0" * 20),
        _filled(_names(dataset, widths)),
        _header(b"OBS    ", b"0" * 30),
        _filled(b"".join(_observation(row, dataset, widths) for row in dataset.rows)),
    )
    return b"".join(parts)


def _header(kind: bytes, numbers: bytes) -> bytes:
    return (b"HEADER RECORD*******%s HEADER RECORD!!!!!!!%s" % (kind, numbers)).ljust(_RECORD)


def _filled(data: bytes) -> bytes:
    return data + b" " * (-len(data) % _RECORD)


def _moment(text: str) -> bytes:
    at = datetime.fromisoformat(text)
    return f"{at:%d}{_MONTHS[at.month - 1]}{at:%y:%H:%M:%S}".encode()


def _width(dataset: Dataset, place: int) -> int:
    variable = dataset.variables[place]
    if variable.kind != "text":
        return _WIDTH
    width = dataset.width(place)
    if width > LONGEST_TEXT:
        raise DataError(
            f"variable {variable.name} has a text of {width} bytes; expected {LONGEST_TEXT} at most, as a SAS transport "
            "file of version 5 holds; use another format"
        )
    return width


def _names(dataset: Dataset, widths: list[int]) -> bytes:
    made, start = [], 0
    for number, (variable, width) in enumerate(zip(dataset.variables, widths, strict=True), start=1):
        kind = _TEXT if variable.kind == "text" else _NUMBER
        name, label = variable.name.encode().ljust(8), variable.label.encode().ljust(40)
        blank = b" " * 8
        made.append(
            _NAMESTR.pack(kind, 0, width, number, name, label, blank, 0, 0, 0, b"", blank, 0, 0, start, b"")
        )
        start += width
    return b"".join(made)


def _observation(row: tuple[Cell, ...], dataset: Dataset, widths: list[int]) -> bytes:
    return b"".join(
        str(value).encode().ljust(width) if variable.kind == "text" else ibm_number(value)
        for value, variable, width in zip(row, dataset.variables, widths, strict=True)
    )


def ibm_number(value: Cell) -> bytes:
    """Return a number as IBM's hexadecimal floating point of 8 bytes; missing when None or outside the range of the format.

    A double has 53 significant bits and the format at least 53, so that no bit is lost.
    """
    if value is None:
        return _MISSING
    fraction, exponent = math.frexp(float(value))
    if fraction == 0:
        return bytes(_WIDTH)
    sixteens = -(-exponent // 4)
    digits = int(math.ldexp(abs(fraction), 56 + exponent - 4 * sixteens))
    if not 0 <= sixteens + _EXCESS <= _LARGEST_EXPONENT:
        return _MISSING
    sign = 0x80 if fraction < 0 else 0
    return bytes([sign | (sixteens + _EXCESS)]) + digits.to_bytes(_WIDTH - 1)
