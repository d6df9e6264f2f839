"""The local certificate authority: it issues the certificates of people and of the service, which acts unattended."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from medicore.errors import ConfigurationError, ReviewError
from medicore.records.identifiers import person_id
from medicore.records.moment import timestamp
from medicore.records.people.credential import NewKey
from medicore.records.people.people import Person, Role, printed_name
from medicore.records.people.public_key import fingerprint
from medicore.stores.files import private_folder, write_atomically
from medicore.stores.keys.certificates import as_pem, certificate_builder, usage
from medicore.stores.keys.passphrases import opened, spelled
from medicore.stores.keys.secret_files import replace_secret, write_secret

if TYPE_CHECKING:  # the ports import pandas, which takes a second, and no signature needs it
    from medicore.stores.clock import Clock

LEAST_PASSPHRASE = 8
KDF_ROUNDS = 200_000
_CERTIFICATE = "authority.pem"
_KEY = "authority.key"


@dataclass(frozen=True, slots=True)
class Subject:
    """The owner of a certificate: identifier, printed name and role."""

    identifier: str
    name: str
    role: Role


class Authority:
    """The authority in ``folder``; its own key is opened only while a certificate is issued.

    The folder holds ``authority.pem`` (public), ``authority.key`` under its passphrase, and a PKCS#12 file per
    person; every file with a key has mode 0600. Build it with ``create`` once, then with the folder alone.
    ``kdf_rounds`` is how often a passphrase is hashed to encrypt a person's key; it makes each guess expensive. No
    setting of the product lowers it.

    Raises
    ------
    ConfigurationError
        When the folder holds no authority.
    """

    def __init__(self, folder: Path, clock: "Clock", *, kdf_rounds: int = KDF_ROUNDS) -> None:
        self.folder = folder
        self._clock = clock
        self._kdf_rounds = kdf_rounds
        if not (folder / _CERTIFICATE).is_file():
            raise ConfigurationError(
                f"folder {folder.name} holds no authority; expected {_CERTIFICATE}; run 'medicore init'"
            )

    @classmethod
    def create(
        cls,
        folder: Path,
        passphrase: str,
        clock: "Clock",
        *,
        validity: timedelta,
        name: str = "MediCore authority",
        kdf_rounds: int = KDF_ROUNDS,
    ) -> "Authority":
        """Return a new authority in ``folder``, valid from now for ``validity``.

        An interrupted creation leaves a key without a certificate; the certificate is then made for that key.

        Raises
        ------
        ConfigurationError
            When the folder already holds one.
        ReviewError
            When the passphrase is too short, or does not open the existing key.
        """
        if (folder / _CERTIFICATE).exists():
            raise ConfigurationError(
                f"folder {folder.name} already holds an authority; expected none; keep it"
            )
        _require_passphrase(passphrase)
        key = _first_key(folder, passphrase)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, printed_name(name))])
        certificate = (
            certificate_builder(subject, subject, key.public_key(), clock.now(), validity)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write_atomically(folder / _CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM))
        return cls(folder, clock, kdf_rounds=kdf_rounds)

    @property
    def certificate(self) -> bytes:
        """The authority's own certificate in PEM."""
        return (self.folder / _CERTIFICATE).read_bytes()

    def issue(
        self, subject: Subject, *, passphrase: str, authority_passphrase: str, validity: timedelta
    ) -> Person:
        """Return the person with a new certificate, its key stored as PKCS#12 under ``passphrase``.

        The certificate holds from now for ``validity``, but never longer than the authority's own.

        Raises
        ------
        ReviewError
            When a passphrase is wrong or too short, the name cannot be printed, or the identifier is taken.
        ProtocolError
            When the identifier is malformed.
        """
        path = self._key_path(subject.identifier)
        if path.exists():
            raise _taken(subject.identifier)
        person, stored = self.certify(
            subject, passphrase=passphrase, authority_passphrase=authority_passphrase, validity=validity
        )
        try:
            write_secret(path, stored)
        except FileExistsError as error:
            raise _taken(subject.identifier) from error
        return person

    def certify(
        self, subject: Subject, *, passphrase: str, authority_passphrase: str, validity: timedelta
    ) -> tuple[Person, bytes]:
        """Return what ``issue`` returns, and the PKCS#12 bytes of the key, which are not stored yet.

        Raises
        ------
        ReviewError
            When a passphrase is wrong or too short, or the name cannot be printed.
        """
        person_id(subject.identifier)
        _require_passphrase(passphrase)
        issuer_key = self.open(authority_passphrase)
        issuer = x509.load_pem_x509_certificate(self.certificate)
        now = self._clock.now().replace(microsecond=0)
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, printed_name(subject.name)),
                x509.NameAttribute(NameOID.USER_ID, subject.identifier),
            ]
        )
        validity = min(validity, issuer.not_valid_after_utc - now)
        certificate = (
            certificate_builder(name, issuer.subject, key.public_key(), now, validity)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage(authority=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
            )
            .sign(issuer_key, hashes.SHA256())
        )
        shut = (
            serialization.PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(self._kdf_rounds)
            .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
            .hmac_hash(hashes.SHA256())
            .build(spelled(passphrase).encode())
        )
        stored = pkcs12.serialize_key_and_certificates(
            subject.identifier.encode(), key, certificate, [issuer], shut
        )
        pem = as_pem(certificate)
        person = Person(
            identifier=subject.identifier,
            name=subject.name,
            role=subject.role,
            fingerprint=fingerprint(pem),
            valid_from=timestamp(certificate.not_valid_before_utc),
            valid_until=timestamp(certificate.not_valid_after_utc),
            certificate=pem,
        )
        return person, stored

    def keep(self, identifier: str, key: bytes) -> None:
        """Store a person's PKCS#12 bytes; they replace those of an earlier certificate."""
        replace_secret(self._key_path(identifier), key)

    def discard(self, identifier: str) -> None:
        """Remove key and passphrase that an interrupted attempt left for a person who is not in the ledger."""
        self._key_path(identifier).unlink(missing_ok=True)
        self._passphrase_path(identifier).unlink(missing_ok=True)

    def issue_service(self, subject: Subject, *, authority_passphrase: str, validity: timedelta) -> Person:
        """Return the service with a new certificate; its passphrase is random, in a file of mode 0600.

        The file's owner can act as the service: sign checkpoints and request scheduled runs, and nothing else.
        """
        if subject.role is not Role.SERVICE:
            raise ReviewError(
                f"{subject.identifier} is {subject.role}; expected the role service; issue it a key"
            )
        path = self._passphrase_path(subject.identifier)
        if not path.exists():
            write_secret(path, secrets.token_urlsafe(32).encode())
        return self.issue(
            subject,
            passphrase=self.service_passphrase(subject.identifier),
            authority_passphrase=authority_passphrase,
            validity=validity,
        )

    def certify_service(
        self, subject: Subject, *, authority_passphrase: str, validity: timedelta
    ) -> tuple[Person, NewKey]:
        """Return the service with a new certificate, and its new key with a new random passphrase; neither is stored yet."""
        passphrase = secrets.token_urlsafe(32)
        person, stored = self.certify(
            subject, passphrase=passphrase, authority_passphrase=authority_passphrase, validity=validity
        )
        return person, NewKey(stored, passphrase)

    def keep_service(self, identifier: str, key: NewKey) -> None:
        """Store the service's new key and passphrase; they replace the earlier ones, intact or lost."""
        replace_secret(self._passphrase_path(identifier), key.passphrase.encode())
        self.keep(identifier, key.pkcs12)

    def key(self, identifier: str) -> bytes:
        """Return the PKCS#12 bytes of a person's key; raise ReviewError when there is none."""
        try:
            return self._key_path(identifier).read_bytes()
        except FileNotFoundError as error:
            raise ReviewError(
                f"there is no key of {identifier} here; expected the person's PKCS#12 file; name it"
            ) from error

    def service_passphrase(self, identifier: str) -> str:
        """Return the passphrase of the service's key; raise ConfigurationError when its file is missing or open."""
        path = self._passphrase_path(identifier)
        try:
            if path.stat().st_mode & 0o077:
                raise ConfigurationError(f"{path.name} is open to others; expected mode 0600; correct it")
            return path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise ConfigurationError(
                f"the passphrase of {identifier} is not here; expected {path.name}; restore it, or renew {identifier}"
            ) from error

    def open(self, passphrase: str) -> ec.EllipticCurvePrivateKey:
        """Return the authority's own key; raise WrongPassphraseError when the passphrase does not open it."""
        return _opened(self.folder, passphrase)

    def _key_path(self, identifier: str) -> Path:
        return self.folder / f"{person_id(identifier)}.p12"

    def _passphrase_path(self, identifier: str) -> Path:
        return self.folder / f"{person_id(identifier)}.passphrase"


def _first_key(folder: Path, passphrase: str) -> ec.EllipticCurvePrivateKey:
    """Return the key of an authority that has no certificate yet; a missing key is made."""
    if (folder / _KEY).exists():
        return _opened(folder, passphrase)
    key = ec.generate_private_key(ec.SECP256R1())
    private_folder(folder)
    shut = serialization.BestAvailableEncryption(spelled(passphrase).encode())
    stored = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, shut)
    replace_secret(folder / _KEY, stored)
    return key


def _opened(folder: Path, passphrase: str) -> ec.EllipticCurvePrivateKey:
    try:
        stored = (folder / _KEY).read_bytes()
    except FileNotFoundError as error:
        raise ConfigurationError(f"{_KEY} is not here; expected it beside {_CERTIFICATE}") from error
    wrong = "the passphrase does not open the key of the authority; try again"
    key = opened(partial(serialization.load_pem_private_key, stored), passphrase, wrong)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigurationError(f"{_KEY} holds another kind of key; expected ECDSA P-256; restore the file")
    return key


def _require_passphrase(passphrase: str) -> None:
    if len(spelled(passphrase)) < LEAST_PASSPHRASE:
        raise ReviewError(f"the passphrase is too short; expected {LEAST_PASSPHRASE} characters or more")


def _taken(identifier: str) -> ReviewError:
    return ReviewError(f"identifier {identifier} is taken: identifiers are never used again; choose another")
