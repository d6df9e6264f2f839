"""What the steps need from a write-once archive, as a Protocol that the stores satisfy by structure."""

from typing import Protocol

from medicore.records.export.archived import Versions


class Archive(Protocol):
    """The write-once store: an object is written once, read back, and kept at least until a date."""

    def prove(self) -> str:
        """Return what the archive is; raise ConfigurationError when it could not keep what it is given."""
        ...

    def put(self, key: str, data: bytes, retain_until: str) -> str:
        """Write an object once and return its version; raise ArchiveError when the key holds other bytes.

        The same bytes again make no new version; they are kept until the later of the two dates.
        """
        ...

    def get(self, key: str, version: str = "") -> bytes:
        """Return the bytes of an object: of the named version where the store has versions, else of the first."""
        ...

    def retention(self, key: str) -> str:
        """Return the date until which an object is kept; raise ArchiveError when its lock is not as it was set."""
        ...

    def extend(self, key: str, until: str) -> None:
        """Keep an object until a later date; raise ArchiveError, before anything is asked, when it is an earlier one."""
        ...

    def held(self, key: str) -> bool:
        """Say whether an object is under a legal hold; raise ArchiveError when that cannot be known."""
        ...

    def hold(self, key: str) -> None:
        """Put an object under a legal hold, which lasts past its date and until it is lifted."""
        ...

    def lift(self, key: str) -> None:
        """Take the legal hold off an object; its date stays as it is."""
        ...

    def versions(self, key: str) -> Versions:
        """Return what is stored under a key."""
        ...

    def keys(self, prefix: str) -> tuple[str, ...]:
        """Return the keys below ``prefix``, sorted, also those that someone hid by a delete marker."""
        ...
