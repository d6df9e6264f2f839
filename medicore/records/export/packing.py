"""Packing: many files in one file. The same contents give the same bytes on every machine and at any time."""

import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file can hold
_UNIX = 3
_FILE = 0o100644


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file of a commit: git's ``mode`` (``100644``, ``100755`` or ``120000``), its name from the root, its bytes."""

    mode: str
    name: str
    data: bytes


def tar_of(files: Iterable[TreeFile]) -> bytes:
    """Return a tar of ``files`` in the order of their names, without owner and time.

    Modes and symbolic links are kept, so git's name of the tree can be computed from the tar.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for file in sorted(files, key=lambda each: each.name):
            info = tarfile.TarInfo(file.name)
            info.mode = 0o755 if file.mode == "100755" else 0o644
            if file.mode == "120000":
                info.type, info.linkname = tarfile.SYMTYPE, file.data.decode()
                tar.addfile(info)
            else:
                info.size = len(file.data)
                tar.addfile(info, io.BytesIO(file.data))
    return buffer.getvalue()


def zip_of(files: Mapping[str, bytes], folder: str) -> bytes:
    """Return a zip of ``files`` below ``folder`` ('' for none), in the order of their names, dated 1980.

    Nothing is compressed, because the result would depend on the version of the compression library.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(f"{folder}/{name}" if folder else name, _EARLIEST)
            info.create_system, info.external_attr = _UNIX, _FILE << 16
            packed.writestr(info, data)
    return buffer.getvalue()
