"""A signature holds for its statement, its signer and its time, and every forgery is refused."""

import base64
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import ReviewError, WrongPassphraseError
from medicore.records.canonical import canonical
from medicore.records.moment import timestamp
from medicore.records.people.decision import Statement, state
from medicore.records.people.people import Person, Role
from medicore.stores.keys.authority import Authority, Subject
from medicore.stores.keys.signer import CHECKPOINT_TYPE, PAYLOAD_TYPE, sign, verify

RUN = "MED-2024-0147/2025-03/1"
START = datetime(2025, 4, 1, 6, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
CA_WORDS = "words of the authority"
WORDS = "words of rita"


class StartClock:
    """A clock that stands at the start."""

    def now(self) -> datetime:
        """Return the start."""
        return START


@dataclass(frozen=True, slots=True)
class Room:
    """An authority with Rita and Rosa under it, and an approval by Rita a day after."""

    authority: Authority
    rita: Person
    rosa: Person
    approval: Statement
    envelope: bytes

    @property
    def ca(self) -> bytes:
        """The authority's certificate."""
        return self.authority.certificate


def day(days: float) -> str:
    """Return the moment that many days after the start."""
    return timestamp(START + timedelta(days=days))


def approve(person: Person, signed_at: str) -> Statement:
    """Return a person's approval, ready to be signed."""
    digests = {"report.pdf": "1" * 64, "code": "5" * 40}
    return state(
        person,
        run=RUN,
        digests=digests,
        finding=None,
        meaning="approve",
        reason="Sound.",
        signed_at=signed_at,
    )


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """Return the room; its authority is valid for three years, its people for one."""
    folder = tmp_path_factory.mktemp("room") / "authority"
    authority = Authority.create(folder, CA_WORDS, StartClock(), validity=3 * YEAR)
    rita, rosa = (
        authority.issue(
            Subject(identifier, name, Role.REVIEWER),
            passphrase=WORDS,
            authority_passphrase=CA_WORDS,
            validity=YEAR,
        )
        for identifier, name in (("rita", "Dr Rita Reviewer"), ("rosa", "Dr Rosa Reviewer"))
    )
    approval = approve(rita, day(1))
    return Room(authority, rita, rosa, approval, sign(approval, authority.key("rita"), WORDS))


def bare_key(room: Room) -> ec.EllipticCurvePrivateKey:
    """Return Rita's key as she can take it out of its file, to do what our signer would not."""
    key, _, _ = pkcs12.load_key_and_certificates(room.authority.key("rita"), WORDS.encode())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def seal(room: Room, payload: bytes, kind: str = PAYLOAD_TYPE) -> bytes:
    """Return an envelope of any payload and type under Rita's own key, made without our signer."""
    encoded = b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)
    signature = base64.b64encode(bare_key(room).sign(encoded, ec.ECDSA(hashes.SHA256()))).decode()
    signatures = [{"keyid": room.rita.fingerprint, "sig": signature}]
    return canonical(
        {"payload": base64.b64encode(payload).decode(), "payloadType": kind, "signatures": signatures}
    )


def altered(envelope: bytes, **changes: Any) -> bytes:
    """Return an envelope with other fields, spelled as MediCore spells it."""
    return canonical({**json.loads(envelope), **changes})


def test_a_signed_statement_comes_back(room: Room) -> None:
    """What was signed is what verification returns."""
    assert verify(room.envelope, room.rita.certificate, room.ca, day(1)) == room.approval


def test_other_software_verifies_the_signature(room: Room) -> None:
    """The envelope is DSSE: ECDSA with SHA-256 over the pre-authentication encoding of type and payload."""
    envelope = json.loads(room.envelope)
    payload = base64.b64decode(envelope["payload"])
    kind = b"application/vnd.in-toto+json"
    encoded = b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])
    key = x509.load_pem_x509_certificate(room.rita.certificate.encode()).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), encoded, ec.ECDSA(hashes.SHA256()))
    assert envelope["payloadType"] == kind.decode()
    assert json.loads(payload) == room.approval.as_json()


@given(st.data())
def test_every_changed_byte_is_refused(room: Room, data: st.DataObject) -> None:
    """No byte of the envelope is idle (FAULTS 16)."""
    flipped = bytearray(room.envelope)
    flipped[data.draw(st.integers(0, len(flipped) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ReviewError):
        verify(bytes(flipped), room.rita.certificate, room.ca, day(1))


def test_a_signature_under_other_words_is_forged(room: Room) -> None:
    """Another statement under the same signature is refused."""
    other = replace(room.approval, reason="Very sound.").payload()
    forged = altered(room.envelope, payload=base64.b64encode(other).decode())
    with pytest.raises(ReviewError, match="forged or altered"):
        verify(forged, room.rita.certificate, room.ca, day(1))


def test_a_signature_of_another_key_is_forged(room: Room) -> None:
    """Rosa cannot sign as Rita, not even under the name of Rita's key."""
    theirs = json.loads(sign(approve(room.rosa, day(1)), room.authority.key("rosa"), WORDS))
    signature = {**theirs["signatures"][0], "keyid": room.rita.fingerprint}
    forged = altered(room.envelope, signatures=[signature])
    with pytest.raises(ReviewError, match="forged or altered"):
        verify(forged, room.rita.certificate, room.ca, day(1))


def test_a_decision_is_not_its_neighbours(room: Room) -> None:
    """Rita's decision does not verify as Rosa's."""
    with pytest.raises(ReviewError, match="forged or altered"):
        verify(room.envelope, room.rosa.certificate, room.ca, day(1))


def test_an_envelope_made_elsewhere_is_good(room: Room) -> None:
    """Any software that writes DSSE with the person's key makes a decision that holds."""
    assert (
        verify(seal(room, room.approval.payload()), room.rita.certificate, room.ca, day(1)) == room.approval
    )


@pytest.mark.parametrize(
    "changes", [{"signer": "rosa"}, {"printed_name": "Dr Rosa Reviewer"}, {"certificate": "a" * 64}]
)
def test_a_signer_cannot_take_another_name(room: Room, changes: dict[str, str]) -> None:
    """A statement under Rita's key in another's name is refused, by the signer and by the verifier."""
    claim = replace(room.approval, **changes)
    with pytest.raises(ReviewError, match="the certificate is another's"):
        verify(seal(room, claim.payload()), room.rita.certificate, room.ca, day(1))


@pytest.mark.parametrize("kind", [CHECKPOINT_TYPE, "application/json", ""])
def test_another_payload_type_is_refused(room: Room, kind: str) -> None:
    """What was signed as something else is no decision, however it reads."""
    with pytest.raises(ReviewError, match=r"expected application/vnd\.in-toto"):
        verify(seal(room, room.approval.payload(), kind), room.rita.certificate, room.ca, day(1))


def test_a_signed_text_that_is_no_decision_is_refused(room: Room) -> None:
    """A good signature over something else decides nothing."""
    with pytest.raises(ReviewError, match="are not a decision"):
        verify(seal(room, b"{}"), room.rita.certificate, room.ca, day(1))


@pytest.mark.parametrize(
    "envelope",
    [b"", b"\xff", b"[]", b"null", b"{}", b"[" * 100_000, canonical({"payload": 1, "payloadType": "x"})],
)
def test_bytes_that_are_no_envelope_are_refused(room: Room, envelope: bytes) -> None:
    """Nothing but an envelope is read as one."""
    with pytest.raises(ReviewError, match="not an envelope"):
        verify(envelope, room.rita.certificate, room.ca, day(1))


def test_nothing_can_be_added_to_an_envelope(room: Room) -> None:
    """Other white space, more fields, no signature or a second one: refused."""
    signatures = json.loads(room.envelope)["signatures"]
    second = {"keyid": room.rosa.fingerprint, "sig": signatures[0]["sig"]}
    for envelope in (
        room.envelope + b"\n",
        altered(room.envelope, also="this"),
        altered(room.envelope, signatures=[]),
        altered(room.envelope, signatures=[*signatures, second]),
    ):
        with pytest.raises(ReviewError, match=r"more than one envelope|not an envelope"):
            verify(envelope, room.rita.certificate, room.ca, day(1))


def test_a_wrong_passphrase_is_refused(room: Room) -> None:
    """A wrong passphrase opens nothing and names whose key it was (21 CFR 11.200)."""
    for words in ("words of Rita", ""):
        with pytest.raises(WrongPassphraseError, match="the passphrase does not open the key of rita"):
            sign(room.approval, room.authority.key("rita"), words)
    assert WrongPassphraseError.exit_code == 7


def test_the_key_of_another_is_refused(room: Room) -> None:
    """Rosa's key does not sign Rita's statement."""
    with pytest.raises(ReviewError, match="not the one of rita in the ledger"):
        sign(room.approval, room.authority.key("rosa"), WORDS)


def test_a_file_without_such_a_key_is_refused(room: Room) -> None:
    """A PKCS#12 file with another kind of key, or with no certificate, signs nothing."""
    shut = serialization.BestAvailableEncryption(WORDS.encode())
    other = pkcs12.serialize_key_and_certificates(b"rita", Ed25519PrivateKey.generate(), None, None, shut)
    alone = pkcs12.serialize_key_and_certificates(b"rita", bare_key(room), None, None, shut)
    for stored in (other, alone):
        with pytest.raises(ReviewError, match="holds no key of rita"):
            sign(room.approval, stored, WORDS)


@pytest.mark.parametrize("signed", [0.0, 1.0, 365.0])
def test_a_key_is_good_throughout_its_validity(room: Room, signed: float) -> None:
    """From the first to the last instant of the certificate its signatures hold."""
    envelope = sign(approve(room.rita, day(signed)), room.authority.key("rita"), WORDS)
    assert verify(envelope, room.rita.certificate, room.ca, day(signed)).signed_at == day(signed)


@pytest.mark.parametrize("signed", [-0.001, 365.001, 4000.0])
def test_a_key_is_refused_outside_its_validity(room: Room, signed: float) -> None:
    """A key that was not yet or no longer valid when it signed is refused (FAULTS 18)."""
    envelope = sign(approve(room.rita, day(signed)), room.authority.key("rita"), WORDS)
    with pytest.raises(
        ReviewError, match=r"key of rita is valid from 2025-04-01 06:00 to 2026-04-01 06:00 UTC"
    ):
        verify(envelope, room.rita.certificate, room.ca, day(signed))


def test_a_signature_outlives_its_key(room: Room) -> None:
    """A decision recorded while the key was good stays good: its own time counts, not the reader's."""
    assert verify(room.envelope, room.rita.certificate, room.ca, day(1), revoked_at=day(2)) == room.approval


def test_a_key_is_refused_from_its_revocation_on(room: Room) -> None:
    """A decision that the ledger took at or after the revocation is refused (FAULTS 19)."""
    for revoked_at in (day(0.5), day(1)):
        with pytest.raises(ReviewError, match="key of rita was revoked on"):
            verify(room.envelope, room.rita.certificate, room.ca, day(1), revoked_at=revoked_at)


@pytest.mark.parametrize("recorded", [0.9, 1.1, 400.0])
def test_a_signature_cannot_be_dated_otherwise(room: Room, recorded: float) -> None:
    """Who writes an earlier time to save an expired or revoked key is found by the ledger's time."""
    with pytest.raises(ReviewError, match="expected at most an hour between"):
        verify(room.envelope, room.rita.certificate, room.ca, day(recorded))


def test_a_key_may_not_expire_before_the_ledger_has_it(room: Room) -> None:
    """A decision signed in the key's last minutes and recorded after its end is refused."""
    envelope = sign(approve(room.rita, day(364.99)), room.authority.key("rita"), WORDS)
    with pytest.raises(ReviewError, match=r"2026-04-01T06:14.* is outside"):
        verify(envelope, room.rita.certificate, room.ca, day(365.01))


@pytest.mark.parametrize("pem", ["", "not a certificate", b"\xff"])
def test_an_unreadable_certificate_is_refused(room: Room, pem: str | bytes) -> None:
    """What is no certificate vouches for nobody."""
    with pytest.raises(ReviewError, match="not readable"):
        verify(room.envelope, pem, room.ca, day(1))
