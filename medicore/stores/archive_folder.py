"""The embedded archive: a local folder whose objects are written once.

It refuses to overwrite, and makes every file read-only. It cannot stop an administrator of this machine: that
is what S3 Object Lock is for. It does make every change visible, since ``verify`` reads all back.
"""

import contextlib
import json
import os
import re
import tempfile
from pathlib import Path

from medicore.errors import ArchiveError
from medicore.records.canonical import document, sha256

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", re.ASCII)
_LABEL = ".retention.json"


class FolderArchive:
    """A write-once folder; beside each object lies its label with SHA-256, size and retention date."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, data: bytes, retain_until: str) -> str:
        """Write an object once, read it back, and return its version, the SHA-256.

        Putting the same bytes under the same key again changes nothing, so that a broken-off archiving can be
        repeated. Raises ArchiveError when the key holds other bytes, or what is read back differs.
        """
        if key.endswith(_LABEL):
            raise ArchiveError(
                f"archive key {key[:60]!r} is malformed; names in {_LABEL!r} are for labels; choose another"
            )
        version = sha256(data)
        try:
            self._write_once(key, data)
            self._write_once(f"{key}{_LABEL}", _label(data, retain_until), same=False)
        except OSError as error:
            raise ArchiveError(
                f"{key} could not be written: {error.strerror}; make room or mend the folder"
            ) from error
        if sha256(self.get(key)) != version:
            raise ArchiveError(f"{key} was read back with other bytes than were written; check the disk")
        return version

    def get(self, key: str) -> bytes:
        """Return the bytes of an object; raise ArchiveError when it is not there."""
        try:
            return self._path(key).read_bytes()
        except OSError as error:
            raise ArchiveError(f"{key} is not in the archive; run 'medicore verify' on its run") from error

    def retention(self, key: str) -> str:
        """Return the date until which an object is kept; raise ArchiveError when its label is not as it was written."""
        stored, data = self.get(f"{key}{_LABEL}"), self.get(key)
        try:
            until = str(json.loads(stored)["retain_until"])
        except (ValueError, KeyError, TypeError):
            until = ""
        if stored != _label(data, until):
            raise ArchiveError(f"the retention label of {key} is damaged; run 'medicore verify' on its run")
        return until

    def keys(self, prefix: str) -> tuple[str, ...]:
        """Return the keys below ``prefix``, sorted, without labels."""
        base = self._path(prefix.rstrip("/"))
        found = (path.relative_to(self._folder).as_posix() for path in base.rglob("*") if path.is_file())
        return tuple(
            sorted(key for key in found if not key.endswith(_LABEL) and not Path(key).name.startswith("."))
        )

    def _write_once(self, key: str, data: bytes, *, same: bool = True) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".writing.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(scratch).chmod(0o444)
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(scratch)  # atomic, and fails when the key is taken
                return
            if same and path.read_bytes() != data:
                raise ArchiveError(
                    f"{key} is archived already with other bytes; an archived object is never replaced"
                )
        finally:
            Path(scratch).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ArchiveError(
                f"archive key {key[:60]!r} is malformed; expected names of a-z, 0-9, '.', '_', '-'"
            )
        return self._folder / key


def _label(data: bytes, retain_until: str) -> bytes:
    """Return the label that lies beside an object."""
    return document({"sha256": sha256(data), "size": len(data), "retain_until": retain_until})
