"""The house: everything that the use cases work with, as ``medicore.wiring`` builds it."""

from collections.abc import Callable
from dataclasses import dataclass

from medicore.records.identifiers import RunId
from medicore.records.protocol import Protocol
from medicore.steps import ports
from medicore.steps.archiving import Archive
from medicore.steps.certifying import Certifier
from medicore.steps.exporting import History, Licences
from medicore.steps.indexing import Index
from medicore.steps.replaying import Replay
from medicore.steps.signing import SignedReports


@dataclass(frozen=True, slots=True)
class House:
    """The ports, each joined to a store.

    ``progress`` receives run, step and what happened; it is for human eyes and holds no data.
    """

    clock: ports.Clock
    ledger: ports.Ledger
    locks: ports.Locks
    code: ports.Code
    environment: ports.Environment
    content: ports.Content
    records: ports.Records
    workspaces: ports.Workspaces
    protocols: ports.Protocols
    archive: Archive
    seals: ports.Seals
    certifier: Certifier
    signed_reports: SignedReports
    replay: Replay
    history: History
    licences: Licences
    index: Index
    edc: Callable[[Protocol], ports.Edc]
    renderer: Callable[[str], ports.Renderer]
    progress: Callable[[RunId, str, str], None]
    paper: str
    renderer_name: str
