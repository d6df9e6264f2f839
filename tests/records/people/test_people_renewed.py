"""A renewal brings a new certificate under the same identifier, and the people of a past moment stay as they were."""

import base64
import hashlib
from dataclasses import replace

import pytest

from medicore.errors import IntegrityError
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, chain
from medicore.records.people.lockout import is_locked
from medicore.records.people.people import Person, Role, people_of, standing_of

RUN = "MED-2024-0147/2025-03/1"


def certificate(content: bytes) -> dict[str, str]:
    """Return PEM and fingerprint of bytes that stand for a certificate."""
    text = base64.b64encode(content).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
    return {"certificate": pem, "fingerprint": hashlib.sha256(content).hexdigest()}


RITA = Person(
    identifier="rita",
    name="Dr Rita Reviewer",
    role=Role.REVIEWER,
    valid_from="2025-01-01T00:00:00.000000Z",
    valid_until="2025-12-31T00:00:00.000000Z",
    **certificate(b"first"),
)
RENEWED = replace(RITA, name="Dr Rita Married", chain="issuers", **certificate(b"second"))


def tell(*news: NewEvent) -> list[LedgerEvent]:
    """Return the events as a ledger holds them, a second apart."""
    events: list[LedgerEvent] = []
    for number, new in enumerate(news):
        events.append(chain(new, f"2025-04-01T12:00:{number:02}.000000Z", events[-1] if events else None))
    return events


def certified(action: str, person: Person, **changes: object) -> NewEvent:
    """Return the event that adds or renews a person, with these details changed."""
    details = {**person.details(), **changes}
    return NewEvent("otto", "operator", action, person.identifier, "for a reason", details)


ADDED, RENEWAL = certified("person.added", RITA), certified("person.renewed", RENEWED)
REVOKED = NewEvent("otto", "operator", "person.revoked", "rita", "for a reason")


def test_a_renewal_replaces_the_certificate() -> None:
    """After a renewal the person has the new certificate and name; the events before give the old ones."""
    events = tell(ADDED, RENEWAL)
    assert people_of(events) == {"rita": RENEWED}
    assert people_of(events[:1]) == {"rita": RITA}


def test_a_chain_is_told_only_where_there_is_one() -> None:
    """A certificate of our own authority has no chain in its event; one from elsewhere has."""
    assert "chain" not in RITA.details()
    assert RENEWED.details()["chain"] == "issuers"


@pytest.mark.parametrize(
    "events",
    [
        [RENEWAL],
        [ADDED, REVOKED, RENEWAL],
        [ADDED, certified("person.renewed", RENEWED, role="quality")],
    ],
)
def test_an_impossible_renewal_is_an_integrity_error(events: list[NewEvent]) -> None:
    """Nobody is renewed who was never added, was revoked, or would take another role so."""
    with pytest.raises(IntegrityError, match=f"event {len(events)} renews a person"):
        people_of(tell(*events))


def test_a_renewal_needs_its_certificate() -> None:
    """A renewal whose certificate has another fingerprint is not believed."""
    with pytest.raises(IntegrityError, match="event 2 holds a certificate that differs from its fingerprint"):
        people_of(tell(ADDED, certified("person.renewed", RENEWED, fingerprint="a" * 64)))


def test_a_revocation_after_a_renewal() -> None:
    """Who was renewed can be revoked, for ever."""
    assert people_of(tell(ADDED, RENEWAL, REVOKED))["rita"].revoked_at == "2025-04-01T12:00:02.000000Z"


@pytest.mark.parametrize(
    ("at", "standing"),
    [
        ("2024-12-31T23:59:59.999999Z", "not yet valid"),
        ("2025-01-01T00:00:00.000000Z", "in force"),
        ("2025-05-31T23:59:59.999999Z", "in force"),
        ("2025-06-01T00:00:00.000000Z", "revoked"),
        ("2026-01-01T00:00:00.000000Z", "revoked"),
    ],
)
def test_how_a_certificate_stands(at: str, standing: str) -> None:
    """A certificate stands by its validity until it is revoked, from the very instant on."""
    assert standing_of(replace(RITA, revoked_at="2025-06-01T00:00:00.000000Z"), at) == standing


def test_a_certificate_expires() -> None:
    """After its last instant a certificate has expired."""
    assert standing_of(RITA, "2025-12-31T00:00:00.000000Z") == "in force"
    assert standing_of(RITA, "2025-12-31T00:00:00.000001Z") == "expired"


def wrong(action: str) -> NewEvent:
    """Return a refusal of rita for a wrong passphrase."""
    subject = RUN if action == "decision.refused" else "rosa"
    return NewEvent("rita", "person", action, subject, "refused", {"cause": "passphrase"})


def test_wrong_passphrases_count_wherever_they_are_typed() -> None:
    """Five wrong passphrases in a row lock, on decisions and on changes of people together."""
    refusals = [wrong("decision.refused"), wrong("person.refused")] * 2
    assert not is_locked(tell(*refusals), "rita")
    assert is_locked(tell(*refusals, wrong("person.refused")), "rita")


def test_a_signed_act_begins_the_count_anew() -> None:
    """Whoever opens their own key for a change of people has shown who it is; another's act says nothing."""
    own = NewEvent("rita", "quality", "person.unlocked", "rosa", "for a reason", {"envelope": "signed"})
    failed = [wrong("person.refused")] * 4
    assert not is_locked(tell(*failed, own, *failed), "rita")
    assert is_locked(tell(*failed, replace(own, actor="otto"), *failed), "rita")


def test_a_renewal_unlocks() -> None:
    """A new key has a new passphrase: its owner is locked no longer."""
    events = [ADDED, *[wrong("person.refused")] * 5]
    assert is_locked(tell(*events), "rita")
    assert not is_locked(tell(*events, RENEWAL), "rita")
