"""The installed product: the folder from which it runs, and the wheel from which it was installed."""

import json
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

import medicore
from medicore.errors import ConfigurationError
from medicore.stores.command import run

PRODUCT = Path(medicore.__file__).resolve().parent.parent
"""The folder that holds the packages of the running product: a checkout, or where pip installed the wheel."""

_DOWNLOAD_LIMIT_S = 900.0


def own_wheel() -> tuple[str, bytes]:
    """Return name and bytes of the wheel from which the product was installed.

    It is the file that pip notes (PEP 610) if that is still there; otherwise pip fetches the same version again. The caller
    proves that it is what runs.

    Raises
    ------
    ConfigurationError
        When there is no such file, and pip cannot fetch it.
    """
    try:
        installed = distribution("medicore")
        noted = json.loads(installed.read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        raise ConfigurationError(
            "the product is not installed by pip; expected a wheel; build one with 'make wheel', and name it with --wheel"
        ) from None
    address = str(noted.get("url", ""))
    path = Path(unquote(urlsplit(address).path)) if address.startswith("file:") else None
    if path is not None and path.is_file():
        return path.name, path.read_bytes()
    if path is not None:
        raise ConfigurationError(
            f"the product was installed from {path.name}, which is a folder or gone; expected a wheel; build one with 'make "
            "wheel', and name it with --wheel"
        )
    return _fetched(address or f"medicore=={installed.version}")


def _fetched(wanted: str) -> tuple[str, bytes]:
    """Return the wheel that pip fetches for a requirement or an address."""
    with tempfile.TemporaryDirectory(prefix="medicore-wheel-") as scratch:
        command = ["download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
        try:
            run(
                [sys.executable, "-m", "pip", *command, "--only-binary=:all:", wanted],
                folder=Path(scratch),
                limit=_DOWNLOAD_LIMIT_S,
            )
        except ConfigurationError as error:
            raise ConfigurationError(
                f"pip cannot fetch the wheel of the running product again ({error}); name its file with --wheel"
            ) from error
        (found,) = Path(scratch).glob("*.whl")
        return found.name, found.read_bytes()
