"""changes: the ledger's events about people, compared with the signed acts, and with the rule of one person per key."""

import math
from dataclasses import dataclass

from medicore.cases.people.logged import SERVICE
from medicore.cases.people.signers import KEYS_GIVEN, people_events, proved
from medicore.errors import IntegrityError, MediCoreError
from medicore.ports.house import House
from medicore.records.checking import AS_RECORDED, Check, CheckKind, refuted
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import timestamp
from medicore.records.people.people import Person, enter, person_named, standing_of
from medicore.records.people.told_once import require_told_once

CHANGES = frozenset(
    {"person.added", "person.renewed", "person.revoked", "person.unlocked", "clock.corrected"}
)
"""The actions by which a person changes another, or the times of the ledger; each is a signed act."""

_FOUNDING = frozenset({"authority.created", "checkpoint.signed", "person.added"})


@dataclass(frozen=True, slots=True)
class UsedKey:
    """A key that an event gave to a person although it had been used: the event, the person, and the earlier owner."""

    event: int
    person: str
    before: str

    def __str__(self) -> str:
        return f"event {self.event} gives {self.person} the public key that {self.before} had before"


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes of people, proved: their number, the people after them, and the keys that were used again."""

    count: int
    people: dict[str, Person]
    used_keys: tuple[UsedKey, ...]


def people_check(house: House) -> Check:
    """Return the check of all changes of people: each signed by its actor, and each public key used once.

    It fails, too, when other users than the service may write to the folder of keys. A key that an active person
    shares with an earlier user fails the check. It is only a warning after that person was revoked or received a new
    key, or if the earlier user was the same person: then nobody can sign in another person's name.
    """
    try:
        house.seals.prove()
        changes = proved_changes(house)
    except MediCoreError as error:
        return refuted(CheckKind.PEOPLE, "people", error)
    if not changes.used_keys:
        return Check(CheckKind.PEOPLE, "people", True, AS_RECORDED)
    now = timestamp(house.clock.now())
    in_use = {
        person.identifier
        for person in changes.people.values()
        if person.first_user not in ("", person.identifier) and standing_of(person, now) == "in force"
    }
    shared = [used for used in changes.used_keys if used.person in in_use and used.person != used.before]
    words = "; ".join(map(str, shared or changes.used_keys))
    advice = "; expected a key that is used once, by one person; revoke that person or renew the key"
    return Check(
        CheckKind.PEOPLE, "people", not shared, words + (advice if shared else ""), warned=not shared
    )


def proved_changes(house: House) -> Changes:
    """Return all changes of people and corrections of the clock, each proved to be its actor's own, signed for it alone.

    The changes by which the house was founded are the service's; they come before all other events.
    """
    changes = people_events(house, CHANGES)
    later = (e.sequence for e in house.ledger.events() if e.action not in _FOUNDING or e.actor != SERVICE)
    founded = next(later, math.inf)
    known: dict[str, Person] = {}
    of_founding: dict[str, LedgerEvent] = {}
    used: list[UsedKey] = []
    corrected = 0

    def signer(_: House, event: LedgerEvent) -> Person:
        """Return what ``signer_of`` returns; every change after the founding is proved before this is called."""
        person = person_named(known, event.actor)
        if person.chain and person.identifier in of_founding:
            proved(house, of_founding[person.identifier])
        return person

    for event in changes:
        if event.sequence < founded:
            of_founding[event.subject] = event
        else:
            proved(house, event, signer=signer)
        if event.action == "clock.corrected":
            _require_own_place(event, corrected)
            corrected = event.sequence
        if event.action == "person.renewed":
            of_founding.pop(event.subject, None)
        enter(known, event)
        used += _used_key(known, event)
    require_told_once(changes)
    return Changes(len(changes), known, tuple(used))


def _used_key(known: dict[str, Person], event: LedgerEvent) -> list[UsedKey]:
    """Return the used key that an event gave to a person, if any."""
    if event.action not in KEYS_GIVEN or not known[event.subject].first_user:
        return []
    return [UsedKey(event.sequence, event.subject, known[event.subject].first_user)]


def _require_own_place(event: LedgerEvent, before: int) -> None:
    """Raise IntegrityError when a correction of the clock was signed for another place, for example when it was copied."""
    last = event.details.get("last")
    if not isinstance(last, int) or not before < last < event.sequence:
        raise IntegrityError(
            f"ledger event {event.sequence} corrects the clock after event {str(last)[:20]}; expected one between {before} "
            f"and {event.sequence}: the correction was signed for another place; take the ledger from the archive"
        )
