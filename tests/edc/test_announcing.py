"""Manifests made for files that came without one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from medicore.edc.announcing import Announced, announce
from medicore.edc.delivery_folder import DeliveryFolder
from medicore.errors import ConfigurationError, DataError, MediCoreError
from medicore.records.delivery.described import Described
from tests.records.transported import number, transport, variable

STUDY = "TEST-FILES"
AGES = transport(
    [variable("ID", 8, 0, text=True), variable("AGE", 8, 8, label="Age")], [b"001     " + number(41)] * 3
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A delivery of three files without a manifest."""
    raw = tmp_path / STUDY / "raw"
    raw.mkdir(parents=True)
    (raw / "subjects.csv").write_bytes(b"id,sex\n001,F\n002,M\n")
    (raw / "ages.xpt").write_bytes(AGES)
    (raw / "define.xml").write_bytes(b"<ODM/>")
    return raw.parent


def announced(folder: Path, *accompanying: str, exported_at: str = "2025-04-01T06:00:00Z") -> Announced:
    """Return the manifest made for the folder."""
    return announce(
        folder,
        system="S",
        source=STUDY,
        exported_at=exported_at,
        version="1",
        accompanying=accompanying or ["define.xml"],
    )


def test_the_manifest_is_one_that_the_connector_accepts(folder: Path) -> None:
    """What was counted here is proved by the connector: formats, rows and digests of every file."""
    made = announced(folder)
    found = DeliveryFolder(folder, by_month=False).pull(STUDY, "2025-03")
    assert [(file.name, file.format, file.rows) for file in found.files] == [
        ("ages.xpt", "xport", 3),
        ("define.xml", "accompanying", 0),
        ("subjects.csv", "csv", 2),
    ]
    assert made.columns["ages.xpt"] == (Described("ID", "", "text"), Described("AGE", "Age", "number"))
    assert [column.name for column in made.columns["subjects.csv"]] == ["id", "sex"]


def test_a_manifest_is_never_replaced(folder: Path) -> None:
    """What the source said of its files stays what it said."""
    announced(folder)
    before = (folder / "transfer.json").read_bytes()
    with pytest.raises(ConfigurationError, match="exists already"):
        announced(folder, exported_at="2025-05-01T06:00:00Z")
    assert (folder / "transfer.json").read_bytes() == before


@pytest.mark.parametrize(
    ("work", "problem"),
    [
        (lambda f: announced(f, "other.xml"), "no file 'other.xml'"),
        (lambda f: announced(f, exported_at="2025-04-01"), "zone"),
        (lambda f: announced(f, "subjects.csv"), r"define\.xml has an unknown format"),
        (lambda f: ((f / "raw" / "ages.xpt").write_bytes(AGES[:-1]), announced(f)), "not a whole SAS"),
        (lambda f: announced(f / "raw"), "has no files"),
    ],
)
def test_what_cannot_be_read_is_not_announced(
    folder: Path, work: Callable[[Path], object], problem: str
) -> None:
    """A file that no reader reads, or a time without zone, leaves no manifest behind (FAULTS 33)."""
    with pytest.raises(MediCoreError, match=problem) as caught:
        work(folder)
    assert isinstance(caught.value, DataError)
    assert not (folder / "transfer.json").exists()


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        (
            "a.json",
            b'{"datasetJSONVersion": "1.1.0", "records": 1, "columns": [{"itemOID": "A", "name": "A", "dataType": "string"}], "rows": [["1"]]}',
            "dataset-json",
        ),
        ("b.json", b'\xef\xbb\xbf[{"id": "1"}]', "redcap-json"),
        (
            "c.json",
            b'{"datasetJSONVersion": "1.1.0", "records": 1, "columns": [{"itemOID": "A", "name": "A", "dataType": "string"}]}\n["1"]\n',
            "dataset-ndjson",
        ),
        ("d.csv", b"a,b\n1,2\nEOF\n", "rave-csv"),
        ("e.txt", b"a,b\n1,2\n", "csv"),
        (
            "f.xml",
            b'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3" FileType="Snapshot"><ClinicalData StudyOID="T"/></ODM>',
            "odm",
        ),
    ],
)
def test_the_contents_show_the_format(tmp_path: Path, name: str, data: bytes, form: str) -> None:
    """Where a name leaves the format open, the contents prove it."""
    raw = tmp_path / STUDY / "raw"
    raw.mkdir(parents=True)
    (raw / name).write_bytes(data)
    made = announce(raw.parent, system="S", source=STUDY, exported_at="2025-04-01T06:00:00Z", version="1")
    assert [file.format for file in made.manifest.files] == [form]
