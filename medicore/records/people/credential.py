"""Credentials: what a new key is made from, or a certificate that another authority issued."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issuance:
    """What the embedded authority needs to make a key: two passphrases, and for how many days it holds."""

    passphrase: str
    authority_passphrase: str
    days: int


@dataclass(frozen=True, slots=True)
class Registration:
    """A certificate issued elsewhere, in PEM, its issuers, and the PKCS#12 bytes of its key if they are kept here."""

    certificate: bytes
    chain: bytes | None = None
    key: bytes | None = None
