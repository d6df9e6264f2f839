"""People are what the ledger says of them; a role may do what the table says and nothing else."""

import base64
import hashlib
from dataclasses import replace

import pytest

from medicore.errors import IntegrityError, ProtocolError, ReviewError
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, chain
from medicore.records.people.lockout import is_locked, require_unlocked
from medicore.records.people.people import (
    Person,
    Role,
    people_of,
    person_named,
    printed_name,
    require_active,
    require_unused,
)
from medicore.records.people.public_key import fingerprint

RUN = "MED-2024-0147/2025-03/1"
DER = b"a certificate, as far as its fingerprint goes"
PEM = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(DER).decode()}\n-----END CERTIFICATE-----\n"
RITA = Person(
    identifier="rita",
    name="Dr Rita Reviewer",
    role=Role.REVIEWER,
    fingerprint=hashlib.sha256(DER).hexdigest(),
    valid_from="2025-01-01T00:00:00.000000Z",
    valid_until="2025-12-31T00:00:00.000000Z",
    certificate=PEM,
)


def tell(*news: NewEvent) -> list[LedgerEvent]:
    """Return the events as a ledger holds them, a second apart."""
    events: list[LedgerEvent] = []
    for number, new in enumerate(news):
        events.append(chain(new, f"2025-04-01T12:00:{number:02}.000000Z", events[-1] if events else None))
    return events


def added(person: Person = RITA, **changes: object) -> NewEvent:
    """Return the event that adds a person, with these details changed."""
    return NewEvent(
        "otto", "operator", "person.added", person.identifier, "joins", {**person.details(), **changes}
    )


def about(action: str, person: str = "rita", actor: str = "otto") -> NewEvent:
    """Return an event about a person."""
    return NewEvent(actor, "operator", action, person, "for a reason")


def refusal(cause: str = "passphrase", person: str = "rita") -> NewEvent:
    """Return a refused attempt of a person to sign."""
    return NewEvent(person, "reviewer", "decision.refused", RUN, "refused", {"cause": cause})


SIGNED = NewEvent("rita", "reviewer", "decision.signed", RUN, "looks right")


def test_a_person_is_as_the_ledger_added_them() -> None:
    """What ``person.added`` carries is the whole person."""
    assert people_of(tell(added(), SIGNED)) == {"rita": RITA}


def test_revocation_counts_from_its_event() -> None:
    """A revoked person stays known, revoked at the time of the first revocation."""
    people = people_of(tell(added(), about("person.revoked"), about("person.revoked")))
    assert people == {"rita": replace(RITA, revoked_at="2025-04-01T12:00:01.000000Z")}


def test_details_cannot_smuggle_a_revocation() -> None:
    """Only a ``person.revoked`` event revokes; other details say nothing."""
    assert people_of(tell(added(revoked_at="2025-01-01T00:00:00.000000Z"))) == {"rita": RITA}


def test_an_identifier_used_twice_is_an_integrity_error() -> None:
    """A ledger that gives one identifier to two people is not believed (21 CFR 11.100(a))."""
    with pytest.raises(IntegrityError, match="event 3 adds an identifier that is taken"):
        people_of(tell(added(), about("person.revoked"), added()))


def test_revoking_a_stranger_is_an_integrity_error() -> None:
    """Nobody is revoked who was never added."""
    with pytest.raises(IntegrityError, match="event 1 revokes a person who was never added"):
        people_of(tell(about("person.revoked")))


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "emperor"},
        {"role": ["reviewer"]},
        {"name": ""},
        {"name": None},
        {"valid_from": "yesterday"},
        {"valid_until": 7},
        {"certificate": "none"},
        {"certificate": None},
    ],
)
def test_a_person_without_the_parts_is_an_integrity_error(changes: dict[str, object]) -> None:
    """A person needs name, role, validity and certificate."""
    with pytest.raises(IntegrityError, match="event 1 holds a person without"):
        people_of(tell(added(**changes)))


def test_a_missing_part_is_an_integrity_error() -> None:
    """A person without details is none."""
    with pytest.raises(IntegrityError, match="event 1 holds a person without"):
        people_of(tell(about("person.added")))


def test_another_fingerprint_is_an_integrity_error() -> None:
    """The certificate is the one whose fingerprint was recorded."""
    with pytest.raises(IntegrityError, match="event 1 holds a certificate that differs from its fingerprint"):
        people_of(tell(added(fingerprint="a" * 64)))


def test_a_new_identifier_is_free() -> None:
    """An identifier that nobody ever had can be given."""
    assert require_unused({"rita": RITA}, "quentin") == "quentin"


def test_a_revoked_identifier_is_never_free_again() -> None:
    """Re-creating a removed person is refused."""
    people = people_of(tell(added(), about("person.revoked")))
    with pytest.raises(ReviewError, match="identifier rita is taken"):
        require_unused(people, "rita")


def test_a_malformed_identifier_is_refused() -> None:
    """An identifier that could be a path is none."""
    with pytest.raises(ProtocolError, match="malformed"):
        require_unused({}, "../rita")


def test_an_unknown_person_is_refused() -> None:
    """Nobody acts whom the ledger does not know."""
    assert person_named({"rita": RITA}, "rita") is RITA
    with pytest.raises(ReviewError, match="'mallory' is unknown"):
        person_named({"rita": RITA}, "mallory")


@pytest.mark.parametrize("moment", [RITA.valid_from, "2025-06-30T00:00:00.000000Z", RITA.valid_until])
def test_a_key_holds_from_its_first_to_its_last_instant(moment: str) -> None:
    """Both ends of the validity belong to it."""
    require_active(RITA, moment)


@pytest.mark.parametrize("moment", ["2024-12-31T23:59:59.999999Z", "2025-12-31T00:00:00.000001Z"])
def test_a_key_does_not_hold_outside_its_validity(moment: str) -> None:
    """A key that is not yet or no longer valid is refused."""
    with pytest.raises(ReviewError, match=f"{moment} is outside"):
        require_active(RITA, moment)


def test_a_key_holds_until_its_revocation() -> None:
    """From the instant of revocation on a key is refused; before it, it was good."""
    revoked = replace(RITA, revoked_at="2025-06-30T00:00:00.000000Z")
    require_active(revoked, "2025-06-29T23:59:59.999999Z")
    with pytest.raises(ReviewError, match="was revoked on 2025-06-30"):
        require_active(revoked, "2025-06-30T00:00:00.000000Z")


@pytest.mark.parametrize("name", ["Dr Rita Reviewer", "Łukasz Żółć", "山", "x" * 64])
def test_names_of_every_script_can_be_printed(name: str) -> None:
    """A name is printed as its owner writes it."""
    assert printed_name(name) == name


@pytest.mark.parametrize("name", ["", " ", "Rita ", "Rita\nReviewer", "Rita\u202eReviewer", "x" * 65])
def test_names_that_could_deceive_are_refused(name: str) -> None:
    """Line breaks, direction marks and empty names do not reach a signature."""
    with pytest.raises(ReviewError, match="printed name"):
        printed_name(name)


def test_fingerprint_is_sha256_of_the_der() -> None:
    """The fingerprint is what other software computes."""
    assert fingerprint(PEM) == hashlib.sha256(DER).hexdigest()


@pytest.mark.parametrize(
    "pem",
    ["", "rita", PEM * 2, PEM.replace("CERTIFICATE", "PRIVATE KEY"), PEM.replace("YSBj", "YSB"), f"x{PEM}"],
)
def test_anything_but_one_certificate_is_refused(pem: str) -> None:
    """Exactly one certificate in PEM has a fingerprint."""
    with pytest.raises(ReviewError, match="no certificate in PEM"):
        fingerprint(pem)


@pytest.mark.parametrize(
    ("news", "locked"),
    [
        ([], False),
        ([refusal()] * 4, False),
        ([refusal()] * 5, True),
        ([refusal("role")] * 9, False),
        ([refusal(person="mallory")] * 9, False),
        ([*[refusal()] * 4, SIGNED, *[refusal()] * 4], False),
        ([*[refusal()] * 4, replace(SIGNED, actor="mallory"), refusal()], True),
        ([*[refusal()] * 5, SIGNED], True),
        ([*[refusal()] * 5, about("person.unlocked")], False),
        ([*[refusal()] * 5, about("person.unlocked", "mallory")], True),
        ([*[refusal()] * 5, about("person.unlocked"), *[refusal()] * 4], False),
        ([about("person.locked")], True),
        ([about("person.locked", "mallory")], False),
        ([about("person.locked"), SIGNED, about("person.unlocked")], False),
    ],
)
def test_five_wrong_passphrases_in_a_row_lock(news: list[NewEvent], locked: bool) -> None:
    """Five wrong passphrases in a row lock their owner alone, until an operator unlocks (21 CFR 11.300)."""
    assert is_locked(tell(*news), "rita") is locked


def test_a_locked_person_is_refused() -> None:
    """Who is locked out is told so; who is not passes."""
    events = tell(*[refusal()] * 3)
    require_unlocked(events, "rita")
    with pytest.raises(ReviewError, match="rita is locked after 3 wrong passphrases"):
        require_unlocked(events, "rita", limit=3)


def test_what_a_person_merely_did_counts_neither_way() -> None:
    """An unsigned event of a person ends no row of wrong passphrases."""
    seen = NewEvent("rita", "reviewer", "notice.sent", RUN, "", {})
    assert is_locked(tell(*[refusal()] * 3, seen, *[refusal()] * 2), "rita")


def test_a_correction_of_the_clock_frees_nobody() -> None:
    """Who was revoked while the clock ran ahead is revoked as of the correction; others are as they were."""
    ahead = tell(added(), added(replace(RITA, identifier="rosa", name="Rosa")), about("person.revoked"))
    moved = [*ahead[:2], replace(ahead[2], at="2035-01-01T00:00:00.000000Z")]
    told = chain(
        NewEvent("otto", "operator", "clock.corrected", "ledger", "Battery"),
        "2025-04-01T12:00:09.000000Z",
        ahead[2],
    )
    people = people_of([*moved, told])
    assert people["rita"].revoked_at == told.at
    assert people["rosa"].revoked_at is None
    again = people_of([*ahead, told])
    assert again["rita"].revoked_at == ahead[2].at
