"""What the steps need from the outside world, as Protocols that the stores satisfy by structure."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from medicore.records.decision import Statement
from medicore.records.identifiers import RunId
from medicore.records.ledger import Checkpoint, LedgerEvent, NewEvent
from medicore.records.people import Person
from medicore.records.protocol import Protocol as StudyProtocol
from medicore.records.transfer import Transfer

if TYPE_CHECKING:
    import pandas as pd


class RecordFiles(Protocol):
    """The files of one record folder, by name relative to it, written atomically."""

    def read(self, name: str) -> bytes:
        """Return the bytes of file ``name``; raise IntegrityError when it is not there."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write file ``name`` whole or not at all."""
        ...

    def exists(self, name: str) -> bool:
        """Say whether file or folder ``name`` is there."""
        ...

    def names(self, folder: str = "") -> tuple[str, ...]:
        """Return the names of all files below ``folder``, sorted."""
        ...

    def read_table(self, name: str) -> "pd.DataFrame":
        """Return the Parquet file ``name`` as a table."""
        ...

    def write_table(self, name: str, table: "pd.DataFrame") -> None:
        """Write ``table`` as Parquet ``name``: the same table gives the same bytes."""
        ...


class Edc(Protocol):
    """A connector to an electronic data capture system."""

    def pull(self, study: str, month: str) -> Transfer:
        """Return the study's export for the month, proved complete; raise DataError when it is not."""
        ...


class Clock(Protocol):
    """The one source of time."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...


class Renderer(Protocol):
    """Turns the template and a folder of results into a PDF."""

    @property
    def identity(self) -> Mapping[str, str]:
        """Name and versions of the programs that render."""
        ...

    def render(
        self, template_folder: str, inputs: Mapping[str, bytes], created: datetime, template: str = ...
    ) -> bytes:
        """Return the bytes of the report, by default a run's; the same inputs give the same bytes."""
        ...


class Ledger(Protocol):
    """The append-only, hash-chained audit trail."""

    def append(self, event: NewEvent) -> LedgerEvent:
        """Append one event and return it with its place in the chain."""
        ...

    def events(
        self,
        *,
        subject: str | None = None,
        action: str | None = None,
        person: str | None = None,
        after: int = 0,
    ) -> Iterator[LedgerEvent]:
        """Yield events in order, those about ``subject`` (a run, or a prefix ending in '/') when given.

        ``person`` leaves those that this person did or that are about this person; ``after`` leaves out all up to
        that sequence number.
        """
        ...

    def check_file(self) -> None:
        """Raise IntegrityError when the store under the ledger is damaged, its indexes too."""
        ...

    def head(self) -> tuple[int, str]:
        """Return sequence number and digest of the last event; (0, 64 zeros) for an empty ledger."""
        ...


class Locks(Protocol):
    """Exclusive work on one study and month."""

    def hold(self, study: str, month: str, purpose: str) -> AbstractContextManager[None]:
        """Hold the study's month alone; raise BusyError, naming the holder, when another process does."""
        ...


class Code(Protocol):
    """The checkout that this program runs from."""

    root: Path

    def commit(self) -> str:
        """Return the commit that the checkout is at."""
        ...

    def require_clean(self) -> str:
        """Return the commit, proved to be what runs."""
        ...


class Environment(Protocol):
    """The installed packages, held against the lock file."""

    def digest(self) -> str:
        """Return the SHA-256 of the lock file."""
        ...

    def require_locked(self) -> str:
        """Return the digest of the lock file, proved to be what is installed."""
        ...

    def locked(self) -> dict[str, str]:
        """Return name and version of every locked package."""
        ...


class Content(Protocol):
    """The content store: large files addressed by content."""

    def add(self, folder: Path, name: str) -> bytes:
        """Store file or folder ``name`` and return its pointer."""
        ...

    def put(self, name: str, data: bytes) -> tuple[str, bytes]:
        """Store ``data`` as a file of that name; return its MD5 and its pointer."""
        ...

    def commit(self, folder: Path, stages: Iterable[str]) -> bytes:
        """Store the outputs of ``stages`` and return ``dvc.lock``."""
        ...

    def addresses(self, folder: str, lock: bytes, pointer: bytes) -> dict[str, str]:
        """Return the MD5 of every stored file of a record, by its name in the record folder."""
        ...

    def objects(self, md5: str) -> tuple[tuple[str, bytes], ...]:
        """Return every stored copy of one object with the place it was read from."""
        ...


class Records(Protocol):
    """The record repository."""

    def adopt(self, code: Any, commit: str) -> None:  # noqa: ANN401 - the code store's own type
        """Bring a code commit and its history into the repository."""
        ...

    def seal(
        self,
        *,
        parent: str,
        replaced: str,
        files: Mapping[str, bytes],
        tag: str,
        message: str,
        actor: str,
        at: datetime,
    ) -> str:
        """Return the new record commit, tagged; raise IntegrityError when the tag exists."""
        ...

    def resolve(self, tag: str) -> str | None:
        """Return the commit of a tag, or None."""
        ...

    def read(self, commit: str, name: str) -> bytes:
        """Return a file of a commit."""
        ...

    def names(self, commit: str, folder: str) -> tuple[str, ...]:
        """Return the names of a commit's files below ``folder``."""
        ...

    def export(self, commit: str, target: Path) -> None:
        """Write the tree of a commit into a folder."""
        ...

    def bundle(self, tag: str) -> bytes:
        """Return a git bundle of a tag with its history."""
        ...

    def check(self, tag: str | None = None) -> None:
        """Raise IntegrityError when an object that the tag reaches, or any tag without one, is damaged."""
        ...

    def reading(self) -> "AbstractContextManager[Records]":
        """Return the repository as it is now, fast for someone who reads much of it."""
        ...


class Workspaces(Protocol):
    """Scratch folders, one per run."""

    def path(self, run: RunId) -> Path:
        """Return the work folder of a run."""
        ...

    def files(self, run: RunId) -> RecordFiles:
        """Return the record folder of a run in its work folder."""
        ...

    def prepare(self, run: RunId, commit: str, protocol: bytes, identity: Mapping[str, Any]) -> None:
        """Make the work folder ready; what is there already stays."""
        ...

    def overlay(self, run: RunId) -> dict[str, bytes]:
        """Return the files outside the record folder that a record has of its own."""
        ...

    def table(self, data: bytes) -> "pd.DataFrame":
        """Return Parquet bytes as a table."""
        ...

    def discard_lock(self, run: RunId) -> None:
        """Remove what lies as the data lock of a run in its work folder."""
        ...


class Protocols(Protocol):
    """The studies' protocols."""

    def studies(self) -> tuple[str, ...]:
        """Return the identifiers of all studies."""
        ...

    def load(self, study: str) -> StudyProtocol:
        """Return the protocol of a study."""
        ...


class Seals(Protocol):
    """Signatures of people, and of the service that attests the ledger."""

    def authority(self) -> bytes:
        """Return the certificate, in PEM, from which all trust comes."""
        ...

    def sign(self, statement: Statement, passphrase: str) -> bytes:
        """Return the envelope of a decision, signed with its signer's key; raise ReviewError when it stays shut."""
        ...

    def verify(self, envelope: bytes, person: Person, at: str) -> Statement:
        """Return the decision in an envelope, its signature and certificate proved as of ``at``."""
        ...

    def attest(self, sequence: int, digest: str) -> bytes:
        """Return the head of the ledger, signed by the service."""
        ...

    def verify_attestation(self, envelope: bytes, service: Person) -> Checkpoint:
        """Return the checkpoint in an envelope, its signature proved."""
        ...
