"""The public key in a certificate: it says whether two certificates are for one key, whatever else they say."""

import base64
import binascii
import re

from medicore.errors import ReviewError
from medicore.records.canonical import sha256

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE-----\n?", re.ASCII)
_SEQUENCE, _BIT_STRING, _VERSION = 0x30, 0x03, 0xA0
_FIELDS_BEFORE_KEY = 5
"""Serial number, algorithm, issuer, validity and subject stand before the key (RFC 5280, section 4.1)."""

_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""The SubjectPublicKeyInfo of an ECDSA P-256 key up to its point (RFC 5480, section 2.1)."""

_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""The field's prime and the curve's constant b (SEC 2, section 2.4.2); its constant a is −3."""


def encoded(pem: str) -> bytes:
    """Return the DER encoding of the one certificate in ``pem``.

    Raises
    ------
    ReviewError
        When the text holds anything other than exactly one certificate in PEM.
    """
    framed = _PEM.fullmatch(pem)
    try:
        der = base64.b64decode(framed[1].replace("\n", "") if framed else "", validate=True)
    except binascii.Error:
        der = b""
    if not der:
        raise ReviewError("no certificate in PEM was found; expected exactly one; export it again")
    return der


def fingerprint(pem: str) -> str:
    """Return the SHA-256 of the one certificate in ``pem``, over its DER encoding; raise ReviewError as ``encoded``."""
    return sha256(encoded(pem))


def public_key(pem: str) -> str:
    """Return the SHA-256 of a certificate's SubjectPublicKeyInfo in DER, as ``openssl pkey -pubin -outform der`` gives.

    A P-256 key has one value here however a certificate spells it: with a compressed point, or with the curve's
    parameters in place of its name. Bytes that are not built as a certificate count as a whole.

    Raises
    ------
    ReviewError
        When the text holds anything other than exactly one certificate in PEM.
    """
    der = encoded(pem)
    try:
        return sha256(_key_info(der))
    except (IndexError, ValueError):
        return sha256(der)


def _key_info(der: bytes) -> bytes:
    """Return a certificate's SubjectPublicKeyInfo; raise ValueError or IndexError when there is none."""
    signed, _ = _content(_content(der, _SEQUENCE)[0], _SEQUENCE)
    rest = _after(signed) if signed[0] == _VERSION else signed
    for _ in range(_FIELDS_BEFORE_KEY):
        rest = _after(rest)
    whole = rest[: len(rest) - len(_after(rest))]
    inner, _ = _content(whole, _SEQUENCE)
    point, _ = _content(_after(inner), _BIT_STRING)
    uncompressed = _uncompressed(point[1:])
    return whole if uncompressed is None else _P256 + uncompressed


def _uncompressed(point: bytes) -> bytes | None:
    """Return a point of P-256 with both coordinates; None when it is not one (SEC 1, section 2.3.4)."""
    if len(point) == 65 and point[0] == 4:
        return point
    if len(point) != 33 or point[0] not in (2, 3):
        return None
    x = int.from_bytes(point[1:], "big")
    square = (x**3 - 3 * x + _B) % _PRIME
    y = pow(square, (_PRIME + 1) // 4, _PRIME)
    if y * y % _PRIME != square:
        return None
    y = y if y % 2 == point[0] % 2 else _PRIME - y
    return b"\x04" + point[1:] + y.to_bytes(32, "big")


def _content(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """Return content and rest of the first element, which has this tag; raise ValueError for another one."""
    if der[0] != tag:
        raise ValueError(f"element {der[0]:#x} where {tag:#x} belongs")
    return _split(der)


def _after(der: bytes) -> bytes:
    """Return what follows the first element."""
    return _split(der)[1]


def _split(der: bytes) -> tuple[bytes, bytes]:
    """Return the first element's content, and what follows it (X.690, section 8.1.3)."""
    size, start = der[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start], "big")
    if start + size > len(der):
        raise ValueError("an element is longer than what holds it")
    return der[start : start + size], der[start + size :]
