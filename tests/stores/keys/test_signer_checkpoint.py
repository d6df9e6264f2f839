"""A signed checkpoint pins the ledger, and whatever is not the service's signature is an integrity error."""

import base64
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import IntegrityError, ReviewError
from medicore.records.canonical import canonical
from medicore.records.ledger.ledger import Checkpoint
from medicore.records.moment import timestamp
from medicore.records.people.people import Person, Role
from medicore.stores.keys.authority import Authority, Subject
from medicore.stores.keys.signer import CHECKPOINT_TYPE, sign_checkpoint, verify_checkpoint

START = datetime(2025, 4, 1, 6, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
CA_WORDS = "words of the authority"
HEAD = Checkpoint(417, "a" * 64, timestamp(START + timedelta(days=1)))


class StartClock:
    """A clock that stands at the start."""

    def now(self) -> datetime:
        """Return the start."""
        return START


@dataclass(frozen=True, slots=True)
class Room:
    """An authority with its service, and a checkpoint that the service signed."""

    authority: Authority
    service: Person
    envelope: bytes

    def verify(self, envelope: bytes) -> Checkpoint:
        """Return what the envelope holds for the service."""
        return verify_checkpoint(envelope, self.service.certificate, self.authority.certificate)

    def seal(self, payload: bytes, kind: str = CHECKPOINT_TYPE) -> bytes:
        """Return an envelope of any payload under the service's own key."""
        words = self.authority.service_passphrase("scheduler").encode()
        key, _, _ = pkcs12.load_key_and_certificates(self.authority.key("scheduler"), words)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        encoded = b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)
        signature = base64.b64encode(key.sign(encoded, ec.ECDSA(hashes.SHA256()))).decode()
        signatures = [{"keyid": self.service.fingerprint, "sig": signature}]
        return canonical(
            {"payload": base64.b64encode(payload).decode(), "payloadType": kind, "signatures": signatures}
        )


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """Return the room."""
    folder = tmp_path_factory.mktemp("room") / "authority"
    authority = Authority.create(folder, CA_WORDS, StartClock(), validity=3 * YEAR)
    subject = Subject("scheduler", "MediCore scheduler", Role.SERVICE)
    service = authority.issue_service(subject, authority_passphrase=CA_WORDS, validity=YEAR)
    words = authority.service_passphrase("scheduler")
    return Room(authority, service, sign_checkpoint(HEAD, authority.key("scheduler"), words))


def test_a_signed_checkpoint_comes_back(room: Room) -> None:
    """Sequence number, digest and time are those that the service signed."""
    assert room.verify(room.envelope) == HEAD


def test_a_checkpoint_is_a_dsse_envelope_of_its_own_type(room: Room) -> None:
    """The payload is the checkpoint in canonical JSON, under a type that no decision has."""
    envelope = json.loads(room.envelope)
    assert envelope["payloadType"] == "application/vnd.medicore.checkpoint+json"
    assert base64.b64decode(envelope["payload"]) == canonical(HEAD.as_json())


@given(st.data())
def test_every_changed_byte_is_caught(room: Room, data: st.DataObject) -> None:
    """No byte of a signed checkpoint is idle."""
    flipped = bytearray(room.envelope)
    flipped[data.draw(st.integers(0, len(flipped) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(IntegrityError, match="checkpoint of the ledger does not verify"):
        room.verify(bytes(flipped))


@pytest.mark.parametrize(
    "late", [replace(HEAD, at=timestamp(START + 2 * YEAR)), replace(HEAD, at="tomorrow")]
)
def test_a_checkpoint_is_of_the_keys_time(room: Room, late: Checkpoint) -> None:
    """A checkpoint dated when the key did not hold, or not dated, is none."""
    envelope = sign_checkpoint(
        late, room.authority.key("scheduler"), room.authority.service_passphrase("scheduler")
    )
    with pytest.raises(IntegrityError):
        room.verify(envelope)


@pytest.mark.parametrize(
    "told",
    [
        {},
        [],
        {**HEAD.as_json(), "also": "this"},
        {**HEAD.as_json(), "sequence": "417"},
        {**HEAD.as_json(), "digest": 7},
        {**HEAD.as_json(), "at": 7},
    ],
)
def test_other_content_is_no_checkpoint(room: Room, told: Any) -> None:
    """A good signature over something else pins nothing."""
    with pytest.raises(IntegrityError, match="checkpoint"):
        room.verify(room.seal(canonical(told)))


def test_another_spelling_is_no_checkpoint(room: Room) -> None:
    """A checkpoint has one spelling, as everything that is signed."""
    with pytest.raises(IntegrityError, match="canonical form"):
        room.verify(room.seal(json.dumps(HEAD.as_json()).encode()))


def test_another_type_is_no_checkpoint(room: Room) -> None:
    """The service's signature over the same bytes as a decision is no checkpoint."""
    with pytest.raises(IntegrityError, match="in-toto"):
        room.verify(room.seal(canonical(HEAD.as_json()), "application/vnd.in-toto+json"))


def test_signing_needs_the_services_passphrase(room: Room) -> None:
    """Without the passphrase there is no checkpoint."""
    with pytest.raises(ReviewError, match="does not open the key of the service"):
        sign_checkpoint(HEAD, room.authority.key("scheduler"), "other words")
