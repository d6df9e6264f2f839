"""Objects in a write-once archive: keys that are valid in every store, and the versions under a key."""

import re
from dataclasses import dataclass

from medicore.errors import ArchiveError

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions under one key in the order of writing, and whether a delete marker hides them.

    The first version is the object. A later version never replaces it, but shows that somebody wrote to the key.
    """

    written: tuple[str, ...]
    hidden: bool = False


def is_key(text: str) -> bool:
    """Return whether ``text`` is a key that is valid in every store and stays inside the archive."""
    return _KEY.fullmatch(text) is not None


def require_key(key: str) -> str:
    """Return ``key`` if it is valid in every store; raise ArchiveError when it could point outside the archive."""
    if not is_key(key):
        raise ArchiveError(
            f"archive key {key[:60]!r} is malformed; expected names of a-z, 0-9, '.', '_', '-'"
        )
    return key


def require_longer(key: str, kept: str, until: str) -> bool:
    """Return whether ``until`` is later than ``kept``, the current retention date of an object.

    Both are dates in ISO 8601.

    Raises
    ------
    ArchiveError
        When ``until`` is earlier. Retention is never shortened, even where a store would allow it.
    """
    if until < kept:
        raise ArchiveError(
            f"{key} is kept until {kept}; expected that date or a later one, found {until}; retention is never "
            "shortened"
        )
    return until > kept
