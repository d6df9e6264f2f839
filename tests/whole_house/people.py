"""A house with a real ledger, authority and people, and a clock that tests set; it has no runs."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from medicore.cases.people.acting import Actor
from medicore.cases.people.logged import SERVICE
from medicore.cases.people.people import Newcomer, add
from medicore.ports.house import House
from medicore.records.ledger.appending import require_possible
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
KDF_ROUNDS = 1000
"""How often a passphrase is hashed: nothing here is worth a guess."""


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
    """Return someone who changes something about people, with their own passphrase."""
    return Actor(person, reason, words(person))


def issuance(person: str, days: int = 365) -> Issuance:
    """Return what a key of a person is made from."""
    return Issuance(passphrase=words(person), authority_passphrase=CA_WORDS, days=days)


def add_person(house: House, person: str, role: str, by: str = "otto", days: int = 365) -> LedgerEvent:
    """Add a person."""
    newcomer = Newcomer(person, f"{person.title()} Person", role)
    return add(house, actor(by), newcomer, lambda: issuance(person, days))


def tried_by(event: LedgerEvent) -> str:
    """Return who tried what was refused: whose key was guessed at, or whose name the service's event says was claimed."""
    if event.details.get("cause") == "passphrase":
        assert "claimed" not in event.details
        return event.actor
    assert event.actor == SERVICE
    return str(event.details["claimed"])


def open_authority(folder: Path, clock: SetClock) -> Authority:
    """Return the authority of a house; its keys open at once."""
    return Authority(folder / "people", clock, kdf_rounds=KDF_ROUNDS)


def people_parts(folder: Path, clock: SetClock, *, ruled: bool = True) -> dict[str, Any]:
    """Return the ports of a house that concern ledger, people and time, by their names."""

    def authority() -> Authority:
        return open_authority(folder, clock)

    return {
        "clock": clock,
        "ledger": SqliteLedger(folder / "ledger.db", clock, rule=require_possible if ruled else None),
        "locks": FolderLocks(folder / "locks"),
        "protocols": StudyFolder(ROOT / "studies"),
        "seals": AuthoritySeals(authority, clock, SERVICE),
        "certifier": AuthorityCertifier(authority, clock),
    }


def found_house(folder: Path, *, ruled: bool = True) -> tuple[House, SetClock]:
    """Return a house of which otto, an operator, is the first person, founded at the start; and its clock.

    A ledger that is not ``ruled`` takes any event of a run, as that of an earlier version does.
    """
    clock = SetClock()
    authority = Authority.create(
        folder / "people", CA_WORDS, clock, validity=20 * 365 * DAY, kdf_rounds=KDF_ROUNDS
    )
    parts: dict[str, Any] = dict.fromkeys(field.name for field in fields(House))
    house = House(**parts | people_parts(folder, clock, ruled=ruled))
    certificate = {"certificate": authority.certificate.decode()}
    house.ledger.append(
        NewEvent(SERVICE, "service", "authority.created", "authority", "medicore init", certificate)
    )
    otto = authority.issue(
        Subject("otto", "Otto Operator", Role.OPERATOR),
        passphrase=words("otto"),
        authority_passphrase=CA_WORDS,
        validity=4000 * DAY,
    )
    house.ledger.append(NewEvent(SERVICE, "service", "person.added", "otto", "medicore init", otto.details()))
    return house, clock
