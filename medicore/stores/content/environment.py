"""Proof of the environment: the installed packages are those that the lock file names."""

import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from medicore.errors import ConfigurationError
from medicore.kernels import in_use, loaded
from medicore.records.canonical import sha256
from medicore.records.export.sbom import Licence

LOCK_FILE = "requirements.lock"
_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^ ;\\]+)\s*(?:;\s*(?P<marker>[^\\]+))?"
)


class LockedEnvironment:
    """The installed packages, compared with ``requirements.lock`` of the checkout."""

    def __init__(self, root: Path) -> None:
        self._path = root / LOCK_FILE

    def digest(self) -> str:
        """Return the SHA-256 of the lock file."""
        return sha256(self._read())

    def locked(self) -> dict[str, str]:
        """Return name and version of every package that the lock file requires on this platform."""
        pins: dict[str, str] = {}
        for line in self._read().decode().splitlines():
            match = _PIN.match(line)
            if match and (match["marker"] is None or Marker(match["marker"]).evaluate()):
                pins[canonicalize_name(match["name"])] = match["version"]
        return pins

    def kernels(self) -> dict[str, str]:
        """Return the kernels of linear algebra that this process computes with, and the machine and C library."""
        return in_use(loaded())

    def installed(self) -> dict[str, str]:
        """Return name and version of every package that is installed."""
        named = (_name_and_version(package) for package in distributions())
        return {canonicalize_name(name): version for name, version in named if name}

    def licences(self) -> dict[tuple[str, str], Licence]:
        """Return the licence that each installed package declares, by normalised name and version."""
        found = {}
        for installed in distributions():
            licence = _licence(installed)
            if licence is not None and installed.metadata["Name"]:
                found[str(canonicalize_name(installed.metadata["Name"])), installed.version] = licence
        return found

    def deviations(self) -> tuple[str, ...]:
        """Return the packages whose installed version is not the locked one, one line each."""
        installed = self.installed()
        return tuple(
            f"{name} {installed.get(name, 'absent')} instead of {version}"
            for name, version in sorted(self.locked().items())
            if installed.get(name) != version
        )

    def require_locked(self) -> str:
        """Return the digest of the lock file; raise ConfigurationError when the environment differs from it."""
        digest = self.digest()
        found = self.deviations()
        if found:
            raise ConfigurationError(
                f"{len(found)} package(s) differ from {LOCK_FILE}: {', '.join(found[:3])}; "
                f"install the packages of {LOCK_FILE}, or run with --exploratory"
            )
        return digest

    def _read(self) -> bytes:
        try:
            return self._path.read_bytes()
        except FileNotFoundError as error:
            raise ConfigurationError(f"{LOCK_FILE} is missing; restore it with git and try again") from error


def _name_and_version(package: Distribution) -> tuple[str, str]:
    """Return the name and version of a package.

    Only the head of its metadata is read, since the body may be a whole manual.
    """
    head = (package.read_text("METADATA") or package.read_text("PKG-INFO") or "").partition("\n\n")[0]
    name, version = (re.search(rf"^{field}:[ \t]*(\S+)", head, re.MULTILINE) for field in ("Name", "Version"))
    return (name[1], version[1]) if name and version else ("", "")


def _licence(package: Distribution) -> Licence | None:
    """Return the licence of one package: its SPDX expression, else its classifiers, else the first line it gives."""
    metadata = package.metadata
    expression = metadata["License-Expression"]
    if expression:
        return Licence(str(expression), expression=True)
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in metadata.get_all("Classifier") or []
        if text.startswith("License :: OSI Approved :: ")
    ]
    if classifiers:
        return Licence(" or ".join(classifiers), expression=False)
    lines = str(metadata["License"] or "").strip().splitlines()
    return Licence(lines[0].strip()[:80], expression=False) if lines else None
