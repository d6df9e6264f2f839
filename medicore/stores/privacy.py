"""Privacy of the state folder: it belongs to the user who works with it, and nobody else may look into it."""

import os
import stat
from pathlib import Path

from medicore.errors import ConfigurationError

_SECRETS = ("people/*.key", "people/*.p12", "people/*.passphrase", "prefect/password.*")
_FOR_OTHERS = 0o077


def require_private(home: Path) -> str:
    """Return the mode of a state folder, proved to be closed to others with the secrets in it.

    Raises
    ------
    ConfigurationError
        When folder or secret belongs to another user, or its mode lets others in.
    """
    _require_closed(home, home.name, 0o700)
    for path in (home / "people", home / "prefect"):
        if path.exists():
            _require_owned(path, f"{home.name}/{path.name}")
    for pattern in _SECRETS:
        for path in sorted(home.glob(pattern)):
            _require_closed(path, f"{home.name}/{path.relative_to(home)}", 0o600)
    return f"mode {_mode(home):04o}, its owner's alone"


def _require_closed(path: Path, shown: str, expected: int) -> None:
    _require_owned(path, shown)
    if _mode(path) & _FOR_OTHERS:
        raise ConfigurationError(
            f"{shown} has mode {_mode(path):04o}, so that other users may look into it; expected {expected:04o}: "
            f"'chmod {expected:o} {shown}', and find out who could read or write in it"
        )


def _require_owned(path: Path, shown: str) -> None:
    found = _status(path, shown).st_uid
    if found != os.geteuid():
        raise ConfigurationError(
            f"{shown} belongs to the user with number {found}; expected {os.geteuid()}, who runs this program: run it "
            "as its owner, or give it to this user with chown"
        )


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _status(path: Path, shown: str) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise ConfigurationError(
            f"{shown} cannot be examined ({error.strerror}); expected a state folder: run 'medicore init'"
        ) from error
