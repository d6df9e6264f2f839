"""Where a patient stands in the files as delivered: the row's number, its line, and the rows that were joined to it."""

import json
from dataclasses import replace
from pathlib import Path

from medicore.cases.answers.subject_row import Place, locate
from medicore.records.delivery.transfer import RawFile
from medicore.steps.extract import freeze
from medicore.stores.files import FolderFiles
from tests.steps.delivered_trial import protocol, transfer
from tests.steps.test_joined_delivery import delivered, planned

FIRST = b'sep=;\r\nsubject_id;note\r\n\r\n001;"one\r\ntwo"\r\n002;plain\r\n'


def frozen(folder: Path, *held: RawFile) -> FolderFiles:
    """Return a record folder with these files and one that goes with them."""
    files = FolderFiles(folder)
    freeze(
        files,
        replace(transfer(b""), files=(RawFile("define.xml", "accompanying", b"<ODM/>", 0), *held)),
        None,
    )
    return files


def place_of(files: FolderFiles, patient: str) -> Place:
    """Return where a patient stands."""
    found = locate(files.read, protocol(), patient)
    assert found is not None
    assert found.texts["subject_id"] == patient
    assert found.others == ()
    return found.place


def test_a_row_has_its_number_and_its_line(tmp_path: Path) -> None:
    """Empty lines are no rows, a text that goes on over a line end moves the lines of later rows, and ``sep=`` is a line."""
    files = frozen(tmp_path, RawFile("first.csv", "csv", FIRST, 2))
    assert place_of(files, "001") == Place("lock/raw/first.csv", 1, 4)
    assert place_of(files, "002") == Place("lock/raw/first.csv", 2, 6)


def test_a_row_is_in_its_page(tmp_path: Path) -> None:
    """Where a table comes in pages, the place is the page and the row in it."""
    pages = [
        json.dumps([{"subject_id": name} for name in names]).encode() for names in (("001", "002"), ("003",))
    ]
    held = [
        RawFile(f"records-000{i}.json", "redcap-json", data, 3 - i) for i, data in enumerate(pages, start=1)
    ]
    files = frozen(tmp_path, *held)
    assert place_of(files, "002") == Place("lock/raw/records-0001.json", 2, None)
    assert place_of(files, "003") == Place("lock/raw/records-0002.json", 1, None)


def test_joined_rows_have_their_own_places(tmp_path: Path) -> None:
    """The place is in the first data set, the texts are of all, and a file that is no lines of rows has no line."""
    read = delivered(tmp_path).read
    found = locate(read, planned(), "003")
    assert found is not None
    assert found.place == Place("lock/raw/subjects.csv", 1, 2)
    assert found.others == (Place("lock/raw/vs.xpt", 3, None),)
    assert (found.texts["subject_id"], found.texts["weight"]) == ("003", "80.5")


def test_a_stranger_stands_nowhere(tmp_path: Path) -> None:
    """Of somebody whom no file has there is no row, whether data sets are joined or not."""
    alone = frozen(tmp_path / "alone", RawFile("first.csv", "csv", FIRST, 2))
    assert locate(alone.read, protocol(), "999") is None
    assert locate(delivered(tmp_path / "joined").read, planned(), "999") is None
