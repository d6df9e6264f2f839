"""Signatures: DSSE envelopes made with a person's key, and proved against the authority.

securesystemslib is imported where it works: it brings boto3, half a second that other commands need not pay.
"""

import json
from datetime import timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509.oid import NameOID

from medicore.errors import IntegrityError, ReviewError, WrongPassphraseError
from medicore.records.canonical import canonical
from medicore.records.decision import Statement
from medicore.records.ledger import Checkpoint
from medicore.records.moment import moment
from medicore.records.people import fingerprint

PAYLOAD_TYPE = "application/vnd.in-toto+json"
CHECKPOINT_TYPE = "application/vnd.medicore.checkpoint+json"
RECORDING_LIMIT = timedelta(hours=1)
"""How far the time that a signer wrote may lie from the time at which the ledger took the decision."""


def sign(statement: Statement, pkcs12_bytes: bytes, passphrase: str) -> bytes:
    """Return the DSSE envelope of ``statement``, signed with the key in ``pkcs12_bytes``.

    Raises
    ------
    ReviewError
        When the passphrase does not open the key, or the key is not the one that the statement names.
    """
    return _seal(
        statement.payload(), PAYLOAD_TYPE, pkcs12_bytes, passphrase, statement.signer, statement.certificate
    )


def verify(
    envelope: bytes,
    certificate_pem: str | bytes,
    ca_pem: str | bytes,
    at: str,
    *,
    revoked_at: str | None = None,
) -> Statement:
    """Return the statement in ``envelope`` once its signature and its certificate are proved.

    ``at`` is when the ledger took the decision, not the present moment: a signature stays good after its key
    has expired or been revoked. ``revoked_at`` is when the certificate was revoked, if it ever was.

    Raises
    ------
    ReviewError
        When the envelope is malformed, of another type, forged or altered; when the certificate is not from
        the authority, not valid at the time of signing, revoked by then, or another person's; when the signer's
        time is not the ledger's.
    """
    signed_for = _load(certificate_pem)
    statement = Statement.from_payload(_unseal(envelope, PAYLOAD_TYPE, signed_for, certificate_pem))
    names = (statement.printed_name, statement.signer, statement.certificate)
    if names != (*_subject(signed_for), fingerprint(_text(certificate_pem))):
        raise ReviewError(
            f"the decision is by {statement.signer}, the certificate is another's; expected the signer's own; "
            "sign with your own key"
        )
    if abs(moment(at) - moment(statement.signed_at)) > RECORDING_LIMIT:
        raise ReviewError(
            f"the decision says it was signed on {statement.signed_at}, the ledger took it on {at}; "
            "expected at most an hour between; set the clock and sign again"
        )
    for instant in (statement.signed_at, at):
        _require_vouched(signed_for, _load(ca_pem), instant, statement.signer)
    if revoked_at is not None and moment(at) >= moment(revoked_at):
        raise ReviewError(
            f"the key of {statement.signer} was revoked on {revoked_at}, before the decision of {at}; "
            "expected a key in force; use another"
        )
    return statement


def sign_checkpoint(checkpoint: Checkpoint, pkcs12_bytes: bytes, passphrase: str) -> bytes:
    """Return the DSSE envelope of a ledger's head, signed with the service's key."""
    return _seal(
        canonical(checkpoint.as_json()), CHECKPOINT_TYPE, pkcs12_bytes, passphrase, "the service", None
    )


def verify_checkpoint(envelope: bytes, certificate_pem: str | bytes, ca_pem: str | bytes) -> Checkpoint:
    """Return the checkpoint in ``envelope`` once signature and certificate are proved at its own time.

    Raises
    ------
    IntegrityError
        When it is not what the service signed: a checkpoint is evidence, not an attempt to decide.
    """
    try:
        signed_for = _load(certificate_pem)
        payload = _unseal(envelope, CHECKPOINT_TYPE, signed_for, certificate_pem)
        checkpoint = Checkpoint.from_json(json.loads(payload))
        same = canonical(checkpoint.as_json()) == payload
        _require_vouched(signed_for, _load(ca_pem), checkpoint.at, "the service")
    except (IntegrityError, RecursionError, ReviewError, ValueError) as error:
        raise IntegrityError(
            f"a checkpoint of the ledger does not verify ({error}); expected the service's signature; "
            "take it from the archive"
        ) from error
    if not same:
        raise IntegrityError("a checkpoint says more than one; expected sequence, digest and time alone")
    return checkpoint


def _seal(
    payload: bytes, payload_type: str, pkcs12_bytes: bytes, passphrase: str, owner: str, expected: str | None
) -> bytes:
    """Return the signed envelope; ``expected`` is the fingerprint that the key's certificate must have."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner, SSlibKey

    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(pkcs12_bytes, passphrase.encode())
    except ValueError as error:
        raise WrongPassphraseError(f"the passphrase does not open the key of {owner}; try again") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate is None:
        raise ReviewError(f"the file holds no key of {owner}; expected ECDSA P-256 with its certificate")
    found = fingerprint(_pem(certificate))
    if expected is not None and found != expected:
        raise ReviewError(
            f"the key is not the one of {owner} in the ledger; expected {expected[:12]}; use that"
        )
    envelope = Envelope(payload, payload_type, {})
    envelope.sign(CryptoSigner(key, SSlibKey.from_crypto(key.public_key(), keyid=found)))
    return canonical(envelope.to_dict())


def _unseal(
    envelope: bytes, payload_type: str, certificate: x509.Certificate, certificate_pem: str | bytes
) -> bytes:
    """Return the payload of an envelope that the certificate's key signed, and that nothing was added to."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    try:
        opened = Envelope.from_dict(json.loads(envelope))
        same = canonical(opened.to_dict()) == envelope
        key = SSlibKey.from_crypto(certificate.public_key(), keyid=fingerprint(_text(certificate_pem)))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ReviewError("the signature file is no envelope; expected DSSE as MediCore writes it") from error
    if not same or len(opened.signatures) != 1:
        raise ReviewError("the signature file holds more than one envelope with one signature; sign again")
    if opened.payload_type != payload_type:
        raise ReviewError(
            f"the signature is over {str(opened.payload_type)[:60]!r}; expected {payload_type}; sign the decision"
        )
    try:
        opened.verify([key], 1)
    except VerificationError as error:
        raise ReviewError(
            "the signature does not verify: forged or altered; expected the signer's own; sign again"
        ) from error
    return bytes(opened.payload)


def _require_vouched(certificate: x509.Certificate, authority: x509.Certificate, at: str, owner: str) -> None:
    """Raise ReviewError unless the authority issued the certificate, and both were valid at ``at``."""
    try:
        certificate.verify_directly_issued_by(authority)
        is_authority = authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        may_sign = certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except (InvalidSignature, TypeError, ValueError, x509.ExtensionNotFound) as error:
        raise ReviewError(f"the certificate of {owner} is not from our authority; have one issued") from error
    if not (is_authority and may_sign):
        raise ReviewError(f"the certificate of {owner} is not one for signatures; have one issued")
    for name, held in ((owner, certificate), ("the authority", authority)):
        if not held.not_valid_before_utc <= moment(at) <= held.not_valid_after_utc:
            raise ReviewError(
                f"the key of {name} is valid from {held.not_valid_before_utc:%Y-%m-%d %H:%M} to "
                f"{held.not_valid_after_utc:%Y-%m-%d %H:%M} UTC, not on {at}; have a new one issued"
            )


def _load(pem: str | bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_text(pem).encode())
    except ValueError as error:
        raise ReviewError("a certificate is not readable; expected one in PEM; export it again") from error


def _subject(certificate: x509.Certificate) -> tuple[object, object]:
    """Return printed name and identifier that the certificate was issued to; None where it says neither."""
    name, identifier = (
        certificate.subject.get_attributes_for_oid(oid) for oid in (NameOID.COMMON_NAME, NameOID.USER_ID)
    )
    return (name[0].value if name else None, identifier[0].value if identifier else None)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _text(pem: str | bytes) -> str:
    return pem.decode() if isinstance(pem, bytes) else pem
