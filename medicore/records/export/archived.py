"""What lies in a write-once archive: keys that mean the same in every store, and the versions under a key."""

import re
from dataclasses import dataclass

from medicore.errors import ArchiveError

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions under one key, the first written first, and whether a delete marker hides them.

    The first is the object. What was written later never replaces it, but somebody wrote it.
    """

    written: tuple[str, ...]
    hidden: bool = False


def is_key(text: str) -> bool:
    """Say whether ``text`` means the same in every store, and stays inside it."""
    return _KEY.fullmatch(text) is not None


def require_key(key: str) -> str:
    """Return ``key`` when it means the same in every store; raise ArchiveError when it could leave the archive."""
    if not is_key(key):
        raise ArchiveError(
            f"archive key {key[:60]!r} is malformed; expected names of a-z, 0-9, '.', '_', '-'"
        )
    return key


def require_longer(key: str, kept: str, until: str) -> bool:
    """Return whether ``until`` is later than ``kept``, the date until which an object is kept now.

    Both are dates as ISO 8601 writes them.

    Raises
    ------
    ArchiveError
        When it is earlier: what is kept is never kept shorter, whatever a store would allow.
    """
    if until < kept:
        raise ArchiveError(
            f"{key} is kept until {kept}; expected that date or a later one, found {until}; retention is never "
            "shortened"
        )
    return until > kept
