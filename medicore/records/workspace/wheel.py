"""The product's wheel: its files, each proved by the wheel's own list of digests (RECORD)."""

import base64
import binascii
import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from medicore.errors import IntegrityError
from medicore.records.canonical import sha256

FOLDER = "product"
"""The folder of a workspace that holds the wheel."""

PACKAGES = ("medicore", "flows", "quarto_templates")
"""The top-level folders of the wheel that hold code and templates."""

_NAME = re.compile(r"medicore-(?P<version>[A-Za-z0-9.+!_]+)(-[0-9][A-Za-z0-9_.]*)?-py3-none-any\.whl")


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel of the product: the name of its file, the product's version, SHA-256, and code and templates by path."""

    name: str
    version: str
    sha256: str
    files: Mapping[str, bytes]

    @property
    def path(self) -> str:
        """The path of the wheel in a workspace."""
        return f"{FOLDER}/{self.name}"

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names of all files below ``folder``, relative to it."""
        return tuple(path.removeprefix(f"{folder}/") for path in self.files if path.startswith(f"{folder}/"))

    def read(self, path: str) -> bytes:
        """Return a file by its path; raise IntegrityError when the wheel has none."""
        if path not in self.files:
            raise IntegrityError(
                f"{self.name} has no file {path[:80]!r}; expected code or templates of the product"
            )
        return self.files[path]


def read_wheel(name: str, data: bytes) -> Wheel:
    """Return the wheel in the file ``name``.

    Raises
    ------
    IntegrityError
        When it is no wheel of this product, or a file in it differs from its RECORD.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise IntegrityError(
            f"{name[:80]!r} is not the name of a wheel of the product; expected medicore-VERSION-py3-none-any.whl; name "
            "the file that was built"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = [one for one in packed.namelist() if not one.endswith("/")]
            files = {one: packed.read(one) for one in names}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise IntegrityError(f"{name} is damaged, or no wheel; fetch or build it again") from error
    if len(files) != len(names):
        raise IntegrityError(f"{name} holds two files of one name; expected one; fetch or build it again")
    _require_recorded(name, files)
    code = {path: files[path] for path in sorted(files) if path.partition("/")[0] in PACKAGES}
    return Wheel(name, found["version"], sha256(data), MappingProxyType(code))


def wheel_in(names: Iterable[str]) -> str | None:
    """Return the one wheel among the names of files in the product's folder; None where there is none.

    Raises IntegrityError when there are several.
    """
    wheels = [name for name in names if name.endswith(".whl")]
    if len(wheels) > 1:
        raise IntegrityError(
            f"the folder {FOLDER} holds {len(wheels)} wheels; expected the one that the lock file names; remove the others"
        )
    return wheels[0] if wheels else None


def _require_recorded(name: str, files: Mapping[str, bytes]) -> None:
    """Raise IntegrityError unless RECORD names every other file of a wheel, with its digest, and nothing else."""
    lists = [path for path in files if re.fullmatch(r"[^/]+\.dist-info/RECORD", path)]
    if len(lists) != 1:
        raise IntegrityError(f"{name} has {len(lists)} lists RECORD; expected one; fetch or build it again")
    try:
        rows = [row for row in csv.reader(io.StringIO(files[lists[0]].decode("utf-8"))) if row]
        told = {row[0]: _digest(row[1]) for row in rows if row[0] != lists[0]}
    except (UnicodeDecodeError, csv.Error, LookupError, binascii.Error) as error:
        raise IntegrityError(f"{name}: RECORD cannot be read; fetch or build it again") from error
    held = {path: hashlib.sha256(data).digest() for path, data in files.items() if path != lists[0]}
    wrong = sorted(path for path in told.keys() | held.keys() if told.get(path) != held.get(path))
    unsafe = [path for path in held if path.startswith("/") or "\\" in path or ".." in path.split("/")]
    for path in (*wrong, *unsafe):
        raise IntegrityError(
            f"{name}: {path[:80]!r} is not what RECORD says of it; expected each file with its SHA-256; fetch or build it again"
        )


def _digest(text: str) -> bytes:
    """Return the bytes of a digest as RECORD writes it: URL-safe base64 without padding."""
    algorithm, _, code = text.partition("=")
    if algorithm != "sha256":
        return b""
    return base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
