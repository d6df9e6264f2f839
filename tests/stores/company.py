"""A company's own certificate authority, as tests need it: a root, an issuer below it, and people's certificates."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DAY = timedelta(days=1)


def usage(*, signs: bool = True, certifies: bool = False) -> x509.KeyUsage:
    """Return a use of keys."""
    return x509.KeyUsage(
        signs, False, not signs and not certifies, False, False, certifies, certifies, False, False
    )


def name_of(text: str) -> x509.Name:
    """Return the name of a company's certificate: it knows no identifiers of ours."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sponsor AG"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def pkcs12(self, passphrase: str) -> bytes:
        """Return the key with its certificate under a passphrase."""
        shut = serialization.BestAvailableEncryption(passphrase.encode())
        return pkcs12.serialize_key_and_certificates(b"key", self.key, self.certificate, None, shut)


def certify(
    text: str,
    issuer: Certified | None,
    *,
    authority: bool = False,
    start: datetime | None = None,
    days: float = 365,
    signs: bool = True,
    key: Key | None = None,
    extended: x509.ObjectIdentifier | None = None,
) -> Certified:
    """Return a certificate by ``issuer``, or one that issued itself, valid from yesterday by default."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    begins = (start or datetime.now(UTC) - DAY).replace(microsecond=0)  # noqa: TID251 - certificates of the present
    above = issuer.key if issuer else own
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of(text))
        .issuer_name(issuer.certificate.subject if issuer else name_of(text))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage(signs=signs and not authority, certifies=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False)
    )
    if extended is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([extended]), critical=False)
    return Certified(builder.sign(above, hashes.SHA256()), own)


def company(start: datetime | None = None) -> tuple[Certified, Certified]:
    """Return a root and an issuer below it, both valid for years."""
    root = certify("Sponsor Root", None, authority=True, start=start, days=4000)
    return root, certify("Sponsor Issuing CA", root, authority=True, start=start, days=3000)
