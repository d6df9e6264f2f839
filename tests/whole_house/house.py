"""A whole house in one process: a regulatory run of 300 subjects takes about a second, most other things milliseconds.

Ledger, authority, archive, locks, index, checkout, work folders and signatures are the real ones; records, content
store, replay and renderer are in memory, held to the contracts of the real ones (tests/contracts).
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from medicore.cases.keeping.release import follow
from medicore.cases.people.logged import SERVICE
from medicore.cases.people.people import Newcomer, add
from medicore.cases.review.review import Decision, sign_decision
from medicore.cases.run.analysis import Outcome, analyse
from medicore.cases.run.histories import history_of
from medicore.cases.run.requesting import Request, sign_request
from medicore.cases.run.runs import ActiveRun, begin, runs_of
from medicore.edc.delivery_folder import DeliveryFolder
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.ledger.states import RunState, state_of
from medicore.records.people.people import Role
from medicore.stores.archive.folder import FolderArchive
from medicore.stores.content.workspace import Workspaces
from medicore.stores.files import FolderLocks
from medicore.stores.keys.authority import Subject
from medicore.stores.ledger.index import SqliteIndex
from medicore.stores.protocols import StudyFolder
from medicore.stores.report.signed_report import SignedReports
from tests.conftest import ROOT, copy_tree
from tests.whole_house.checkout import SmallCode, SmallEnvironment, commit, make_checkout
from tests.whole_house.content import MemoryContent
from tests.whole_house.people import (
    CA_WORDS,
    DAY,
    SetClock,
    actor,
    found_house,
    issuance,
    open_authority,
    people_parts,
    words,
)
from tests.whole_house.prepared_study import MONTH, PreparedStudy
from tests.whole_house.records import MemoryRecords
from tests.whole_house.renderer import NAME, QuickRenderer, quick_page
from tests.whole_house.replay import MemoryReplay

PEOPLE: Mapping[str, tuple[str, str]] = {
    "ana": ("Ana Analyst", "analyst"),
    "rita": ("Rita Reviewer", "reviewer"),
    "quinn": ("Quinn Quality", "quality"),
}
"""Printed name and role of everyone beside otto, the operator who let them in."""


@dataclass
class WholeHouse:
    """A house, what of it is in memory, and what people do in it."""

    folder: Path
    clock: SetClock
    records: MemoryRecords = field(default_factory=MemoryRecords)
    content: MemoryContent = field(default_factory=MemoryContent)
    told: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.house = open_whole_house(self)

    @property
    def root(self) -> Path:
        """The checkout of code and protocols."""
        return self.folder / "checkout"

    @property
    def home(self) -> Path:
        """The state folder."""
        return self.folder / "state"

    def copy(self, folder: Path) -> "WholeHouse":
        """Return a copy in another folder, which may be damaged; its clock stands where this one's stands."""
        folder.mkdir(parents=True, exist_ok=True)
        for part in (self.root, self.home):
            copy_tree(part, folder / part.name)
        clock = SetClock()
        clock.time = self.clock.time
        return WholeHouse(folder, clock, self.records.copy(), self.content.copy())

    def elsewhere(self) -> "WholeHouse":
        """Return the house as another host sees it: the same ledger, records, content and archive, own work and locks."""
        home, other = self.folder / "elsewhere", copy.copy(self)
        workspaces = Workspaces(home / "work", self.house.code, self.content)  # type: ignore[arg-type] # behind its contract
        other.house = replace(
            self.house, holder="elsewhere", locks=FolderLocks(home / "locks"), workspaces=workspaces
        )
        return other

    def prepare(self, *studies: PreparedStudy, month: str = MONTH) -> None:
        """Deliver the month of studies, and commit their protocols, so that their runs are regulatory ones."""
        for study in studies:
            study.write_protocol(self)  # type: ignore[arg-type] # a house has the folders of a project
            study.deliver(self, month)  # type: ignore[arg-type]
        self.commit("Protocols of prepared studies")

    def commit(self, message: str) -> str:
        """Commit everything in the checkout and return the commit."""
        return commit(self.root, message)

    def request(self, study: str, month: str = MONTH, by: str = "ana", **changed: Any) -> Request:
        """Return a signed request; ``changed`` are other fields of it."""
        asked = Request(study, month, by, "Monthly analysis", **changed)
        return Request(
            study,
            month,
            by,
            asked.reason,
            signature=sign_request(self.house, asked, [study], words),
            **changed,
        )

    def begin(self, study: str, month: str = MONTH, **changed: Any) -> ActiveRun:
        """Return a run of a study's month that has begun."""
        return begin(self.house, self.request(study, month, **changed))

    def run(self, study: str, month: str = MONTH, **changed: Any) -> Outcome:
        """Ask for a study's month, and take the run to its end, as the flow does: alone."""
        with self.house.locks.hold(study, month, "a test"):
            return analyse(self.house, self.begin(study, month, **changed))

    def sign(
        self, run: str, meaning: str, by: str = "rita", passphrase: str | None = None, **more: Any
    ) -> LedgerEvent:
        """Sign a decision with the person's own passphrase; ``more`` may give reason and finding."""
        decision = Decision(by, meaning, **{"reason": "Looked at it and found it so", **more})
        return sign_decision(self.house, RunId.parse(run), decision, passphrase or words(by))

    def follow(self, run: str) -> Outcome | None:
        """Follow the decisions on a run as the flow does; return how it ended when it was continued."""
        named = RunId.parse(run)
        with self.house.locks.hold(named.study, named.month, "a test"):
            continued = follow(self.house, named)
            return None if continued is None else analyse(self.house, continued)

    def release(self, run: str, by: str = "rita") -> None:
        """Approve a sealed run, and have it released and archived."""
        self.sign(run, "approve", by)
        assert self.follow(run) is None

    def proceed(self, run: str, by: str = "rita") -> Outcome:
        """Answer every finding at which a run waits, and continue it to its end."""
        for finding in self.history(run).findings:
            self.sign(run, "proceed", by, finding=finding.digest)
        ended = self.follow(run)
        assert ended is not None
        return ended

    def history(self, run: str | RunId) -> RunHistory:
        """Return all that the ledger tells of a run."""
        return history_of(self.house, RunId.parse(str(run)))

    def events(self, run: str) -> list[LedgerEvent]:
        """Return the ledger's events of a run, or of another subject."""
        return [*self.house.ledger.events(subject=run)]

    def actions(self, run: str) -> list[str]:
        """Return what happened to a run, in order."""
        return [event.action for event in self.events(run)]

    def state(self, run: str) -> RunState:
        """Return where a run stands."""
        return state_of(self.events(run))

    def runs(self, study: str) -> list[str]:
        """Return the runs of a study, in order of request."""
        return [str(run) for run in runs_of(self.house, study)]


def open_whole_house(whole: WholeHouse) -> House:
    """Return the house whose parts lie in the folders and the memory of ``whole``."""
    home, clock, records, content = whole.home, whole.clock, whole.records, whole.content
    code, environment, renderer = SmallCode(whole.root), SmallEnvironment(whole.root), QuickRenderer()
    parts = people_parts(home, clock) | {
        "code": code,
        "environment": environment,
        "content": content,
        "records": records,
        "sealing": records,
        "history": records,
        "workspaces": Workspaces(home / "work", code, content),  # type: ignore[arg-type] # behind its contract
        "protocols": StudyFolder(whole.root / "studies"),
        "archive": FolderArchive(home / "archive"),
        "signed_reports": SignedReports(lambda: open_authority(home, clock), ROOT / "quarto_templates"),
        "replay": MemoryReplay(records, content, renderer),
        "licences": environment,
        "index": SqliteIndex(home / "index.db", b"a key"),
        "edc": lambda _: DeliveryFolder(home / "inbox", by_month=True),
        "renderer": lambda _: renderer,
        "rendition": quick_page,
        "progress": lambda run, step, what: whole.told.append((str(run), step, what)),
        "holder": "a test",
        "lease_seconds": 900,
        "paper": "a4",
        "renderer_name": NAME,
    }
    return House(**parts)


def found_whole_house(folder: Path) -> WholeHouse:
    """Return a house of otto, ana, rita, quinn and the service, with code and without any study."""
    make_checkout(folder / "checkout")
    founded, clock = found_house(folder / "state")
    service = open_authority(folder / "state", clock).issue_service(
        Subject(SERVICE, "MediCore service", Role.SERVICE),
        authority_passphrase=CA_WORDS,
        validity=20 * 365 * DAY,
    )
    event = NewEvent(SERVICE, "service", "person.added", SERVICE, "medicore init", service.details())
    founded.ledger.append(event)
    (folder / "state" / "inbox").mkdir()
    for person, (name, role) in PEOPLE.items():
        add(founded, actor(), Newcomer(person, name, role), lambda person=person: issuance(person))  # type: ignore[misc]
    return WholeHouse(folder, clock)
