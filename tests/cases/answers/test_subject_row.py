"""Where a patient stands in the files as delivered: the row's number, its line, and the rows that were joined to it."""

from dataclasses import replace
from pathlib import Path

from medicore.cases.answers.subject_row import Place, locate
from medicore.records.delivery.transfer import RawFile
from medicore.steps.extract import freeze
from medicore.stores.files import FolderFiles
from tests.steps.delivered_trial import protocol, transfer
from tests.steps.test_joined_delivery import delivered, planned

FIRST = b'subject_id,note\r\n\r\n001,"one\r\ntwo"\r\n002,plain\r\n'
SECOND = b"other,subject_id\n1,003\n"


def frozen(folder: Path) -> FolderFiles:
    """Return a record folder with two files of subjects and one that goes with them."""
    files = FolderFiles(folder)
    held = (
        RawFile("define.xml", "accompanying", b"<ODM/>", 0),
        RawFile("first.csv", "csv", FIRST, 2),
        RawFile("second.csv", "csv", SECOND, 1),
    )
    freeze(files, replace(transfer(b""), files=held), None)
    return files


def test_a_row_has_its_number_and_its_line(tmp_path: Path) -> None:
    """Empty lines are no rows, and a text that goes on over a line end moves the lines of later rows."""
    read = frozen(tmp_path).read
    places = {}
    for patient in ("001", "002", "003"):
        found = locate(read, protocol(), patient)
        assert found is not None
        assert found.texts["subject_id"] == patient
        assert found.others == ()
        places[patient] = found.place
    assert places == {
        "001": Place("lock/raw/first.csv", 1, 3),
        "002": Place("lock/raw/first.csv", 2, 5),
        "003": Place("lock/raw/second.csv", 1, 2),
    }


def test_files_after_the_patients_are_not_read(tmp_path: Path) -> None:
    """The search ends at the first file that has the patient."""
    files, asked = frozen(tmp_path), []

    def read(name: str) -> bytes:
        asked.append(name)
        return files.read(name)

    assert locate(read, protocol(), "002") is not None
    assert asked == ["lock/transfer.json", "lock/raw/first.csv"]


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
    assert locate(frozen(tmp_path / "apart").read, protocol(), "999") is None
    assert locate(delivered(tmp_path / "joined").read, planned(), "999") is None
