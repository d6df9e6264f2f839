"""X.509 certificates: the builder for our own, the requirements for external ones, and the verification of chains."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from medicore.errors import ConfigurationError, ReviewError
from medicore.records.moment import moment

_FOR_SIGNATURES = frozenset(
    {ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
)


def load(pem: str | bytes) -> x509.Certificate:
    """Return the one certificate in PEM; raise ReviewError when it cannot be read."""
    try:
        return x509.load_pem_x509_certificate(pem.encode() if isinstance(pem, str) else pem)
    except ValueError as error:
        raise ReviewError("a certificate is not readable; expected one in PEM; export it again") from error


def load_all(pem: str | bytes) -> list[x509.Certificate]:
    """Return every certificate in PEM, in order; raise ReviewError when none can be read."""
    try:
        return x509.load_pem_x509_certificates(pem.encode() if isinstance(pem, str) else pem)
    except ValueError as error:
        raise ReviewError(
            "no certificate in PEM was found; expected one or more; export them again"
        ) from error


def as_pem(certificate: x509.Certificate) -> str:
    """Return a certificate in PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()


def subject_of(certificate: x509.Certificate) -> tuple[str | None, str | None]:
    """Return the printed name and the identifier in the certificate's subject; None stands for a missing one."""
    name, identifier = (
        certificate.subject.get_attributes_for_oid(oid) for oid in (NameOID.COMMON_NAME, NameOID.USER_ID)
    )
    return (str(name[0].value) if name else None, str(identifier[0].value) if identifier else None)


def certificate_builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, validity: timedelta
) -> x509.CertificateBuilder:
    """Return a builder with names, key, random serial number, validity in whole seconds (RFC 5280, 4.1.2.5)."""
    start = now.replace(microsecond=0)
    if validity < timedelta(seconds=1):
        raise ConfigurationError(f"a validity of {validity} was asked for; expected a second or more; renew")
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + validity)
    )


def usage(*, authority: bool) -> x509.KeyUsage:
    """Return the key usage: the authority signs certificates, people sign documents."""
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def require_issued(certificate: x509.Certificate, authority: x509.Certificate, at: str, owner: str) -> None:
    """Raise ReviewError unless the embedded authority issued the certificate, and both were valid at ``at``."""
    try:
        certificate.verify_directly_issued_by(authority)
        is_authority = authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        may_sign = certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except (InvalidSignature, TypeError, ValueError, x509.ExtensionNotFound) as error:
        raise ReviewError(
            f"the certificate of {owner} was not issued by our authority; have one issued"
        ) from error
    if not (is_authority and may_sign):
        raise ReviewError(f"the certificate of {owner} is not for signatures; have one issued")
    for name, held in ((owner, certificate), ("the authority", authority)):
        require_valid(held, at, name)


def require_chained(certificate: x509.Certificate, chain: str, at: str, owner: str) -> None:
    """Raise ReviewError unless ``chain`` leads from the certificate to a root, and all were valid at ``at``.

    The path is verified by RFC 5280, section 6.1. The trust anchors are the self-issued certificates of the chain. The
    person who registered the certificate signed that this root is accepted; the ledger holds that act.
    """
    issuers = load_all(chain)
    roots = [issuer for issuer in issuers if issuer.issuer == issuer.subject]
    if not roots:
        raise ReviewError(
            f"the chain of {owner} does not end in a root; expected every issuer up to one that issued itself; "
            "name the file that holds them all"
        )
    require_valid(certificate, at, owner)
    extensions = ExtensionPolicy.permit_all().require_present(
        x509.KeyUsage, Criticality.AGNOSTIC, _for_signatures
    )
    verifier = (
        PolicyBuilder()
        .store(Store(roots))
        .time(moment(at))
        .extension_policies(ee_policy=extensions, ca_policy=ExtensionPolicy.webpki_defaults_ca())
        .build_client_verifier()
    )
    try:
        verifier.verify(certificate, [issuer for issuer in issuers if issuer not in roots])
    except VerificationError as error:
        raise ReviewError(
            f"the chain does not vouch for the certificate of {owner} on {at} ({str(error)[:120]}); expected every "
            "issuer from the certificate to the root; name the right file"
        ) from error


def require_for_signatures(certificate: x509.Certificate, owner: str) -> None:
    """Raise ReviewError unless an external certificate has an ECDSA P-256 key and is for signatures."""
    key = certificate.public_key()
    if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        raise ReviewError(
            f"the certificate of {owner} is for another kind of key; expected ECDSA P-256; have one issued"
        )
    try:
        named = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if _FOR_SIGNATURES.isdisjoint(named):
        raise ReviewError(
            f"the certificate of {owner} is for other uses than signatures; expected the extended use "
            "'email protection', or none; have one issued"
        )


def _for_signatures(_policy: object, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not (usage.digital_signature or usage.content_commitment):
        raise ValueError("its key usage is not for signatures")


def require_valid(held: x509.Certificate, at: str, name: str) -> None:
    """Raise ReviewError unless a certificate, of the owner ``name``, is valid at ``at``."""
    if not held.not_valid_before_utc <= moment(at) <= held.not_valid_after_utc:
        raise ReviewError(
            f"the key of {name} is valid from {held.not_valid_before_utc:%Y-%m-%d %H:%M} to "
            f"{held.not_valid_after_utc:%Y-%m-%d %H:%M} UTC; {at} is outside of that; have a new one issued"
        )
