"""The list of a folder's files: its address in the pointer, what it names, and whether that is what was recorded."""

import hashlib
import json

import pytest

from medicore.errors import IntegrityError
from medicore.records.file_list import files_in, lists_of, require_list

FILES = {"raw/subjects.csv": "a" * 32, "transfer.json": "b" * 32}
LISTED = json.dumps([{"md5": md5, "relpath": name} for name, md5 in FILES.items()]).encode()
ADDRESS = f"{hashlib.md5(LISTED, usedforsecurity=False).hexdigest()}.dir"


def test_a_pointer_names_the_list_of_a_folder_alone() -> None:
    """A folder's list has an address in ``.dir``; a single file has none."""
    pointer = f"outs:\n- md5: {ADDRESS}\n  path: lock\n- md5: {'c' * 32}\n  path: report.pdf\n".encode()
    assert lists_of(pointer) == {"lock": ADDRESS}
    assert lists_of(b"") == {}


@pytest.mark.parametrize("pointer", [b"outs: [1]", b"- a", b"outs:\n- path: lock\n", b"outs: 7", b"{"])
def test_a_damaged_pointer_is_an_integrity_error(pointer: bytes) -> None:
    """A pointer that DVC did not write names nothing."""
    with pytest.raises(IntegrityError, match="the data lock's pointer is damaged"):
        lists_of(pointer)


def test_a_list_that_is_as_recorded_passes() -> None:
    """The list has its address and names the files of the provenance, each with its MD5."""
    assert files_in(LISTED) == FILES
    require_list(LISTED, ADDRESS, FILES)
    require_list(LISTED, ADDRESS, dict.fromkeys(FILES))


@pytest.mark.parametrize("listed", [b"\xff", b"7", b"[{}]", b'{"a": 1}'])
def test_a_list_that_cannot_be_read_is_an_integrity_error(listed: bytes) -> None:
    """Bytes that are no list say so (FAULTS 80)."""
    with pytest.raises(IntegrityError, match="is no list of files"):
        require_list(listed, ADDRESS, FILES)


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({**FILES, "more.csv": "d" * 32}, f"lists more.csv as absent; expected {'d' * 32} of"),
        ({**FILES, "more.csv": None}, "lists more.csv as absent; expected the file of the record"),
        ({"transfer.json": "b" * 32}, f"lists raw/subjects.csv as {'a' * 32}; expected no such file"),
        ({**FILES, "transfer.json": "d" * 32}, f"lists transfer.json as {'b' * 32}; expected {'d' * 32}"),
    ],
)
def test_a_list_of_other_files_is_an_integrity_error(expected: dict[str, str | None], words: str) -> None:
    """A file too many, too few or of another MD5 is named (FAULTS 80)."""
    with pytest.raises(IntegrityError, match=words):
        require_list(LISTED, ADDRESS, expected)


def test_the_same_files_in_other_bytes_are_another_object() -> None:
    """A list that says the same in other bytes has another address, and DVC would not take it (FAULTS 80)."""
    with pytest.raises(IntegrityError, match=f"expected {ADDRESS}"):
        require_list(LISTED + b"\n", ADDRESS, FILES)
