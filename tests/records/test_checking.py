"""Checks: work that raises an error of ours fails, and bytes are held against size and SHA-256."""

import pytest

from medicore.errors import IntegrityError
from medicore.records.canonical import sha256
from medicore.records.checking import AS_RECORDED, Check, CheckKind, attempt, same_bytes

DATA = b"some bytes"
ENTRY = {"size": len(DATA), "sha256": sha256(DATA)}


def refused() -> None:
    """Raise an error of ours."""
    raise IntegrityError("is on another commit")


def test_work_passes_unless_it_raises_an_error_of_ours() -> None:
    """The error's words are what was found; an error that is not ours is none of a check's business."""
    assert attempt(CheckKind.TAG, "tag", lambda: None) == Check(CheckKind.TAG, "tag", True, AS_RECORDED)
    found = attempt(CheckKind.TAG, "tag", refused)
    assert found == Check(CheckKind.TAG, "tag", False, "is on another commit")
    with pytest.raises(ZeroDivisionError):
        attempt(CheckKind.TAG, "tag", lambda: 1 / 0)


@pytest.mark.parametrize(
    ("data", "passed", "found"),
    [
        (DATA, True, AS_RECORDED),
        (DATA + b"!", False, "11 bytes instead of 10"),
        (b"other byte", False, f"{sha256(b'other byte')[:12]} instead of {sha256(DATA)[:12]}"),
    ],
)
def test_bytes_are_held_against_size_and_digest(data: bytes, passed: bool, found: str) -> None:
    """Bytes of another size, and other bytes of the same size, fail and say by how much."""
    check = same_bytes(CheckKind.STORED_COPY, "a (content store)", data, ENTRY, "a")
    assert check == Check(CheckKind.STORED_COPY, "a (content store)", passed, found, file="a")
