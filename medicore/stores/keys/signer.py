"""Signatures: DSSE envelopes made with a person's key, and verified against the authority.

securesystemslib is imported only where it is used: it imports boto3, which takes half a second.
"""

import json
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from medicore.errors import IntegrityError, ReviewError
from medicore.records.canonical import canonical
from medicore.records.identifiers import AUTHORITY
from medicore.records.ledger.ledger import Checkpoint
from medicore.records.moment import moment
from medicore.records.people.act import RECORDING_LIMIT, Act
from medicore.records.people.decision import Statement
from medicore.records.people.people import Person
from medicore.records.people.public_key import fingerprint
from medicore.stores.keys.certificates import (
    as_pem,
    load,
    require_chained,
    require_issued,
    require_valid,
    subject_of,
)
from medicore.stores.keys.passphrases import opened

PAYLOAD_TYPE = "application/vnd.in-toto+json"
ACT_TYPE = "application/vnd.medicore.act+json"
CHECKPOINT_TYPE = "application/vnd.medicore.checkpoint+json"


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
    chain: str = "",
) -> Statement:
    """Return the statement in ``envelope`` after verifying its signature and its certificate.

    ``at`` is the time at which the ledger recorded the decision, not the present: a signature stays valid after its key
    has expired or was revoked. ``revoked_at`` is the time of the certificate's revocation, if there was one. ``chain``
    holds the issuers of an external certificate.

    Raises
    ------
    ReviewError
        When the envelope is malformed, of another type, forged or altered; when the certificate was not issued by the
        authority, was invalid or revoked at the time of signing, or is another person's; when the signer's time
        differs from the ledger's.
    """
    signed_for = load(certificate_pem)
    statement = Statement.from_payload(_unseal(envelope, PAYLOAD_TYPE, signed_for, certificate_pem))
    _require_signer(statement, "decision", certificate_pem, ca_pem, at, chain)
    if revoked_at is not None and moment(at) >= moment(revoked_at):
        raise _revoked(statement.signer, "decision", revoked_at, at)
    return statement


def sign_act(act: Act, pkcs12_bytes: bytes, passphrase: str) -> bytes:
    """Return the DSSE envelope of an act, signed with its signer's key; raise ReviewError when the key does not open."""
    return _seal(act.payload(), ACT_TYPE, pkcs12_bytes, passphrase, act.signer, act.certificate)


def verify_act(
    envelope: bytes, person: Person, ca_pem: str | bytes, at: str, recorded: str | None = None
) -> Act:
    """Return the act in ``envelope`` after verifying its signature and its certificate in the same way as ``verify``.

    ``person`` is the signer as the ledger knew them at ``at``, when the act was used. ``recorded`` is when the ledger first
    held it, by default ``at``.
    """
    act = Act.from_payload(_unseal(envelope, ACT_TYPE, load(person.certificate), person.certificate))
    _require_signer(act, "act", person.certificate, ca_pem, at, person.chain, recorded)
    if person.revoked_at is not None and moment(at) >= moment(person.revoked_at):
        raise _revoked(act.signer, "act", person.revoked_at, at)
    return act


def sign_act_for_authority(act: Act, key: ec.EllipticCurvePrivateKey, ca_pem: bytes) -> bytes:
    """Return the DSSE envelope of an act of the authority, signed with the authority's key."""
    return _envelope(act.payload(), ACT_TYPE, key, load(ca_pem))


def verify_act_of_authority(envelope: bytes, ca_pem: bytes, at: str) -> Act:
    """Return the act in ``envelope`` after verifying that the authority signed it, with a certificate valid at ``at``.

    Raises
    ------
    ReviewError
        When it is not the authority's own act, or was signed more than an hour before or after ``at``.
    """
    authority = load(ca_pem)
    act = Act.from_payload(_unseal(envelope, ACT_TYPE, authority, ca_pem))
    if (act.signer, act.role, act.certificate) != (AUTHORITY, AUTHORITY, fingerprint(_text(ca_pem))):
        raise ReviewError("the act is not one of the authority; expected its own; sign with its passphrase")
    _require_recorded("act", act.signed_at, at)
    require_valid(authority, at, "the authority")
    return act


def sign_checkpoint(checkpoint: Checkpoint, pkcs12_bytes: bytes, passphrase: str) -> bytes:
    """Return the DSSE envelope of a ledger's head, signed with the service's key."""
    return _seal(
        canonical(checkpoint.as_json()), CHECKPOINT_TYPE, pkcs12_bytes, passphrase, "the service", None
    )


def verify_checkpoint(envelope: bytes, certificate_pem: str | bytes, ca_pem: str | bytes) -> Checkpoint:
    """Return the checkpoint in ``envelope`` after verifying signature and certificate at the checkpoint's own time.

    Raises
    ------
    IntegrityError
        When it differs from what the service signed. The error is one of integrity, because a checkpoint is evidence.
    """
    try:
        signed_for = load(certificate_pem)
        payload = _unseal(envelope, CHECKPOINT_TYPE, signed_for, certificate_pem)
        checkpoint = Checkpoint.from_json(json.loads(payload))
        same = canonical(checkpoint.as_json()) == payload
        require_issued(signed_for, load(ca_pem), checkpoint.at, "the service")
    except (IntegrityError, RecursionError, ReviewError, ValueError) as error:
        raise IntegrityError(
            f"a checkpoint of the ledger does not verify ({error}); expected the service's signature; "
            "take it from the archive"
        ) from error
    if not same:
        raise IntegrityError(
            "a checkpoint is not in its canonical form; expected only sequence, digest and time"
        )
    return checkpoint


def key_named(envelope: bytes) -> str:
    """Return the fingerprint of the certificate that a signed head names; it is not proved yet.

    Raises
    ------
    IntegrityError
        When the bytes are not an envelope with a signature.
    """
    try:
        return str(json.loads(envelope)["signatures"][0]["keyid"])
    except (LookupError, RecursionError, TypeError, ValueError) as error:
        raise IntegrityError(
            "a checkpoint of the ledger does not verify (the signature file is not an envelope); expected the "
            "service's "
            "signature; take it from the archive"
        ) from error


def open_key(
    pkcs12_bytes: bytes, passphrase: str, owner: str, expected: str | None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate, list[x509.Certificate]]:
    """Return the key in ``pkcs12_bytes``, its certificate, and those of the authority.

    ``owner`` is whose key it is, for the messages; ``expected`` the fingerprint that its certificate must have,
    if any.

    Raises
    ------
    WrongPassphraseError
        When the passphrase does not open the key.
    ReviewError
        When it is a key of another kind, or not the expected one.
    """
    wrong = f"the passphrase does not open the key of {owner}; try again"
    key, certificate, chain = opened(
        partial(pkcs12.load_key_and_certificates, pkcs12_bytes), passphrase, wrong
    )
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate is None:
        raise ReviewError(f"the file holds no key of {owner}; expected ECDSA P-256 with its certificate")
    if expected is not None and fingerprint(as_pem(certificate)) != expected:
        raise ReviewError(
            f"the key is not the one of {owner} in the ledger; expected {expected[:12]}; use that"
        )
    return key, certificate, chain


def _seal(
    payload: bytes, payload_type: str, pkcs12_bytes: bytes, passphrase: str, owner: str, expected: str | None
) -> bytes:
    """Return the signed envelope; ``expected`` is the fingerprint that the key's certificate must have."""
    key, certificate, _ = open_key(pkcs12_bytes, passphrase, owner, expected)
    return _envelope(payload, payload_type, key, certificate)


def _envelope(
    payload: bytes, payload_type: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
) -> bytes:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner, SSlibKey

    named = SSlibKey.from_crypto(key.public_key(), keyid=fingerprint(as_pem(certificate)))
    envelope = Envelope(payload, payload_type, {})
    envelope.sign(CryptoSigner(key, named))
    return canonical(envelope.to_dict())


def _unseal(
    envelope: bytes, payload_type: str, certificate: x509.Certificate, certificate_pem: str | bytes
) -> bytes:
    """Return the payload of an envelope with exactly one signature, that of the certificate's key."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    try:
        opened = Envelope.from_dict(json.loads(envelope))
        same = canonical(opened.to_dict()) == envelope
        key = SSlibKey.from_crypto(certificate.public_key(), keyid=fingerprint(_text(certificate_pem)))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ReviewError(
            "the signature file is not an envelope; expected DSSE as MediCore writes it"
        ) from error
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


def _require_signer(
    signed: Statement | Act,
    what: str,
    certificate_pem: str | bytes,
    ca_pem: str | bytes,
    at: str,
    chain: str,
    recorded: str | None = None,
) -> None:
    """Raise ReviewError unless the certificate is the signer's own, and its chain was valid when it signed."""
    certificate = load(certificate_pem)
    name, identifier = subject_of(certificate)
    # An external authority does not know our identifiers: only the ledger says whose certificate it is.
    own = bool(chain) or identifier == signed.signer
    if not own or (signed.printed_name, signed.certificate) != (name, fingerprint(_text(certificate_pem))):
        raise ReviewError(
            f"the {what} is by {signed.signer}, the certificate is another's; expected the signer's own; "
            "sign with your own key"
        )
    _require_recorded(what, signed.signed_at, recorded or at)
    for instant in (signed.signed_at, at):
        if chain:
            require_chained(certificate, chain, instant, signed.signer)
        else:
            require_issued(certificate, load(ca_pem), instant, signed.signer)


def _require_recorded(what: str, signed_at: str, at: str) -> None:
    """Raise ReviewError unless the ledger recorded the signature within an hour of the signer's time."""
    if abs(moment(at) - moment(signed_at)) > RECORDING_LIMIT:
        raise ReviewError(
            f"the {what} says it was signed on {signed_at}, the ledger recorded it on {at}; "
            "expected at most an hour between; set the clock and sign again"
        )


def _revoked(signer: str, what: str, revoked_at: str, at: str) -> ReviewError:
    return ReviewError(
        f"the key of {signer} was revoked on {revoked_at}, before the {what} of {at}; expected a key in force; "
        "use another"
    )


def _text(pem: str | bytes) -> str:
    return pem.decode() if isinstance(pem, bytes) else pem
