"""SAS transport files, versions 5 and 8, as texts.

SAS technical notes TS-140, "The record layout of a SAS transport data set", and "Record layout of a SAS version 8 or 9
data set in SAS transport format".
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.described import Described, DescribedTable
from medicore.records.delivery.sas_formats import kind_of_format
from medicore.records.delivery.sas_numbers import DamagedNumberError, text_of_number

_RECORD = 80
_NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhl32s")
_HEADER = b"HEADER RECORD*******%s HEADER RECORD!!!!!!!"
_VERSIONS = {
    5: (b"LIBRARY", b"MEMBER ", b"NAMESTR", b"OBS    "),
    8: (b"LIBV8  ", b"MEMBV8 ", b"NAMSTV8", b"OBSV8  "),
}
"""The names of the headers of library, member, variables and observations in each version."""

_LABELS = {b"LABELV8": 3, b"LABELV9": 5}
"""The headers of long names and labels, and how many numbers precede each."""

_AGAIN = "have the file exported again"


@dataclass(frozen=True, slots=True)
class _Variable:
    """The position of a variable in an observation."""

    described: Described
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class _File:
    """The bytes of a transport file, its version, the encoding of its texts, and its name in error messages."""

    data: bytes
    version: int
    encoding: str
    name: str

    def header(self, kind: int) -> bytes:
        """Return the start of a header record: 0 library, 1 member, 2 variables, 3 observations."""
        return _HEADER % _VERSIONS[self.version][kind]


def read_xport(data: bytes, name: str, encoding: str = "utf-8") -> dict[str, DescribedTable]:
    """Return the data sets of the transport file ``data`` as texts, by their names; ``name`` names it in messages.

    The second of two data sets of the name ADSL is called ``ADSL (2)``.

    Numbers become texts by ``text_of_number``. Texts lose the blanks that fill their field. A label that is cut within
    a letter loses the cut letter.

    Raises
    ------
    DataError
        When the file is not a transport file of version 5 or 8, is cut or damaged, has no data set, has two
        variables of the same name in one, or has characters that are not in the encoding.
    """
    file = _File(data, _version(data, name), encoding, name)
    starts = _members(file)
    found: dict[str, DescribedTable] = {}
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        try:
            member, table = _member(replace(file, data=data[start:end]))
        except (struct.error, ValueError) as error:
            raise DataError(f"{name} has a damaged header ({type(error).__name__}); {_AGAIN}") from None
        again = sum(other.partition(" (")[0] == member for other in found)
        found[f"{member} ({again + 1})" if again else member] = table
    return found


def _version(data: bytes, name: str) -> int:
    if data.startswith(b"**COMPRESSED**"):
        raise DataError(
            f"{name} is a file of PROC CPORT, which only SAS can read; expected a transport file; have it exported with "
            "PROC COPY and the engine XPORT"
        )
    versions = [number for number, headers in _VERSIONS.items() if data.startswith(_HEADER % headers[0])]
    if len(data) % _RECORD or not versions:
        raise DataError(
            f"{name} is not a whole SAS transport file of version 5 or 8; expected its header and records of 80 bytes; "
            f"{_AGAIN}"
        )
    return versions[0]


def _members(file: _File) -> list[int]:
    """Return where the data sets begin: their headers stand at the beginning of a record."""
    starts, place = [], file.data.find(file.header(1))
    while place >= 0:
        if place % _RECORD == 0:
            starts.append(place)
        place = file.data.find(file.header(1), place + 1)
    if not starts:
        raise DataError(f"{file.name} has no data set; expected one or more; {_AGAIN}")
    return starts


def _member(file: _File) -> tuple[str, DescribedTable]:
    """Return name and table of the one data set in the file's bytes."""
    width = 8 if file.version == 5 else 32
    member = _characters(file.data[2 * _RECORD + 8 :][:width], file, "the name of a data set").rstrip("\0")
    variables, start = _variables(file)
    names = tuple(variable.described.name for variable in variables)
    if not names or "" in names or len(set(names)) != len(names):
        raise DataError(
            f"{file.name} has no variables, or two of the same name; expected variables with different names; {_AGAIN}"
        )
    observations = _observations(file.data[start:], variables, file.name)
    columns = [_column(variable, observations, file) for variable in variables]
    described = tuple(variable.described for variable in variables)
    return member, DescribedTable(TextTable(names, tuple(zip(*columns, strict=True))), described)


def _variables(file: _File) -> tuple[list[_Variable], int]:
    """Return the variables in their order, and where the observations begin."""
    data = file.data
    size = int(data[74:78])
    place = data.index(file.header(2))
    count = int(data[place + 53 : place + 58])
    place += _RECORD
    variables = _in_order(
        [_variable(data[place + i * size :][: _NAMESTR.size], file) for i in range(count)], file
    )
    place += -(-count * size // _RECORD) * _RECORD
    numbers = _LABELS.get(data[place + 20 : place + 27])
    if numbers is not None and file.version == 8:
        variables, place = _labelled(variables, numbers, place, file)
    if not data[place:].startswith(file.header(3)):
        raise ValueError("the observations do not follow the variables")
    return variables, place + _RECORD


def _in_order(variables: list[_Variable], file: _File) -> list[_Variable]:
    """Return the variables, each where the one before it ends.

    In version 8 SAS itself states other positions, of its data set before the export; the values are in the order of
    the variables all the same. In version 5 a position that is not in this order could be read in two ways.
    """
    made, start = [], 0
    for variable in variables:
        if file.version == 5 and variable.start != start:
            raise DataError(
                f"{file.name} has variables that overlap or are out of order; expected one after the other; {_AGAIN}"
            )
        made.append(replace(variable, start=start))
        start += variable.length
    return made


def _variable(described: bytes, file: _File) -> _Variable:
    kind, _, length, _, title, label, form, *_, start, long = _NAMESTR.unpack(described)
    if kind not in {1, 2} or start < 0 or length < 1 or (kind == 1 and not 2 <= length <= 8):
        raise ValueError("a variable is neither number nor text")
    if file.version == 8:
        title = long.rstrip(b"\0 ") or title
    shown = _characters(title.rstrip(b"\0"), file, "the name of a variable")
    means = kind_of_format(_characters(form.rstrip(b"\0"), file, f"the format of variable {shown}"))
    described_as = Described(shown, _label(label, file, shown), "text" if kind == 2 else means)
    return _Variable(described_as, start, length)


def _labelled(
    variables: list[_Variable], numbers: int, place: int, file: _File
) -> tuple[list[_Variable], int]:
    """Return the variables with the long names, labels and formats that follow in version 8, and where these end."""
    data, made = file.data, list(variables)
    count = int(data[place + 48 : place + 53])
    at = place + _RECORD
    for _ in range(count):
        number, *lengths = struct.unpack_from(f">{numbers}H", data, at)
        at += 2 * numbers
        texts = []
        for length in lengths:
            texts.append(data[at : at + length])
            at += length
        title = _characters(texts[0], file, "the name of a variable")
        # Writers number the variables from zero or from one; the name says which is meant.
        index = next(i for i in (number - 1, number, None) if i is None or _named(made, i, title))
        if index is None:
            raise ValueError("a label of no variable")
        label = _label(texts[1] if numbers == 3 else texts[3], file, title)
        kind = made[index].described.kind
        if numbers == 5 and kind != "text":
            kind = kind_of_format(_characters(texts[1], file, f"the format of variable {title}"))
        made[index] = replace(made[index], described=Described(title, label, kind))
    return made, place + _RECORD + -(-(at - place - _RECORD) // _RECORD) * _RECORD


def _named(variables: list[_Variable], index: int, title: str) -> bool:
    return 0 <= index < len(variables) and title.startswith(variables[index].described.name)


def _observations(data: bytes, variables: list[_Variable], name: str) -> list[bytes]:
    """Return the bytes of each observation, without the blanks that fill the last record.

    Blank observations shorter than 80 bytes at the end of the last record are such fill; SAS reads them in this way.
    """
    width = sum(variable.length for variable in variables)
    count = len(data) // width
    fill = len(data) - count * width
    if data[count * width :].strip(b" "):
        raise DataError(f"{name} ends within an observation; expected whole observations; {_AGAIN}")
    found = [data[i * width : (i + 1) * width] for i in range(count)]
    while found and fill + width < _RECORD and not found[-1].strip(b" "):
        fill += width
        found.pop()
    # The bytes of a number are never blanks, even when it is missing.
    numbers = any(variable.described.kind != "text" for variable in variables)
    blank = [not observation.strip(b" ") for observation in found]
    if fill >= _RECORD or blank[-1:] == [True] or (numbers and any(blank)):
        raise DataError(
            f"{name} has blanks in place of observations; expected observations up to its end; {_AGAIN}"
        )
    return found


def _column(variable: _Variable, observations: list[bytes], file: _File) -> list[str]:
    """Return the texts of a variable, ``(n,)``."""
    fields = [one[variable.start : variable.start + variable.length] for one in observations]
    return [*(_texts if variable.described.kind == "text" else _numbers)(variable, fields, file)]


def _texts(variable: _Variable, fields: list[bytes], file: _File) -> Iterator[str]:
    for number, field in enumerate(fields, start=1):
        yield _characters(field, file, f"record {number}, variable {variable.described.name}")


def _numbers(variable: _Variable, fields: list[bytes], file: _File) -> Iterator[str]:
    kind = variable.described.kind
    for number, field in enumerate(fields, start=1):
        try:
            yield text_of_number(field, kind)
        except DamagedNumberError:
            raise DataError(
                f"{file.name} has a damaged number in record {number}, variable {variable.described.name}; expected a "
                f"number or a missing value of SAS; {_AGAIN}"
            ) from None


def _characters(field: bytes, file: _File, place: str) -> str:
    try:
        return field.rstrip(b" ").decode(file.encoding)
    except UnicodeDecodeError:
        # Not chained: the cause would carry the text into a traceback.
        raise DataError(
            f"{file.name} has a character that is not {file.encoding} in {place}; expected {file.encoding}; declare its "
            "encoding in the manifest ('medicore edc manifest --encoding windows-1252'), or have it exported in UTF-8"
        ) from None


def _label(field: bytes, file: _File, variable: str) -> str:
    """Return a label; SAS cuts it after 40 bytes, which may be within a letter of several bytes."""
    whole = field.rstrip(b" \0")
    try:
        return whole.decode(file.encoding)
    except UnicodeDecodeError as error:
        if len(whole) == len(field) == error.end and error.reason == "unexpected end of data":
            return whole[: error.start].decode(file.encoding).rstrip(" ")
        return _characters(field, file, f"the label of variable {variable}")
