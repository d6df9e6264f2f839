"""Passphrases as bytes: a passphrase has the same spelling on every keyboard and system."""

import unicodedata
from collections.abc import Callable
from typing import TypeVar

from medicore.errors import WrongPassphraseError

T = TypeVar("T")


def spelled(passphrase: str) -> str:
    """Return a passphrase in Unicode's form NFC, which encrypts new keys: ``é`` is then one character."""
    return unicodedata.normalize("NFC", passphrase)


def opened(work: Callable[[bytes], T], passphrase: str, wrong: str) -> T:
    """Return what ``work`` returns for the first form of the passphrase that opens the key: NFC, as typed, or NFD.

    Earlier versions encrypted keys under a passphrase as it was typed. If all forms are the same, one is tried.

    Raises
    ------
    WrongPassphraseError
        When no form opens the key; ``wrong`` is the message.
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
