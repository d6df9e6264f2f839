"""Each study has one protocol file, named after it."""

from pathlib import Path

import pytest

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_protocol
from medicore.stores.protocols import StudyFolder
from tests.conftest import ROOT

TEXT = (ROOT / "studies" / "REF-NHEFS.yaml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    """Return a folder with one protocol and files that are none."""
    (tmp_path / "REF-NHEFS.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "README.md").write_text("not a protocol")
    (tmp_path / "sources").mkdir()
    return StudyFolder(tmp_path)


def test_protocol_of_a_study_is_loaded(folder: StudyFolder) -> None:
    """The studies are the YAML files, and each is parsed as it stands."""
    assert folder.studies() == ("REF-NHEFS",)
    assert folder.load("REF-NHEFS") == parse_protocol(TEXT, "REF-NHEFS.yaml")


def test_unknown_study_is_refused_with_the_known_ones(folder: StudyFolder, tmp_path: Path) -> None:
    """A study without a protocol is named, with those that there are (FAULTS 31)."""
    with pytest.raises(ProtocolError, match=r"study MED-2024-0147 has no protocol; known studies: REF-NHEFS"):
        folder.load("MED-2024-0147")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ProtocolError, match=r"known studies: none$"):
        StudyFolder(tmp_path / "empty").load("REF-NHEFS")


@pytest.mark.parametrize("study", ["../REF-NHEFS", "REF-NHEFS/", "", "REF NHEFS", "REF-NHEFS\n"])
def test_malformed_study_reaches_no_path(folder: StudyFolder, study: str) -> None:
    """An identifier that is none is refused before a file is looked for (FAULTS 31)."""
    with pytest.raises(ProtocolError, match="is not a study identifier"):
        folder.load(study)


def test_file_under_another_name_is_refused(folder: StudyFolder, tmp_path: Path) -> None:
    """A protocol does not serve a study that it does not name."""
    (tmp_path / "MED-2024-0147.yaml").write_text(TEXT, encoding="utf-8")
    with pytest.raises(ProtocolError, match=r"MED-2024-0147\.yaml is the protocol of REF-NHEFS; rename"):
        folder.load("MED-2024-0147")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"study: [", r"studies/REF-NHEFS\.yaml is not valid YAML"),
        (b"study: REF-NHEFS\n", r"studies/REF-NHEFS\.yaml: .*problem\(s\) in all"),
        (TEXT.encode("utf-16"), r"studies/REF-NHEFS\.yaml is not UTF-8"),
    ],
)
def test_file_that_is_no_protocol_is_named(
    folder: StudyFolder, tmp_path: Path, data: bytes, expected: str
) -> None:
    """Whatever is wrong with the file, the message says which file."""
    (tmp_path / "REF-NHEFS.yaml").write_bytes(data)
    with pytest.raises(ProtocolError, match=expected):
        folder.load("REF-NHEFS")


def test_the_families_are_no_study(tmp_path: Path) -> None:
    """The file beside the protocols is read as families, its absence as none, and other bytes than UTF-8 are refused."""
    folder = StudyFolder(tmp_path)
    assert folder.families() == ()
    path = tmp_path / "families.yaml"
    path.write_text("families: [{name: a, studies: [TEST-A, TEST-B], method: holm, alpha: 0.05}]")
    assert folder.studies() == ()
    (family,) = folder.families()
    assert family.studies == ("TEST-A", "TEST-B")
    path.write_bytes(b"\xff")
    with pytest.raises(ProtocolError, match=r"studies/families.yaml is not UTF-8"):
        folder.families()
