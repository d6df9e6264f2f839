"""What an export withholds: whatever below studies/ is of another study, and nothing else."""

import json

import pytest

from medicore.records.export.packing import TreeFile
from medicore.records.export.withholding import listed, own_and_others

NAMES = (
    "README.md",
    "medicore/studies/x.py",
    "studies/ACME-1.yaml",
    "studies/ACME-10.yaml",
    "studies/names.yaml",
    "studies/families.yaml",
    "studies/sources/ACME-1/raw/a.csv",
    "studies/sources/ACME-10/raw/a.csv",
    "studies/notes/ACME-1.yaml",
)
FAMILY = "families:\n  - {{name: First, studies: [{}, ACME-10], method: holm, alpha: 0.05}}\n"


@pytest.mark.parametrize(
    ("families", "in_family"),
    [(FAMILY.format("ACME-1"), True), (FAMILY.format("ACME-2"), False), ("families: {", False)],
)
def test_the_files_of_other_studies_are_left_out(families: str, in_family: bool) -> None:
    """A study keeps its protocol, its sources, the rule for names and, if it belongs to one, the families; code stays whole."""
    files = tuple(
        TreeFile("100644", name, (families if name.endswith("families.yaml") else name).encode())
        for name in NAMES
    )
    own, others = own_and_others(files, "ACME-1")
    out = {"studies/ACME-10.yaml", "studies/sources/ACME-10/raw/a.csv", "studies/notes/ACME-1.yaml"}
    assert {file.name for file in others} == out | (set() if in_family else {"studies/families.yaml"})
    assert sorted((*own, *others), key=lambda file: file.name) == sorted(files, key=lambda file: file.name)


def test_the_list_has_gits_name_of_the_contents() -> None:
    """Each entry has name, mode and what ``git hash-object`` prints; no byte of the file."""
    (entry,) = json.loads(listed([TreeFile("100755", "studies/X.yaml", b"hello\n")]))["files"]
    assert entry == {
        "name": "studies/X.yaml",
        "mode": "100755",
        "blob": "ce013625030ba8dba906f756967f9e9ca394464a",
    }
