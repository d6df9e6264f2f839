"""The house: all ports that the use cases work with. ``medicore.wiring`` builds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from medicore.ports.archive import Archive
from medicore.ports.code import Code, Environment, Renderer
from medicore.ports.files import Workspaces
from medicore.ports.history import History, Licences
from medicore.ports.index import Index
from medicore.ports.keys import Certifier
from medicore.ports.ledger import Clock, Ledger, Locks
from medicore.ports.records import Content, Records, Sealing
from medicore.ports.replay import Replay
from medicore.ports.seals import Seals
from medicore.ports.signed_reports import SignedReports
from medicore.ports.study import Edc, Protocols
from medicore.records.identifiers import RunId
from medicore.records.protocol.protocol import Protocol


@dataclass(frozen=True, slots=True)
class House:
    """The ports, each connected to its store.

    ``holder`` names this state folder in the leases that its workers take of a run, for ``lease_seconds`` each.
    ``rendition`` makes the HTML of a page from a template's files and its inputs (``stores.report.rendition``).
    ``progress`` receives run, step and a short message for people; it never receives data.
    """

    clock: Clock
    ledger: Ledger
    locks: Locks
    code: Code
    environment: Environment
    content: Content
    records: Records
    sealing: Sealing
    workspaces: Workspaces
    protocols: Protocols
    archive: Archive
    seals: Seals
    certifier: Certifier
    signed_reports: SignedReports
    replay: Replay
    history: History
    licences: Licences
    index: Index
    edc: Callable[[Protocol], Edc]
    renderer: Callable[[str], Renderer]
    rendition: Callable[[Mapping[str, bytes], Mapping[str, bytes], str], bytes]
    progress: Callable[[RunId, str, str], None]
    holder: str
    lease_seconds: int
    paper: str
    renderer_name: str
