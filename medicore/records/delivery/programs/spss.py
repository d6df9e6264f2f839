"""System files of SPSS (``.sav``, ``.zsav``) as texts.

The layout is that of the PSPP Developers Guide, "System File Format". The reader is our own: a library in C that reads
such files ends the whole process at some damaged ones.
"""

import codecs
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from medicore.errors import DataError
from medicore.records.delivery.described import Described, DescribedTable, Kind, as_table, user_missing
from medicore.records.delivery.programs.spss_dictionary import (
    Dictionary,
    Variable,
    dictionary_of,
    part,
    whole_variables,
)
from medicore.records.delivery.sas_numbers import spelled_as

_LARGEST = 512 << 20
"""The largest number of bytes of the cases after decompression."""

_EPOCH = (date(1960, 1, 1) - date(1582, 10, 14)).days * 86400
"""Seconds between the epoch of SPSS and that of ``spelled_as``."""

_KINDS: Mapping[int, Kind] = {
    **dict.fromkeys((20, 23, 24, 28, 29, 30, 38, 39), "date"),
    **dict.fromkeys((22, 41), "moment"),
    **dict.fromkeys((21, 25, 40), "time"),
}
"""The kind of value that each print format of dates and times shows, by its number in the file."""

_CODE_PAGES = {28591: "iso-8859-1", 28592: "iso-8859-2", 28599: "iso-8859-9", 28605: "iso-8859-15", 65001: "utf-8",
               932: "shift_jis", 936: "gb18030", 949: "euc-kr", 950: "big5"}  # fmt: skip

_AGAIN = "have the file exported again"


def read_spss(data: bytes, name: str, encoding: str | None = None) -> DescribedTable:
    """Return the data set in ``data`` as texts; ``name`` names it in error messages; ``encoding`` is the declared one.

    Numbers become the shortest decimal text, dates, moments and times by their print format ISO 8601, the system's
    missing value the empty text. A value that the file declares as missing keeps its text, followed by ``(missing)``,
    so that no contract takes it for a value unless it names that text. Codes are not replaced by their labels.

    Raises
    ------
    DataError
        When the file is no system file, is cut or damaged, or has characters that are not in its encoding; when it
        states another encoding than the declared one, or none while its texts need one.
    """
    try:
        found = dictionary_of(data)
        cases = _cases(data, found)
        variables = whole_variables(found)
    except (struct.error, ValueError, IndexError, OverflowError, StopIteration, zlib.error) as error:
        raise DataError(
            f"{name} is not a whole system file of SPSS ({type(error).__name__}); expected dictionary and cases up to the "
            f"end; {_AGAIN}"
        ) from None
    codec = _codec(found, name, encoding)
    columns = []
    for variable, start in _placed(variables):
        described = Described(
            _decoded(variable.name, codec, name),
            _decoded(variable.label, codec, name),
            _KINDS.get(variable.format, "number") if variable.width == 0 else "text",
        )
        columns.append((described, [*_texts(variable, start, cases, found.order, described, codec, name)]))
    return as_table(columns, name)


def _placed(variables: Sequence[Variable]) -> Iterator[tuple[Variable, int]]:
    """Yield each variable with the byte of a case at which it begins."""
    place = 0
    for variable in variables:
        yield variable, place
        place += sum(_size(width) for width in variable.segments)


def _size(width: int) -> int:
    return -(-width // 8) * 8 or 8


def _cases(data: bytes, found: Dictionary) -> list[bytes]:
    """Return the bytes of each case."""
    width = sum(_size(variable.width) for variable in found.variables)
    if not width:
        raise ValueError("no variables")
    held = data[found.start :]
    if found.compression == 2:
        held = _inflated(data, found)
    if found.compression:
        held = _expanded(held, found)
    count, rest = divmod(len(held), width)
    if rest or found.cases not in {-1, count}:
        raise ValueError("another number of cases")
    return [held[i * width : (i + 1) * width] for i in range(count)]


def _expanded(held: bytes, found: Dictionary) -> bytes:
    """Return the cases whose values a code of one byte each announces."""
    known = [struct.pack(f"{found.order}d", code - found.bias) for code in range(256)]
    known[254], known[255] = b" " * 8, _no_value(found.order)
    parts: list[bytes] = []
    place = 0
    while place < len(held):
        codes = part(held, place, 8)
        place += 8
        for code in codes:
            if code == 252:
                return b"".join(parts)
            if code == 253:
                parts.append(part(held, place, 8))
                place += 8
            elif code:
                parts.append(known[code])
    return b"".join(parts)


def _inflated(data: bytes, found: Dictionary) -> bytes:
    """Return the blocks of a compressed file (``.zsav``) as one."""
    first, trailer, length = struct.unpack_from(f"{found.order}3q", data, found.start)
    blocks = part(data, trailer, length)
    (count,) = struct.unpack_from(f"{found.order}i", blocks, 20)
    if first != found.start or trailer + length != len(data) or 24 + 24 * count != length:
        raise ValueError("another length")
    parts: list[bytes] = []
    left = _LARGEST
    for i in range(count):
        _, place, size, packed = struct.unpack_from(f"{found.order}2q2i", blocks, 24 + 24 * i)
        parts.append(zlib.decompressobj().decompress(part(data, place, packed), min(left, size) + 1))
        left -= size
        if len(parts[-1]) != size or left < 0:
            raise ValueError("a block of another length")
    return b"".join(parts)


def _no_value(order: str) -> bytes:
    return struct.pack(f"{order}d", -1.7976931348623157e308)


def _texts(
    variable: Variable,
    start: int,
    cases: Sequence[bytes],
    order: str,
    described: Described,
    codec: str,
    name: str,
) -> Iterator[str]:
    if variable.width:
        for case in cases:
            held = _text(variable, start, case)
            absent = not variable.ranged and held[:8] in {one.rstrip(b" ") for one in variable.missing}
            text = _decoded(held, codec, name)
            yield user_missing(text) if absent else text
        return
    limits = [struct.unpack(f"{order}d", one)[0] for one in variable.missing]
    for case in cases:
        (value,) = struct.unpack_from(f"{order}d", case, start)
        if case[start : start + 8] == _no_value(order):
            yield ""
            continue
        text = _spelled(value, described.kind)
        yield user_missing(text) if _is_missing(value, limits, variable.ranged) else text


def _text(variable: Variable, start: int, case: bytes) -> bytes:
    parts = []
    for width in variable.segments:
        parts.append(case[start : start + width])
        start += _size(width)
    return b"".join(parts)[: variable.width].rstrip(b" ")


def _spelled(value: float, kind: Kind) -> str:
    if kind == "date":
        days, rest = divmod(value - _EPOCH, 86400)
        return spelled_as(days, kind) if rest == 0 else spelled_as(value - _EPOCH, "moment")
    return spelled_as(value - _EPOCH if kind == "moment" else value, kind)


def _is_missing(value: float, limits: Sequence[float], ranged: bool) -> bool:
    if ranged:
        return limits[0] <= value <= limits[1] or value in limits[2:]
    return value in limits


def _codec(found: Dictionary, name: str, declared: str | None) -> str:
    """Return the encoding of the texts, as the file states it or a person declares it; ASCII where neither does."""
    stated = found.encoding or _CODE_PAGES.get(found.code_page, "")
    if not stated and 1250 <= found.code_page <= 1258:
        stated = f"windows-{found.code_page}"
    try:
        same = not (stated and declared) or codecs.lookup(stated) == codecs.lookup(declared)
    except LookupError:
        raise DataError(
            f"{name} states an encoding that nobody knows; declare it (--encoding); or {_AGAIN}"
        ) from None
    if not same:
        raise DataError(
            f"{name} states the encoding {stated}; expected {declared}, which was declared; declare no encoding, or {_AGAIN}"
        )
    return stated or declared or "ascii"


def _decoded(held: bytes, codec: str, name: str) -> str:
    try:
        return held.decode(codec)
    except (UnicodeDecodeError, LookupError):
        raise DataError(
            f"{name} has a character that is not {codec}; expected {codec}; declare its encoding in the manifest "
            f"('medicore edc manifest --encoding windows-1252'), or {_AGAIN}"
        ) from None
