"""Privacy of the state folder: it belongs to the user who works with it, and no other user may read it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from medicore.errors import ConfigurationError

_KEYS = ("*.key", "*.p12", "*.passphrase")
_SECRETS = (*(f"people/{pattern}" for pattern in _KEYS), "prefect/password.*")
_FOR_OTHERS = 0o077
_WRITTEN_BY_OTHERS = 0o022


def require_private(home: Path) -> str:
    """Return the mode of a state folder, after proving that it and its secrets are closed to others.

    Raises
    ------
    ConfigurationError
        When the folder or a secret belongs to another user, or its mode lets others in.
    """
    _require_closed(home, home.name, 0o700)
    for path in (home / "people", home / "prefect"):
        if path.exists():
            require_owned(path, f"{home.name}/{path.name}")
    for pattern in _SECRETS:
        for path in sorted(home.glob(pattern)):
            _require_closed(path, f"{home.name}/{path.relative_to(home)}", 0o600)
    if (home / "people").exists():
        require_own_keys(home / "people")
    return f"mode {_mode(home):04o}, its owner's alone"


def require_own_keys(people: Path) -> None:
    """Raise ConfigurationError when others may write to the folder of keys or read a key, or a link is in the folder."""
    for words in loose_parts(people):
        raise ConfigurationError(words)
    for pattern in _KEYS:
        for path in sorted(people.glob(pattern)):
            _require_closed(path, f"{people.name}/{path.name}", 0o600)


def loose_parts(folder: Path) -> Iterator[str]:
    """Yield the faults of a folder and everything below it: links, special files, and parts that others may write to."""
    for path, mode in _parts(folder):
        if (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and not mode & _WRITTEN_BY_OTHERS:
            continue
        shown = Path(path).relative_to(folder.parent).as_posix()
        if stat.S_ISLNK(mode):
            yield (
                f"{shown} is a symbolic link; expected a file or folder: replace the link by its target, and find "
                "out who made it"
            )
        elif not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            yield f"{shown} is neither file nor folder; expected a file or folder: remove it, and find out who made it"
        else:
            yield (
                f"{shown} has mode {stat.S_IMODE(mode):04o}, so that other users may write to it; expected no write "
                f"access for them: 'chmod go-w {shown}', and find out who opened it"
            )


def _parts(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the folder and everything below it, each with its mode.

    Links are not followed, and a missing folder yields nothing.
    """
    try:
        mode = folder.lstat().st_mode
    except FileNotFoundError:
        return
    yield str(folder), mode
    below = [str(folder)] if stat.S_ISDIR(mode) else []
    while below:
        with os.scandir(below.pop()) as entries:
            for entry in entries:
                try:
                    mode = entry.stat(follow_symlinks=False).st_mode
                except FileNotFoundError:
                    continue  # a temporary file that a worker has just renamed
                yield entry.path, mode
                if stat.S_ISDIR(mode):
                    below.append(entry.path)


def _require_closed(path: Path, shown: str, expected: int) -> None:
    require_owned(path, shown)
    if _mode(path) & _FOR_OTHERS:
        raise ConfigurationError(
            f"{shown} has mode {_mode(path):04o}, so that other users may look into it; expected {expected:04o}: "
            f"'chmod {expected:o} {shown}', and find out who could read or write in it"
        )


def require_owned(path: Path, shown: str) -> None:
    """Raise ConfigurationError when a file or folder, called ``shown`` in the message, belongs to another account."""
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
    except PermissionError as error:
        raise ConfigurationError(
            f"{shown} may not be examined by this account ({error.strerror}); expected its owner's: run the command as its owner"
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"{shown} cannot be examined ({error.strerror}); expected a state folder: run 'medicore init'"
        ) from error
