"""Clones: a commit of a repository in a folder of its own, so that code runs as of that commit."""

import os
import shlex
from pathlib import Path

from medicore.errors import ConfigurationError
from medicore.stores.command import run

_SETTINGS = {
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.sparseCheckout": "false",
}
"""What overrides the user's own configuration, which may say where a repository is and how it is opened."""

_GIT = ("git", *(part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")))


def clone_commit(repository: str, commit: str, target: Path) -> None:
    """Check out ``commit`` of the repository at this path or address in the new folder ``target``.

    Raises
    ------
    ConfigurationError
        When the repository cannot be cloned, or has no such commit.
    """
    clone = ["clone", "--quiet", "--no-checkout", "--template=", "--", repository, str(target)]
    try:
        run([*_GIT, *clone], folder=target.parent)
    except ConfigurationError as error:
        _require_own(repository, error)
        raise
    try:
        run([*_GIT, "checkout", "--quiet", "--detach", commit], folder=target)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"commit {commit} cannot be checked out; expected one of the repository that MEDICORE_REPOSITORY names"
        ) from error


def _require_own(repository: str, error: ConfigurationError) -> None:
    """Raise ConfigurationError when git refuses a repository because it belongs to somebody else."""
    place = Path(repository)
    if (place / ".git").exists():
        place = place / ".git"
    owner = place.stat().st_uid if place.is_dir() else os.geteuid()
    if owner != os.geteuid():
        raise ConfigurationError(
            f"repository {place} belongs to the user with number {owner}; expected one of this account, since git clones no "
            f"other: give it to this account, or call 'git config --global --add safe.directory {shlex.quote(str(place))}'"
        ) from error
