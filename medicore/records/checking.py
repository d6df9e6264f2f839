"""Checks: each names one thing that was verified, and what was found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from medicore.errors import IntegrityError, MediCoreError, UnavailableError
from medicore.records.canonical import sha256

AS_RECORDED = "as recorded"


class CheckKind(Enum):
    """What a check is about; the score card judges by it."""

    LEDGER = auto()
    """The whole ledger: guards, chain and signed heads."""
    GUARDS = auto()
    """The ledger's triggers and indexes."""
    CHAIN = auto()
    """The ledger's chain of digests."""
    SIGNED_HEAD = auto()
    """A signed head of the ledger, or all of them."""
    AUTHORITY = auto()
    """The certificate of the authority."""
    PEOPLE = auto()
    """The signed changes of people."""
    REPOSITORY = auto()
    """All objects of the record repository."""
    FOREIGN = auto()
    """What lies in the record repository and would alter its objects or make git run programs."""
    TAG = auto()
    """A tag, and the commit that it is on."""
    GIT_OBJECTS = auto()
    """The git objects that a tag leads to."""
    PROVENANCE = auto()
    """The provenance that the ledger names."""
    RECORD = auto()
    """A sealed record that cannot be read."""
    UNNAMED_FILE = auto()
    """A file in the record that its provenance does not name."""
    REPOSITORY_COPY = auto()
    """A file's copy in the record repository."""
    STORED_COPY = auto()
    """A file's copy in the content store or its local cache."""
    CHECKOUT_COPY = auto()
    """A file's copy in a clone of the record repository."""
    SIGNED_REPORT = auto()
    """The signatures in the signed report, or the values with which they are compared."""
    REQUEST = auto()
    """A signed request."""
    DECISION = auto()
    """A signed decision."""
    CORRECTION = auto()
    """A signed correction, by which impossible events of a run are skipped."""
    EVENT = auto()
    """An event of the ledger that does not hold what MediCore writes there."""
    STATE = auto()
    """The states that a run went through."""
    DECIDED = auto()
    """An event that follows from a signed decision."""
    SEALED_AS_TOLD = auto()
    """A sealed record, compared with the ledger's events before it."""
    ACT = auto()
    """Another signed act on a run."""
    TOLD_ONCE = auto()
    """The signatures on a run's acts, each told by one event alone."""
    ARCHIVE = auto()
    """The archive itself, or the manifest of what it holds of a run."""
    ARCHIVED_COPY = auto()
    """The archived copy of an object."""
    BUNDLE = auto()
    """The archived git bundle, cloned into an empty repository."""
    VERSIONS = auto()
    """What was written or deleted over an archived object."""
    RETENTION = auto()
    """Until when an archived object is kept."""
    LEGAL_HOLD = auto()
    """The legal hold on an archived object."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its kind and name, whether it is as recorded, and what was found.

    ``warned`` says that somebody tampered with it, although nothing that is recorded was lost. ``file`` is the name
    in the record of the file that the check is about, and is empty where it is about something else. ``unasked`` says
    that the store which holds it did not answer: nothing is known, and nothing is said against it.
    """

    kind: CheckKind
    subject: str
    passed: bool
    found: str
    warned: bool = False
    file: str = ""
    unasked: bool = False


def attempt(kind: CheckKind, subject: str, work: Callable[[], object]) -> Check:
    """Return the check that ``work`` is: passed unless it raises an error of ours."""
    try:
        work()
    except MediCoreError as error:
        return refuted(kind, subject, error)
    return Check(kind, subject, True, AS_RECORDED)


def refuted(kind: CheckKind, subject: str, error: MediCoreError, file: str = "") -> Check:
    """Return the check that an error fails; where a store did not answer, it says that, and judges nothing."""
    if isinstance(error, UnavailableError):
        return Check(kind, subject, False, f"could not be asked: {error}", file=file, unasked=True)
    return Check(kind, subject, False, str(error), file=file)


def raise_failed(failed: Sequence[Check]) -> None:
    """Raise IntegrityError when checks failed, UnavailableError when all of those only could not be asked."""
    against = [check for check in failed if not check.unasked]
    for check in against[:1]:
        raise IntegrityError(f"{len(against)} check(s) failed, first {check.subject}: {check.found}")
    for check in failed[:1]:
        raise UnavailableError(
            f"{len(failed)} check(s) could not be made, first {check.subject}: {check.found}"
        )


def same_bytes(kind: CheckKind, subject: str, data: bytes, entry: Mapping[str, Any], file: str = "") -> Check:
    """Return the check that ``data`` have the size and SHA-256 of an entry in a provenance or manifest."""
    if len(data) != entry["size"]:
        return Check(kind, subject, False, f"{len(data)} bytes instead of {entry['size']}", file=file)
    if (digest := sha256(data)) != entry["sha256"]:
        words = f"{digest[:12]} instead of {str(entry['sha256'])[:12]}"
        return Check(kind, subject, False, words, file=file)
    return Check(kind, subject, True, AS_RECORDED, file=file)
