"""The dictionary of a system file of SPSS: what stands before its cases.

The layout is that of the PSPP Developers Guide, "System File Format".
"""

import struct
from dataclasses import dataclass, field, replace

_HEADER = 176


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: its short name, width in bytes (0 of a number), label, print format and declared missing values."""

    short: bytes
    width: int
    label: bytes
    format: int
    missing: tuple[bytes, ...]
    ranged: bool
    name: bytes = b""
    segments: tuple[int, ...] = ()


@dataclass(slots=True)
class Dictionary:
    """What stands before the cases."""

    order: str
    bias: float
    compression: int
    cases: int
    variables: list[Variable] = field(default_factory=list)
    code_page: int = 0
    encoding: str = ""
    long_names: bytes = b""
    long_widths: bytes = b""
    start: int = 0


def dictionary_of(data: bytes) -> Dictionary:
    """Return the dictionary at the beginning of a system file.

    Raises struct.error, ValueError, IndexError or OverflowError where the bytes are no dictionary.
    """
    if data[:4] not in {b"$FL2", b"$FL3"} or len(data) < _HEADER:
        raise ValueError("no header")
    order = "<" if data[64:68] in {b"\2\0\0\0", b"\3\0\0\0"} else ">"
    _, _, compression, _, cases, bias = struct.unpack_from(f"{order}5id", data, 64)
    found = Dictionary(order, bias, compression, cases)
    place = _HEADER
    while True:
        (kind,) = struct.unpack_from(f"{order}i", data, place)
        place += 4
        if kind == 999:
            found.start = place + 4
            return found
        if kind not in _RECORDS:
            raise ValueError("an unknown record")
        place = _RECORDS[kind](data, place, found)


def _variable(data: bytes, place: int, found: Dictionary) -> int:
    width, labelled, gaps, form, _, short = struct.unpack_from(f"{found.order}5i8s", data, place)
    place += 28
    label = b""
    if labelled:
        (length,) = struct.unpack_from(f"{found.order}i", data, place)
        label = part(data, place + 4, length)
        place += 4 + -(-length // 4) * 4
    missing = tuple(part(data, place + 8 * i, 8) for i in range(abs(gaps)))
    if width >= 0:
        found.variables.append(
            Variable(short.rstrip(b" "), width, label.rstrip(b" "), form >> 16 & 0xFF, missing, gaps < 0)
        )
    return int(place + 8 * abs(gaps))


def _value_labels(data: bytes, place: int, found: Dictionary) -> int:
    (count,) = struct.unpack_from(f"{found.order}i", data, place)
    place += 4
    for _ in range(count):
        place += 8 + -(-(data[place + 8] + 1) // 8) * 8
    return place


def _places(data: bytes, place: int, found: Dictionary) -> int:
    return place + 4 + 4 * _count(data, place, found)


def _documents(data: bytes, place: int, found: Dictionary) -> int:
    return place + 4 + 80 * _count(data, place, found)


def _count(data: bytes, place: int, found: Dictionary) -> int:
    (count,) = struct.unpack_from(f"{found.order}i", data, place)
    if not 0 <= count <= len(data):
        raise ValueError("a negative length")
    return int(count)


def _extension(data: bytes, place: int, found: Dictionary) -> int:
    kind, size, count = struct.unpack_from(f"{found.order}3i", data, place)
    held = part(data, place + 12, size * count)
    if kind == 3:
        found.code_page = struct.unpack_from(f"{found.order}8i", held)[7]
    elif kind == 13:
        found.long_names = held
    elif kind == 14:
        found.long_widths = held
    elif kind == 16:
        found.cases = struct.unpack_from(f"{found.order}2q", held)[1]
    elif kind == 20:
        found.encoding = held.decode("ascii").strip(" \0")
    return place + 12 + len(held)


_RECORDS = {2: _variable, 3: _value_labels, 4: _places, 6: _documents, 7: _extension}


def part(data: bytes, start: int, length: int) -> bytes:
    """Return bytes from ``start``; raise ValueError when there are fewer."""
    if length < 0 or start + length > len(data):
        raise ValueError("ends too early")
    return data[start : start + length]


def _pairs(held: bytes) -> dict[bytes, bytes]:
    """Return the values of a record like ``SHORT=value``, tab, and so on, by their keys."""
    parts = (one.partition(b"=") for one in held.rstrip(b"\t\0").split(b"\t"))
    return {key: value.rstrip(b"\0") for key, _, value in parts}


def whole_variables(found: Dictionary) -> list[Variable]:
    """Return the variables with their long names, and the parts of texts of more than 255 bytes as one."""
    names, widths = _pairs(found.long_names), _pairs(found.long_widths)
    made, rest = [], iter(found.variables)
    for variable in rest:
        width = int(widths.get(variable.short, b"0"))
        further = [next(rest).width for _ in range(-(-width // 252) - 1)] if width else []
        made.append(
            replace(
                variable,
                name=names.get(variable.short, variable.short),
                width=width or variable.width,
                segments=(variable.width, *further),
            )
        )
    return made
