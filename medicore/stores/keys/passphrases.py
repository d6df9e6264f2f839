"""Passphrases as bytes: one passphrase has one spelling, whatever keyboard or system it was typed on."""

import unicodedata
from collections.abc import Callable
from typing import TypeVar

from medicore.errors import WrongPassphraseError

T = TypeVar("T")


def spelled(passphrase: str) -> str:
    """Return a passphrase in Unicode's form NFC, in which new keys are encrypted: ``é`` is then one character."""
    return unicodedata.normalize("NFC", passphrase)


def opened(work: Callable[[bytes], T], passphrase: str, wrong: str) -> T:
    """Return what ``work`` gives for the passphrase in NFC, as it was typed, or in NFD, the first that opens the key.

    Earlier versions encrypted keys under a passphrase as it was typed. A plain passphrase is tried once: its forms are
    the same.

    Raises
    ------
    WrongPassphraseError
        When none opens it; ``wrong`` is the message.
    """
    failure: Exception | None = None
    for spelling in dict.fromkeys(
        (spelled(passphrase), passphrase, unicodedata.normalize("NFD", passphrase))
    ):
        try:
            return work(spelling.encode())
        except (TypeError, ValueError) as error:
            failure = error
    raise WrongPassphraseError(wrong) from failure
