"""Where an exported bundle is written: a new folder, or a zip."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from medicore.errors import ConfigurationError
from medicore.records.export.packing import zip_of
from medicore.stores.files import advice, write_atomically


def require_free(target: Path) -> None:
    """Raise ConfigurationError when ``target`` exists: a bundle is never mixed with other files."""
    if target.exists() or target.is_symlink():
        raise ConfigurationError(f"{target.name} exists already; expected a new name; choose another")


def is_within(place: Path, folder: Path) -> bool:
    """Return whether ``place`` lies in ``folder`` once links are followed; ``place`` may be missing."""
    return place.resolve().is_relative_to(folder.resolve())


def require_outside(target: Path, checkout: Path, home: Path) -> None:
    """Raise ConfigurationError when ``target`` lies in the checkout: the next run would refuse the code.

    The state folder ``home`` is allowed, because git ignores it even if it lies in the checkout.
    """
    in_home = is_within(home, checkout) and is_within(target, home)
    if is_within(target, checkout) and not in_home:
        raise ConfigurationError(
            f"{target.name} would lie in the checkout, and the next run would refuse it as uncommitted; expected a place "
            f"outside; name one, for example {home / 'reports' / target.name}"
        )


def write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write ``files`` as the new folder ``target``, completely or not at all.

    Raises
    ------
    ConfigurationError
        When ``target`` exists already, or the disk is full.
    """
    require_free(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
        try:
            for name, data in files.items():
                path = scratch / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            scratch.chmod(0o755)
            scratch.rename(target)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
    except OSError as error:
        raise ConfigurationError(
            f"{target.name} could not be written: {error.strerror}; {advice(error, 'name another place')}"
        ) from error


def write_zip(target: Path, files: Mapping[str, bytes], folder: str) -> None:
    """Write ``files`` below ``folder`` into the new zip ``target``; the same files give the same bytes."""
    require_free(target)
    write_atomically(target, zip_of(files, folder))
