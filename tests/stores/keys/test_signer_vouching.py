"""Only certificates that our authority issued for signatures vouch for a signer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from medicore.errors import ReviewError
from medicore.records.moment import timestamp
from medicore.records.people.decision import state
from medicore.records.people.people import Person, Role
from medicore.records.people.public_key import fingerprint
from medicore.stores.keys.authority import Authority, Subject
from medicore.stores.keys.signer import sign, verify

START = datetime(2025, 4, 1, 6, 0, tzinfo=UTC)
NEXT_DAY = timestamp(START + timedelta(days=1))
YEAR = timedelta(days=365)
CA_WORDS = "words of the authority"
WORDS = "words of rita"
RITA = Subject("rita", "Dr Rita Reviewer", Role.REVIEWER)
EXTENSIONS: dict[str, tuple[x509.ExtensionType, ...]] = {
    "none": (),
    "for other uses": (x509.KeyUsage(False, False, True, False, False, False, False, False, False),),
}


class StartClock:
    """A clock that stands at the start."""

    def now(self) -> datetime:
        """Return the start."""
        return START


def authority_in(folder: Path) -> Authority:
    """Return a new authority."""
    return Authority.create(folder, CA_WORDS, StartClock(), validity=3 * YEAR)


def issue(authority: Authority) -> Person:
    """Return Rita with a new certificate."""
    return authority.issue(RITA, passphrase=WORDS, authority_passphrase=CA_WORDS, validity=YEAR)


def approval(person: Person, key: bytes) -> bytes:
    """Return a person's signed approval."""
    statement = state(
        person,
        run="MED-2024-0147/2025-03/1",
        digests={"report.pdf": "1" * 64},
        finding=None,
        meaning="approve",
        reason="Sound.",
        signed_at=NEXT_DAY,
    )
    return sign(statement, key, WORDS)


def misissued(issuer: x509.Certificate, key: ec.EllipticCurvePrivateKey, kind: str) -> tuple[Person, bytes]:
    """Return a person with a certificate that ``key`` signed by hand, and the PKCS#12 file of it."""
    own = ec.generate_private_key(ec.SECP256R1())
    name = [
        x509.NameAttribute(NameOID.COMMON_NAME, RITA.name),
        x509.NameAttribute(NameOID.USER_ID, RITA.identifier),
    ]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(name))
        .issuer_name(issuer.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + YEAR)
    )
    for extension in EXTENSIONS[kind]:
        builder = builder.add_extension(extension, critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    shut = serialization.BestAvailableEncryption(WORDS.encode())
    stored = pkcs12.serialize_key_and_certificates(b"rita", own, certificate, None, shut)
    ends = timestamp(START + YEAR)
    return Person("rita", RITA.name, RITA.role, fingerprint(pem), timestamp(START), ends, pem), stored


def test_another_authority_is_not_ours(tmp_path: Path) -> None:
    """A certificate in the same names from an authority of the same name is refused (FAULTS 16)."""
    ours, theirs = authority_in(tmp_path / "ours"), authority_in(tmp_path / "theirs")
    fake = issue(theirs)
    envelope = approval(fake, theirs.key("rita"))
    assert verify(envelope, fake.certificate, theirs.certificate, NEXT_DAY).signer == "rita"
    with pytest.raises(ReviewError, match="certificate of rita was not issued by our authority"):
        verify(envelope, fake.certificate, ours.certificate, NEXT_DAY)


def test_a_person_is_no_authority(tmp_path: Path) -> None:
    """A certificate that a person issued with their own key vouches for nobody, even if taken for an authority's."""
    authority = authority_in(tmp_path / "authority")
    rita = issue(authority)
    key, certificate, _ = pkcs12.load_key_and_certificates(authority.key("rita"), WORDS.encode())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert certificate is not None
    fake, stored = misissued(certificate, key, "for other uses")
    envelope = approval(fake, stored)
    with pytest.raises(ReviewError, match="not issued by our authority"):
        verify(envelope, fake.certificate, authority.certificate, NEXT_DAY)
    with pytest.raises(ReviewError, match="not for signatures"):
        verify(envelope, fake.certificate, rita.certificate, NEXT_DAY)


@pytest.mark.parametrize(
    ("kind", "message"), [("none", "not issued by our authority"), ("for other uses", "not for signatures")]
)
def test_a_certificate_for_other_uses_signs_no_decision(tmp_path: Path, kind: str, message: str) -> None:
    """What our authority issued for something else, as for encryption, does not vouch for a decision."""
    authority = authority_in(tmp_path / "authority")
    stored_key = (tmp_path / "authority" / "authority.key").read_bytes()
    key = serialization.load_pem_private_key(stored_key, CA_WORDS.encode())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    person, stored = misissued(x509.load_pem_x509_certificate(authority.certificate), key, kind)
    with pytest.raises(ReviewError, match=message):
        verify(approval(person, stored), person.certificate, authority.certificate, NEXT_DAY)
