"""The sources of passphrases: the environment, or the keyboard; never an argument."""

import getpass
import os
import re
import sys
from unicodedata import normalize

from medicore.errors import ConfigurationError


def passphrase_of(person: str) -> str:
    """Return the passphrase with which ``person`` signs."""
    for name in ("MEDICORE_PASSPHRASE", variable(person)):
        given = os.environ.get(name)
        if given is not None:
            return given
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"no passphrase of {person}: set MEDICORE_PASSPHRASE or {variable(person)}, or sign at a terminal that "
            "can ask for it"
        )
    return getpass.getpass(f"Passphrase of {person}: ")


def authority_passphrase() -> str:
    """Return the passphrase of the certificate authority."""
    given = os.environ.get(variable("authority"))
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"no passphrase of the authority: set {variable('authority')}, or ask for it at a terminal"
        )
    return getpass.getpass("Passphrase of the authority: ")


def variable(owner: str) -> str:
    """Return the environment variable of an owner's passphrase; characters that no variable may contain become ``_``."""
    return f"MEDICORE_PASSPHRASE_{re.sub(r'[^A-Z0-9]', '_', owner.upper())}"


def chosen_passphrase(owner: str) -> str:
    """Return a new passphrase for ``owner``; a terminal asks for it twice."""
    name = variable(owner)
    given = os.environ.get(name)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise ConfigurationError(f"no passphrase for {owner}: set {name}, or choose one at a terminal")
    first = getpass.getpass(f"New passphrase for {owner}: ")
    if normalize("NFC", getpass.getpass(f"Again, for {owner}: ")) != normalize("NFC", first):
        raise ConfigurationError(f"the two passphrases for {owner} differ; try again")
    return first
