"""The tables of a delivery, by the names under which data sets name them."""

import json
from collections.abc import Mapping

import pytest

from medicore.errors import DataError
from medicore.records.canonical import sha256
from medicore.records.delivery.delivered import announced_rows, delivered_tables, the_only
from medicore.records.delivery.transfer import ManifestFile
from tests.records.transported import number, transport, variable

LIBRARY = (
    transport([variable("A", 8, 0)], [number(1), number(2)])
    + transport([variable("B", 8, 0)], [number(3)] * 2)[240:]
)


def manifest(files: Mapping[str, tuple[str, bytes, int]]) -> list[ManifestFile]:
    """Return the entries of a manifest: format, bytes and rows of each file."""
    return [
        ManifestFile.model_validate(
            {"name": name, "format": form, "rows": rows, "sha256": sha256(data), "size": len(data)}
            | ({"members": {"DM": 2, "DM (2)": 2}} if data is LIBRARY else {})
        )
        for name, (form, data, rows) in files.items()
    ]


def page(*subjects: str) -> bytes:
    """Return a page of REDCap's records."""
    return json.dumps([{"id": subject} for subject in subjects]).encode()


FILES = {
    "define.xml": ("accompanying", b"<ODM/>", 0),
    "d.csv": ("csv", b"id,x\n1,2\n", 1),
    "lib.xpt": ("xport", LIBRARY, 4),
    "records-0001.json": ("redcap-json", page("1", "2"), 2),
    "records-0002.json": ("redcap-json", page("3"), 1),
    "all.json": ("redcap-json", page("1"), 1),
}


def test_tables_have_the_names_of_files_members_and_pages() -> None:
    """A file is a table, a library one for each data set, and numbered pages are one together."""
    files = manifest(FILES)
    found = delivered_tables(files, lambda file: FILES[file.name][1])
    assert {name: len(one.table.rows) for name, one in found.items()} == {
        "d.csv": 1, "lib.xpt:DM": 2, "lib.xpt:DM (2)": 2, "records": 3, "all.json": 1,
    }  # fmt: skip
    assert [found["records"].origin(row) for row in range(3)] == [(files[3], 0), (files[3], 1), (files[4], 0)]
    assert found["lib.xpt:DM (2)"].origin(1) == (files[2], 1)
    assert found["lib.xpt:DM (2)"].member == "DM (2)"
    announced = announced_rows([file.model_dump(mode="json") for file in files])
    assert {name: announced[name] for name in found} == {
        name: len(one.table.rows) for name, one in found.items()
    }


def test_the_only_table_is_a_file_or_pages() -> None:
    """Pages form one table whatever their names are; several tables are named, and none is told too."""
    pages = {"a.json": ("redcap-json", page("1"), 1), "b.json": ("redcap-json", page("2"), 1)}
    assert the_only(delivered_tables(manifest(pages), lambda file: pages[file.name][1])).table.column(
        "id"
    ) == ("1", "2")
    one = {"d.csv": FILES["d.csv"]}
    assert the_only(delivered_tables(manifest(one), lambda _: FILES["d.csv"][1])).table.rows == (("1", "2"),)
    with pytest.raises(
        DataError, match=r"has 5 tables \(all.json, d.csv, lib.xpt:DM, lib.xpt:DM \(2\), records\)"
    ):
        the_only(delivered_tables(manifest(FILES), lambda file: FILES[file.name][1]))
    with pytest.raises(DataError, match="has 0 tables; expected one"):
        the_only({})


def test_a_table_beside_the_only_one_does_not_count() -> None:
    """A library of two data sets, one of them adverse events, has one table of subjects; so have pages beside others."""
    library = {"lib.xpt": FILES["lib.xpt"]}
    tables = delivered_tables(manifest(library), lambda _: LIBRARY)
    assert the_only(tables, "lib.xpt:DM (2)") is tables["lib.xpt:DM"]
    pages = {name: FILES[name] for name in ("records-0001.json", "records-0002.json")}
    pages["ae-0001.json"] = ("redcap-json", page("9"), 1)
    tables = delivered_tables(manifest(pages), lambda file: pages[file.name][1])
    assert the_only(tables, "ae").table.column("id") == ("1", "2", "3")
