"""The tables of a delivery by the names under which a protocol's data sets name them."""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.exported import ACCOMPANYING, PAGED, join_pages, read_members, system_columns
from medicore.records.delivery.transfer import ManifestFile

_PAGE = re.compile(r"(?P<table>.+)-[0-9]{4}\.json")


@dataclass(frozen=True, slots=True)
class Delivered:
    """One table of a delivery, and the files that hold its rows; several files are pages of one table.

    ``member`` is the name of the data set in a file that holds several.
    """

    table: TextTable
    files: tuple[ManifestFile, ...]
    member: str | None = None

    def origin(self, row: int) -> tuple[ManifestFile, int]:
        """Return the file of a row of the table, from 0, and the number of the row in it, from 0."""
        if len(self.files) == 1:
            return self.files[0], row
        starts = [0, *accumulate(file.rows for file in self.files)]
        place = bisect_right(starts, row) - 1
        return self.files[place], row - starts[place]


def delivered_tables(
    files: Sequence[ManifestFile], read: Callable[[ManifestFile], bytes], folder: str = "lock/raw"
) -> dict[str, Delivered]:
    """Return each table of a delivery by its name; ``read`` gives the bytes of a file below ``folder``.

    A table is named after its file (``adsl.csv``), after file and data set where the file holds several
    (``lib.xpt:ADSL``), or after its pages (``records`` for ``records-0001.json`` and on).

    Raises
    ------
    DataError
        When a file cannot be read, or two pages of a table have different columns.
    """
    found: dict[str, Delivered] = {}
    pages: dict[str, list[Delivered]] = {}
    for file in files:
        if file.format == ACCOMPANYING:
            continue
        members = read_members(file.format, read(file), f"{folder}/{file.name}", file.reading)
        for member, one in members.items():
            made = Delivered(one.table, (file,), member if len(members) > 1 else None)
            page = _PAGE.fullmatch(file.name) if file.format in PAGED else None
            if page:
                pages.setdefault(page["table"], []).append(made)
            else:
                found[table_name(file.name, made.member)] = made
    for name, held in pages.items():
        found[name] = as_one(held, name)
    return found


def as_one(held: Sequence[Delivered], name: str) -> Delivered:
    """Return the pages of a table as one; ``name`` names it in error messages; raise DataError as ``join_pages`` does."""
    files = tuple(file for one in held for file in one.files)
    if len(held) == 1:
        return held[0]
    system = system_columns([file.format for file in files])
    return Delivered(join_pages([one.table for one in held], name, system), files)


def table_name(file: str, member: str | None) -> str:
    """Return the name of a table: its file, and the data set in it if the file holds several."""
    return file if member is None else f"{file}:{member}"


def announced_rows(files: Sequence[Mapping[str, object]]) -> dict[str, int]:
    """Return the announced number of rows of each table, from the manifest's JSON, by the names of ``delivered_tables``."""
    found: dict[str, int] = {}
    for file in files:
        name, rows = str(file["name"]), int(str(file["rows"]))
        page = _PAGE.fullmatch(name) if file["format"] in PAGED else None
        members = file.get("members")
        if isinstance(members, Mapping):
            found |= {table_name(name, member): int(str(count)) for member, count in members.items()}
        key = page["table"] if page else name
        found[key] = found.get(key, 0) + rows
    return found


def the_only(tables: Mapping[str, Delivered], beside: str | None = None) -> Delivered:
    """Return the one table of a delivery; several pages form one whatever their names are.

    ``beside`` names a table that does not count, as that of adverse events.

    Raises
    ------
    DataError
        When the delivery has several tables or none.
    """
    tables = {name: one for name, one in tables.items() if name != beside}
    held = [*tables.values()]
    forms = {file.format for one in held for file in one.files}
    if held and len(forms) == 1 and forms <= PAGED:
        return as_one(held, "the delivery")
    if len(held) != 1:
        named = f" ({', '.join(sorted(tables))})" if held else ""
        raise DataError(
            f"the delivery has {len(held)} tables{named}; expected one with a row per subject; have the study exported as "
            "one file, or name its data sets under edc.datasets"
        )
    return held[0]
