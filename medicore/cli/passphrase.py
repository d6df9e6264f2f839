"""Where passphrases come from: the environment, or the keyboard; never an argument."""

import getpass
import os
import sys

from medicore.errors import ConfigurationError


def passphrase_of(person: str) -> str:
    """Return the passphrase by which ``person`` signs."""
    given = os.environ.get("MEDICORE_PASSPHRASE")
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"no passphrase of {person}: set MEDICORE_PASSPHRASE, or sign at a terminal that can ask for it"
        )
    return getpass.getpass(f"Passphrase of {person}: ")


def chosen_passphrase(owner: str) -> str:
    """Return a new passphrase for ``owner``, asked for twice at a terminal."""
    name = f"MEDICORE_PASSPHRASE_{owner.upper()}"
    given = os.environ.get(name)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"no passphrase for {owner}: set {name}, or run 'medicore init' at a terminal"
        )
    first = getpass.getpass(f"New passphrase for {owner}: ")
    if getpass.getpass(f"Again, for {owner}: ") != first:
        raise ConfigurationError(f"the two passphrases for {owner} differ; run 'medicore init' again")
    return first
