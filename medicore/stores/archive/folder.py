"""The embedded archive: a local folder whose objects are written once.

It refuses to overwrite, and makes every file read-only. It cannot stop an administrator of this machine; S3 Object
Lock can. But no change stays hidden, since ``verify`` reads everything back.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from medicore.errors import ArchiveError, ConfigurationError
from medicore.records.canonical import digest, document, sha256
from medicore.records.export.archived import Versions, is_key, require_key, require_longer
from medicore.stores.files import advice
from medicore.stores.privacy import loose_parts

_LABEL = ".retention.json"
# No key contains this character, so the label of an extension is never the label of another object.
_EXTENDED = "~"
_HOLD = "~hold-"
_PROBED = 4096
"""The bytes of the file that tests whether the folder can be written."""


class FolderArchive:
    """A write-once folder; each object has a label beside it, with its SHA-256, size and retention date.

    A label is never overwritten. Every extension adds a label with its date in the name, and the latest date counts.
    Every legal hold, and every lifting of one, adds a label with its number in the name, and the last one counts.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prove(self) -> str:
        """Return what this archive is; raise ArchiveError when a link is in it, or a part that other users may write to."""
        for words in loose_parts(self._folder):
            raise ArchiveError(words)
        return "write-once folder on this machine; whoever administers it can delete what is there"

    def probe(self) -> None:
        """Raise ConfigurationError unless a small file can be written to the folder; the file is removed again."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".probe.") as scratch:
                scratch.write(bytes(_PROBED))
                scratch.flush()
        except OSError as error:
            raise ConfigurationError(
                f"the archive cannot be written: {error.strerror}; expected a folder with room that MediCore may "
                f"write; {advice(error, 'mend the folder')}"
            ) from error

    def put(self, key: str, data: bytes, retain_until: str) -> str:
        """Write an object once, read it back, and return its version, the SHA-256.

        Putting the same bytes under the same key again changes nothing, so that an interrupted archiving can be
        repeated; a later date extends the retention. Raises ArchiveError when the key holds other bytes, or what is
        read back differs.
        """
        if key.endswith(_LABEL):
            raise ArchiveError(
                f"archive key {key[:60]!r} is malformed; names in {_LABEL!r} are for labels; choose another"
            )
        version = sha256(data)
        with _written(key):
            self._write_once(self._path(key), data)
            self._write_once(self._label(key), _label(data, retain_until), same=False)
        if sha256(self.get(key)) != version:
            raise ArchiveError(f"{key} was read back with other bytes than were written; check the disk")
        if retain_until > self.retention(key):
            self.extend(key, retain_until)
        return version

    def get(self, key: str, version: str = "") -> bytes:  # noqa: ARG002 - a folder has one version of each
        """Return the bytes of an object; raise ArchiveError when it is missing."""
        return self._read(self._path(key))

    def retention(self, key: str) -> str:
        """Return the date until which an object is kept; raise ArchiveError when a label is damaged."""
        data, first = self.get(key), self._label(key)
        dates = [_date_in(self._read(first), data, key)]
        for path in sorted(first.parent.glob(f"{Path(key).name}{_EXTENDED}*{_LABEL}")):
            named = path.name.removesuffix(_LABEL).rpartition(_EXTENDED)[2]
            dates.append(_date_in(self._read(path), data, key, named))
        return max(dates)

    def extend(self, key: str, until: str) -> None:
        """Keep an object until a later date; raise ArchiveError when ``until`` is earlier than the present date."""
        if not require_longer(key, self.retention(key), until):
            return
        with _written(key):
            self._write_once(self._label(key, f"{_EXTENDED}{until}"), _label(self.get(key), until))

    def held(self, key: str) -> bool:
        """Say whether an object is under a legal hold; raise ArchiveError when a label is damaged."""
        return self._holds(key) % 2 == 1

    def hold(self, key: str) -> None:
        """Put an object under a legal hold, by adding a label.

        Raise ArchiveError when the object is missing or the label cannot be written.
        """
        self._set_hold(key, on=True)

    def lift(self, key: str) -> None:
        """Lift the legal hold of an object, by adding one more label; raise ArchiveError as ``hold`` does."""
        self._set_hold(key, on=False)

    def versions(self, key: str) -> Versions:
        """Return the only version of an object: the SHA-256 of its bytes; raise ArchiveError when the object is missing."""
        return Versions((sha256(self.get(key)),))

    def keys(self, prefix: str) -> tuple[str, ...]:
        """Return the keys below ``prefix``, sorted, without labels."""
        base = self._path(prefix.rstrip("/"))
        found = (path.relative_to(self._folder).as_posix() for path in base.rglob("*") if path.is_file())
        return tuple(sorted(key for key in found if is_key(key) and not key.endswith(_LABEL)))

    def _holds(self, key: str) -> int:
        """Return how many holds and liftings an object had in all: with an odd number it is under a hold."""
        data, path = self.get(key), self._path(key)
        count = len([*path.parent.glob(f"{path.name}{_HOLD}*")])
        for number in range(1, count + 1):
            label = self._hold_label(key, number)
            if not label.is_file() or label.read_bytes() != _hold(data, number):
                raise ArchiveError(
                    f"the legal hold label {number} of {key} is damaged; run 'medicore verify' on its run"
                )
        return count

    def _set_hold(self, key: str, *, on: bool) -> None:
        count = self._holds(key)
        if (count % 2 == 1) == on:
            return
        with _written(key):
            self._write_once(self._hold_label(key, count + 1), _hold(self.get(key), count + 1))

    def _hold_label(self, key: str, number: int) -> Path:
        path = self._path(key)
        return path.with_name(f"{path.name}{_HOLD}{number}.json")

    def _write_once(self, path: Path, data: bytes, *, same: bool = True) -> None:
        _make(path.parent)
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".writing.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(scratch).chmod(0o444)
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(scratch)  # atomic; it fails when the key is in use
                return
            if same and path.read_bytes() != data:
                name = path.relative_to(self._folder).as_posix()
                raise ArchiveError(
                    f"{name} is archived already with other bytes; an archived object is never replaced"
                )
        finally:
            Path(scratch).unlink(missing_ok=True)

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            name = path.relative_to(self._folder).as_posix()
            raise ArchiveError(f"{name} is not in the archive; run 'medicore verify' on its run") from error

    def _path(self, key: str) -> Path:
        return self._folder / require_key(key)

    def _label(self, key: str, extended: str = "") -> Path:
        path = self._path(key)
        return path.with_name(f"{path.name}{extended}{_LABEL}")


@contextlib.contextmanager
def _written(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"{key} could not be written: {error.strerror}; {advice(error, 'mend the folder')}"
        ) from error


def _make(folder: Path) -> None:
    """Make a folder and its missing parents, open to their owner alone, whatever the umask of the process."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True, mode=0o700)


def _label(data: bytes, retain_until: str) -> bytes:
    """Return the label of an object.

    The label's own digest shows whether a different date is a later one or a damaged one.
    """
    said = {"sha256": sha256(data), "size": len(data), "retain_until": retain_until}
    return document({**said, "label": digest(said)})


def _hold(data: bytes, number: int) -> bytes:
    """Return the label of an object's legal hold: the odd ones set it, the even ones lift it."""
    said = {"sha256": sha256(data), "size": len(data), "number": number, "held": number % 2 == 1}
    return document({**said, "label": digest(said)})


def _date_in(stored: bytes, data: bytes, key: str, named: str | None = None) -> str:
    """Return the date in a label; raise ArchiveError unless every byte of the label is as MediCore writes it."""
    try:
        until = str(json.loads(stored)["retain_until"])
    except (ValueError, KeyError, TypeError):
        until = ""
    if stored != _label(data, until) or named not in (None, until):
        raise ArchiveError(f"the retention label of {key} is damaged; run 'medicore verify' on its run")
    return until
