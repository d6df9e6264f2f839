"""Credentials: the inputs for a new key, or a certificate that another authority issued."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Issuance:
    """What the embedded authority needs to issue a key: two passphrases, and its validity in days."""

    passphrase: str
    authority_passphrase: str
    days: int


@dataclass(frozen=True, slots=True)
class Registration:
    """An external certificate in PEM, its issuers, and the PKCS#12 bytes of its key if MediCore stores them."""

    certificate: bytes
    chain: bytes | None = None
    key: bytes | None = None


@dataclass(frozen=True, slots=True)
class NewKey:
    """The PKCS#12 bytes of a new key of the service, and the passphrase that opens them."""

    pkcs12: bytes
    passphrase: str = field(repr=False)
