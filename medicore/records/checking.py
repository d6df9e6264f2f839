"""checking: one thing that was looked at, and what was found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from medicore.errors import MediCoreError
from medicore.records.canonical import sha256

AS_RECORDED = "as recorded"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its name, whether it is as recorded, and what was found.

    ``warned`` says that somebody meddled although nothing that is recorded was lost.
    """

    subject: str
    passed: bool
    found: str
    warned: bool = False


def attempt(subject: str, work: Callable[[], object]) -> Check:
    """Return the check that ``work`` is: passed unless it raises an error of ours."""
    try:
        work()
    except MediCoreError as error:
        return Check(subject, False, str(error))
    return Check(subject, True, AS_RECORDED)


def equal(subject: str, found: object, expected: object) -> Check:
    """Return the check that two digests are the same."""
    same = found == expected
    return Check(subject, same, AS_RECORDED if same else f"{str(found)[:12]} instead of {str(expected)[:12]}")


def same_bytes(subject: str, data: bytes, entry: Mapping[str, Any]) -> Check:
    """Return the check that ``data`` have the size and SHA-256 of an entry in a provenance or manifest."""
    if len(data) != entry["size"]:
        return Check(subject, False, f"{len(data)} bytes instead of {entry['size']}")
    return equal(subject, sha256(data), entry["sha256"])
