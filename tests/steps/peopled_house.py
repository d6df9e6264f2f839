"""A house with a real ledger, authority and people, and a clock that tests set; it has no runs."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from medicore.cases.people.acting import Actor
from medicore.cases.people.people import Newcomer, add
from medicore.ports.house import House
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.people.credential import Issuance
from medicore.records.people.people import Role
from medicore.stores.files import FolderLocks
from medicore.stores.keys.authority import Authority, Subject
from medicore.stores.keys.certifier import AuthorityCertifier
from medicore.stores.keys.seals import AuthoritySeals
from medicore.stores.ledger.sqlite import SqliteLedger
from medicore.stores.protocols import StudyFolder

ROOT = Path(__file__).resolve().parent.parent.parent
START = datetime(2025, 4, 1, 6, 0, tzinfo=UTC)
CA_WORDS = "words of the authority"
DAY = timedelta(days=1)


class SetClock:
    """A clock that stands where a test sets it."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        """Return the time that is set."""
        return self.time

    def pass_days(self, days: float) -> None:
        """Let days pass."""
        self.time += timedelta(days=days)


def words(person: str) -> str:
    """Return the passphrase of a person."""
    return f"words of {person}"


def actor(person: str = "otto", reason: str = "As the team asked") -> Actor:
    """Return someone who changes something about people, with the own passphrase."""
    return Actor(person, reason, words(person))


def issuance(person: str, days: int = 365) -> Issuance:
    """Return what a key of a person is made from."""
    return Issuance(passphrase=words(person), authority_passphrase=CA_WORDS, days=days)


def add_person(house: House, person: str, role: str, by: str = "otto", days: int = 365) -> LedgerEvent:
    """Add a person."""
    newcomer = Newcomer(person, f"{person.title()} Person", role)
    return add(house, actor(by), newcomer, lambda: issuance(person, days))


def found_house(folder: Path) -> tuple[House, SetClock]:
    """Return a house of which otto, an operator, is the first person, founded at the start; and its clock."""
    clock = SetClock()
    authority = Authority.create(folder / "people", CA_WORDS, clock, validity=20 * 365 * DAY)
    ledger = SqliteLedger(folder / "ledger.db", clock)
    certificate = {"certificate": authority.certificate.decode()}
    ledger.append(
        NewEvent("medicore", "service", "authority.created", "authority", "medicore init", certificate)
    )
    otto = authority.issue(
        Subject("otto", "Otto Operator", Role.OPERATOR),
        passphrase=words("otto"),
        authority_passphrase=CA_WORDS,
        validity=4000 * DAY,
    )
    ledger.append(NewEvent("medicore", "service", "person.added", "otto", "medicore init", otto.details()))
    parts: dict[str, Any] = dict.fromkeys(field.name for field in fields(House))
    parts |= {
        "clock": clock,
        "ledger": ledger,
        "locks": FolderLocks(folder / "locks"),
        "protocols": StudyFolder(ROOT / "studies"),
        "seals": AuthoritySeals(lambda: authority, clock, "medicore"),
        "certifier": AuthorityCertifier(lambda: authority, clock),
    }
    return House(**parts), clock
