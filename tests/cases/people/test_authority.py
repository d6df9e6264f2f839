"""The authority's fingerprint tells one house from another, and its passphrase unlocks the last who is in charge."""

import base64
import hashlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from medicore.cases.people.acting import Actor
from medicore.cases.people.authority import authority_fingerprint, require_authority
from medicore.cases.people.changes import people_check
from medicore.cases.people.people import Newcomer, add, revoke, unlock
from medicore.cases.proof.verify import verify
from medicore.cases.proof.verify_all import verify_all
from medicore.cases.proof.verify_archived import verify_archived
from medicore.cases.proof.verify_ledger import verify_ledger
from medicore.errors import IntegrityError, ProtocolError, ReviewError, WrongPassphraseError
from medicore.records.checking import CheckKind
from medicore.records.identifiers import AUTHORITY, RunId, fingerprint_id
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.people.act import ENVELOPE
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import CA_WORDS, actor, add_person, issuance, tried_by
from tests.whole_house.study import SOUND_RUN

RUN = RunId.parse(SOUND_RUN)
ANOTHER = "ab" * 32


def by_authority(passphrase: str = CA_WORDS, reason: str = "Nobody else is left") -> Actor:
    """Return the authority as an actor."""
    return Actor(AUTHORITY, reason, passphrase)


def lock(whole: WholeHouse, person: str) -> None:
    """Lock somebody by five wrong passphrases."""
    for _ in range(5):
        with pytest.raises(WrongPassphraseError):
            revoke(whole.house, Actor(person, "As asked", "guessed it"), "rita")


@pytest.fixture
def locked(month: WholeHouse) -> WholeHouse:
    """A house whose one operator and one person of quality are locked."""
    lock(month, "otto")
    lock(month, "quinn")
    return month


def test_the_fingerprint_is_that_of_openssl(month: WholeHouse) -> None:
    """It is the SHA-256 of the certificate's DER; openssl's colons and capitals name the same."""
    pem = (month.home / "people" / "authority.pem").read_bytes()
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    found = authority_fingerprint(month.house)
    assert found == hashlib.sha256(der).hexdigest()
    spelled = ":".join(found[place : place + 2] for place in range(0, 64, 2)).upper()
    assert fingerprint_id(spelled) == found == require_authority(month.house, found)


@pytest.mark.parametrize("text", ["", "ab", "zz" * 32, "ab" * 33])
def test_a_malformed_fingerprint_is_refused(text: str) -> None:
    """Anything other than 64 hexadecimal digits is no fingerprint."""
    with pytest.raises(ProtocolError, match="is malformed"):
        fingerprint_id(text)


def test_a_run_names_its_authority(month: WholeHouse) -> None:
    """Request, provenance and report of a run name the authority whose people decide on it."""
    found = authority_fingerprint(month.house)
    assert month.history(SOUND_RUN).request.identity["authority"] == found


def test_another_authority_fails_every_verification(released: WholeHouse) -> None:
    """A fingerprint that is trusted must be the house's: of one run, of all, of the archive and of the ledger."""
    house, own = released.house, authority_fingerprint(released.house)
    with pytest.raises(IntegrityError, match=f"has the fingerprint {own}; expected {ANOTHER}"):
        require_authority(house, ANOTHER)

    def failing(authority: str) -> list[list[CheckKind]]:
        ((_, archived),) = verify_archived(house, [RUN], authority)
        checked = [
            verify(house, RUN, None, authority),
            [check for found in verify_all(house, authority=authority) for check in found.checks],
            archived,
            verify_ledger(house, authority).checks,
        ]
        return [[check.kind for check in checks if not check.passed] for checks in checked]

    assert failing(own) == [[], [], [], []]
    assert all(found and set(found) == {CheckKind.AUTHORITY} for found in failing(ANOTHER))


def test_the_authority_unlocks_the_last_in_charge(locked: WholeHouse) -> None:
    """With everyone in charge locked, the authority's passphrase signs the unlocking, which proves (FAULTS 83)."""
    house = locked.house
    with pytest.raises(ReviewError, match="otto is locked"):
        unlock(house, actor(), "otto")
    event = unlock(house, by_authority(), "otto")
    assert (event.actor, event.role, event.subject) == (AUTHORITY, AUTHORITY, "otto")
    assert people_check(house).passed
    assert verify_ledger(house).failed == ()
    unlock(house, actor(), "quinn")
    add_person(house, "rosa", "reviewer", by="quinn")


@pytest.mark.parametrize(
    ("person", "who", "error", "words"),
    [
        ("otto", by_authority("guessed it"), WrongPassphraseError, "key of the authority"),
        ("otto", by_authority(reason=" "), ReviewError, "the reason is empty"),
        ("rita", by_authority(), ReviewError, "the authority unlocks only these"),
        ("eve", by_authority(), ReviewError, "is unknown"),
    ],
)
def test_what_the_authority_does_not_unlock(
    locked: WholeHouse, person: str, who: Actor, error: type[ReviewError], words: str
) -> None:
    """A wrong passphrase, no reason, and one who is not in charge: refused, and recorded."""
    with pytest.raises(error, match=words):
        unlock(locked.house, who, person)
    refused = [*locked.house.ledger.events(action="person.refused")][-1]
    assert (tried_by(refused), refused.subject) == (AUTHORITY, person)


def test_guesses_at_the_authority_lock_nobody(locked: WholeHouse) -> None:
    """Nobody is above the authority to unlock it: each guess is recorded, and the right passphrase still unlocks."""
    for _ in range(6):
        with pytest.raises(WrongPassphraseError):
            unlock(locked.house, by_authority("guessed it"), "otto")
    assert [e.subject for e in locked.house.ledger.events(action="person.locked")] == ["otto", "quinn"]
    unlock(locked.house, by_authority(), "otto")


def forged(whole: WholeHouse, event: LedgerEvent, **changed: Any) -> None:
    """Append an event with the authority's envelope of another one, as who has the ledger's file could."""
    fields = {"action": event.action, "subject": event.subject, "reason": event.reason, **changed}
    details = dict(fields.pop("details", event.details))
    whole.house.ledger.append(NewEvent(AUTHORITY, AUTHORITY, **fields, details=details))


def test_an_act_of_the_authority_cannot_be_forged(locked: WholeHouse) -> None:
    """An envelope of the authority proves its own event alone, and a person's envelope is none of the authority."""
    house = locked.house
    event = unlock(house, by_authority(), "otto")
    forged(locked, event, subject="quinn")
    assert "differs from what authority signed" in people_check(house).found
    assert not people_check(house).passed


def test_the_authority_signs_no_other_change(locked: WholeHouse) -> None:
    """An event by the authority that adds or revokes a person is not believed, however it is signed."""
    event = unlock(locked.house, by_authority(), "otto")
    forged(locked, event, action="person.revoked", subject="rita")
    assert (
        "(person.revoked) is by the authority; expected one of person.unlocked"
        in people_check(locked.house).found
    )


def test_a_persons_envelope_is_no_act_of_the_authority(locked: WholeHouse) -> None:
    """What a person signed does not unlock anybody in the name of the authority."""
    (added, *_) = locked.house.ledger.events(action="person.added", subject="rita")
    forged(locked, added, action="person.unlocked", subject="otto")
    assert "does not verify" in people_check(locked.house).found
    assert base64.b64decode(added.details[ENVELOPE])


@pytest.mark.parametrize("identifier", ["authority", "medicore", "nobody"])
def test_no_person_is_called_as_another_actor(month: WholeHouse, identifier: str) -> None:
    """A person's identifier is none that the ledger uses for authority, service or nobody."""
    with pytest.raises(ReviewError, match="is reserved"):
        add(month.house, actor(), Newcomer(identifier, "Eve", "reviewer"), lambda: issuance(identifier))
