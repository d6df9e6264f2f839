"""A public key is used once, for ever; who shares one with another is known, and does not decide in their place."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from medicore.errors import ReviewError
from medicore.records.identifiers import RESERVED
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, chain
from medicore.records.people.decision import require_allowed, state
from medicore.records.people.people import (
    Person,
    Role,
    people_of,
    require_active,
    require_new_key,
    require_own_key,
    require_unused,
)
from medicore.records.people.public_key import fingerprint
from tests.records.people.test_public_key import certificate, pem

NOON = "2025-04-01T12:00:00.000000Z"
KEYS = [ec.derive_private_key(number, ec.SECP256R1()) for number in (3, 4, 5)]


def person(identifier: str, key: int, role: Role = Role.REVIEWER) -> Person:
    """Return a person with a new certificate of one of the keys."""
    text = pem(certificate(KEYS[key], identifier))
    return Person(
        identifier=identifier,
        name=identifier.title(),
        role=role,
        fingerprint=fingerprint(text),
        valid_from="2025-01-01T00:00:00.000000Z",
        valid_until="2025-12-31T00:00:00.000000Z",
        certificate=text,
    )


def told(*changes: tuple[str, Person]) -> list[LedgerEvent]:
    """Return the events of changes, as a ledger holds them."""
    events: list[LedgerEvent] = []
    for number, (action, one) in enumerate(changes):
        details = one.details() if action != "person.revoked" else {}
        new = NewEvent("otto", "operator", action, one.identifier, "as asked", details)
        at = f"2025-04-01T11:00:{number:02}.000000Z"
        events.append(chain(new, at, events[-1] if events else None))
    return events


def test_a_key_stays_used() -> None:
    """The key of a person in force, of an earlier certificate and of a revoked person is refused; a new one is not."""
    ana = person("ana", 0)
    people = people_of(
        told(("person.added", ana), ("person.renewed", person("ana", 1)), ("person.revoked", ana))
    )
    for key in (0, 1):
        with pytest.raises(ReviewError, match="the public key of this certificate is or was that of ana"):
            require_new_key(people, person("rosa", key).certificate)
    require_new_key(people, person("rosa", 2).certificate)


def test_who_came_second_has_no_key_of_their_own() -> None:
    """An event that gives a used key is read, and its person may sign nothing; the first user may."""
    people = people_of(told(("person.added", person("ana", 0)), ("person.added", person("rosa", 0))))
    assert (people["rosa"].first_user, people["ana"].first_user) == ("ana", "")
    assert (people["rosa"].key_shared_with, people["ana"].key_shared_with) == ({"ana"}, {"rosa"})
    with pytest.raises(ReviewError, match="the public key of rosa was that of ana before"):
        require_active(people["rosa"], NOON)
    require_active(people["ana"], NOON)


def test_a_new_key_frees_from_a_used_one() -> None:
    """After a renewal with a new key a person signs again, but not for who had the shared key."""
    people = people_of(
        told(
            ("person.added", person("ana", 0)),
            ("person.added", person("rosa", 0)),
            ("person.renewed", person("rosa", 1)),
        )
    )
    require_own_key(people["rosa"])
    assert people["rosa"].key_shared_with == {"ana"}


def test_an_own_earlier_key_is_no_other_persons() -> None:
    """A renewal with the person's own earlier key, which earlier versions allowed, is known and blocks nobody."""
    people = people_of(told(("person.added", person("ana", 0)), ("person.renewed", person("ana", 0))))
    assert (people["ana"].first_user, people["ana"].key_shared_with) == ("ana", frozenset())
    require_own_key(people["ana"])


@pytest.mark.parametrize("second", ["ana", "rosa"])
def test_nobody_decides_on_the_request_of_their_own_key(second: str) -> None:
    """Whichever of two identifiers of one key asked, the other does not decide on it (FAULTS 78)."""
    first = {"ana": "rosa", "rosa": "ana"}[second]
    people = people_of(told(("person.added", person(first, 0)), ("person.added", person(second, 0))))
    signer = replace(people["rosa"], first_user="")
    decision = state(
        signer,
        run="MED-2024-0147/2025-03/1",
        digests={"report.pdf": "1" * 64},
        finding=None,
        meaning="approve",
        reason="Looked at it",
        signed_at=NOON,
    )
    with pytest.raises(ReviewError, match="rosa and ana, who asked for this run, had one public key"):
        require_allowed(decision, signer, "ana")
    require_allowed(decision, signer, "olga")


@pytest.mark.parametrize("identifier", sorted(RESERVED))
def test_names_of_other_actors_are_reserved(identifier: str) -> None:
    """Nobody is called as the ledger calls the authority, the service, or what is not a person."""
    with pytest.raises(ReviewError, match="is reserved"):
        require_unused({}, identifier)


def test_a_correction_of_the_clock_revives_nobody() -> None:
    """Who was revoked while the clock ran ahead stays revoked once it was corrected, from the correction on."""
    ana = person("ana", 0)
    events = told(("person.added", ana), ("person.revoked", ana))
    ahead = replace(events[1], at="2026-04-01T11:00:01.000000Z")
    correction = NewEvent("otto", "operator", "clock.corrected", "ledger", "the clock ran ahead")
    events = [events[0], ahead, chain(correction, NOON, replace(ahead, digest=ahead.compute_digest()))]
    assert people_of(events[:2])["ana"].revoked_at == ahead.at
    assert people_of(events)["ana"].revoked_at == NOON
    with pytest.raises(ReviewError, match="was revoked on"):
        require_active(people_of(events)["ana"], NOON)
