"""The port to the write-once archive."""

from typing import Protocol

from medicore.records.export.archived import Versions


class Archive(Protocol):
    """The write-once store. An object is written once, can be read back, and is kept at least until a date."""

    def prove(self) -> str:
        """Return a description of the archive; raise ConfigurationError when it cannot enforce retention."""
        ...

    def probe(self) -> None:
        """Raise ConfigurationError when the archive cannot be written now; nothing is left of the attempt."""
        ...

    def put(self, key: str, data: bytes, retain_until: str) -> str:
        """Write an object once and return its version; raise ArchiveError when the key holds other bytes.

        Writing the same bytes again makes no new version; the object is then kept until the later of the two dates.
        """
        ...

    def get(self, key: str, version: str = "") -> bytes:
        """Return the bytes of an object: of ``version`` if the store has versions, otherwise of the first version."""
        ...

    def retention(self, key: str) -> str:
        """Return the date until which an object is kept; raise ArchiveError when its lock was changed."""
        ...

    def extend(self, key: str, until: str) -> None:
        """Extend the retention of an object; raise ArchiveError when the date is earlier, before the store is called."""
        ...

    def held(self, key: str) -> bool:
        """Return whether an object is under a legal hold; raise ArchiveError when that cannot be determined."""
        ...

    def hold(self, key: str) -> None:
        """Put an object under a legal hold, which lasts until it is lifted, also beyond the retention date."""
        ...

    def lift(self, key: str) -> None:
        """Lift the legal hold of an object; its retention date stays the same."""
        ...

    def versions(self, key: str) -> Versions:
        """Return the versions that are stored under a key."""
        ...

    def keys(self, prefix: str) -> tuple[str, ...]:
        """Return the keys below ``prefix``, sorted, including keys that a delete marker hides."""
        ...
