"""One public key has one value, whatever else a certificate says and however it spells the key."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import ReviewError
from medicore.records.people.public_key import fingerprint, public_key

START = datetime(2025, 1, 1, tzinfo=UTC)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def certificate(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, name: str = "Ana") -> bytes:
    """Return a certificate of a key, in DER."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=400))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


def pem(der: bytes) -> str:
    """Return bytes in the frame of a certificate."""
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"


def info(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    """Return the SubjectPublicKeyInfo as another library writes it."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def element(tag: int, content: bytes) -> bytes:
    """Return an element of DER."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content


def compressed(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a certificate whose key is spelled with a compressed point; it need not verify."""
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    algorithm = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
    named = element(0x30, algorithm + element(0x03, b"\0" + point))
    before = element(0xA0, b"\x02\x01\x02") + element(0x02, b"\x05") + element(0x30, b"") * 4
    return element(0x30, element(0x30, before + named) + element(0x30, b"") + element(0x03, b"\0"))


@given(st.integers(1, ORDER - 1))
def test_the_value_is_that_of_another_library(secret: int) -> None:
    """The value is the SHA-256 of the SubjectPublicKeyInfo, also where the point is compressed."""
    key = ec.derive_private_key(secret, ec.SECP256R1())
    expected = hashlib.sha256(info(key)).hexdigest()
    assert public_key(pem(certificate(key))) == expected
    assert public_key(pem(compressed(key))) == expected


def test_two_certificates_of_one_key_have_one_value() -> None:
    """Another name, another serial number: another fingerprint, and the same public key."""
    key = ec.generate_private_key(ec.SECP256R1())
    first, second = pem(certificate(key)), pem(certificate(key, "Rosa"))
    assert fingerprint(first) != fingerprint(second)
    assert public_key(first) == public_key(second)
    other = pem(certificate(ec.generate_private_key(ec.SECP256R1())))
    assert public_key(other) != public_key(first)


def test_keys_of_other_kinds_have_a_value_too() -> None:
    """RSA, or another curve: the SHA-256 of the SubjectPublicKeyInfo as it is written."""
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        assert public_key(pem(certificate(key))) == hashlib.sha256(info(key)).hexdigest()


def test_a_point_off_the_curve_is_taken_as_it_is_written() -> None:
    """A compressed point that no key has is not computed with: its certificate has a value of its own."""
    key = ec.derive_private_key(7, ec.SECP256R1())
    der = compressed(key)
    x = key.public_key().public_numbers().x.to_bytes(32, "big")
    off = next(
        changed
        for number in range(256)
        for changed in [der.replace(x, x[:-1] + bytes([number]))]
        if not _on_curve(changed)
    )
    assert public_key(pem(off)) not in {public_key(pem(der)), hashlib.sha256(off).hexdigest()}


def _on_curve(der: bytes) -> bool:
    point = der[der.index(b"\x03\x22\x00") + 3 :][:33]
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("der", [b"\x05", b"no certificate", element(0x30, b"\x04\x00"), element(0x30, b"")])
def test_what_is_no_certificate_counts_as_a_whole(der: bytes) -> None:
    """Bytes that are not built as a certificate have the value of all of them, and never an error of Python's."""
    assert public_key(pem(der)) == hashlib.sha256(der).hexdigest()


WHOLE = certificate(ec.derive_private_key(11, ec.SECP256R1()))


@given(st.data())
def test_damaged_bytes_give_a_value(data: st.DataObject) -> None:
    """A certificate that was cut or changed anywhere gives some value, and never an error of Python's."""
    der = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(der[: data.draw(st.integers(1, len(der)))])
    assert len(public_key(pem(cut))) == 64


@pytest.mark.parametrize("text", ["", "no PEM", pem(b"one") + pem(b"two")])
def test_there_must_be_one_certificate(text: str) -> None:
    """Anything other than exactly one certificate in PEM has no value."""
    with pytest.raises(ReviewError, match="expected exactly one"):
        public_key(text)
