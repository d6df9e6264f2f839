"""The places for files that verbs write for people: never in the checkout, which the next run must find unchanged."""

from pathlib import Path
from typing import TYPE_CHECKING

from medicore.stores.bundle_target import is_within, require_free, require_outside

if TYPE_CHECKING:
    from medicore.settings import Settings


def new_target(chosen: "Settings", name: str, folder: Path | None, kept: str) -> Path:
    """Return the new file or folder ``name`` in ``folder``, by default in the working directory.

    If that lies in the checkout, the default is the folder ``kept`` of the state folder. Raises ConfigurationError as
    ``require_new`` does.
    """
    here = Path()
    if folder is None and is_within(here, chosen.root):
        here = chosen.home / kept
    return require_new(chosen, (folder or here) / name)


def require_new(chosen: "Settings", target: Path) -> Path:
    """Return ``target``; raise ConfigurationError when it exists already or lies in the checkout."""
    require_outside(target, chosen.root, chosen.home)
    require_free(target)
    return target
