"""Checks: work that raises an error of ours fails, and bytes are held against size and SHA-256."""

import pytest

from medicore.errors import IntegrityError, MediCoreError, UnavailableError
from medicore.records.canonical import sha256
from medicore.records.checking import (
    AS_RECORDED,
    Check,
    CheckKind,
    attempt,
    raise_failed,
    refuted,
    same_bytes,
)

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


def test_what_could_not_be_asked_is_told_apart_from_what_is_wrong() -> None:
    """A store that does not answer says nothing against what it holds; one check that found damage decides (FAULTS 80)."""
    silent = refuted(CheckKind.ARCHIVE, "archive", UnavailableError("no answer"), "a")
    damaged = attempt(CheckKind.TAG, "tag", refused)
    assert silent == Check(
        CheckKind.ARCHIVE, "archive", False, "could not be asked: no answer", file="a", unasked=True
    )
    raise_failed([])
    for failed, expected in (([silent], UnavailableError), ([silent, damaged], IntegrityError)):
        with pytest.raises(MediCoreError) as raised:
            raise_failed(failed)
        assert type(raised.value) is expected
        assert "1 check(s)" in str(raised.value)
