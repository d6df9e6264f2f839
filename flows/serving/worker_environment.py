"""What surrounds the code that a worker executes: whose checkout it is, where commits are cloned from, and the variables."""

import os
from pathlib import Path

from medicore.errors import ConfigurationError
from medicore.settings import Settings
from medicore.stores.content.pinned_code import PinnedCode

HEARTBEAT_S = 30.0
"""The seconds between two heartbeats of a flow run, of which an automation misses three before it acts."""


def repository_of(settings: Settings) -> str:
    """Return the path or address from which commits are cloned: MEDICORE_REPOSITORY, or else the worker's checkout."""
    return os.environ.get("MEDICORE_REPOSITORY") or str(settings.root)


def surroundings(home: Path, code: PinnedCode) -> dict[str, str]:
    """Return the variables by which a process runs this code on the state folder ``home``.

    The code comes before an installed copy, and it is the checkout or workspace of the process, whatever the worker's is.
    """
    return {
        "PYTHONPATH": str(code.code),
        "MEDICORE_CHECKOUT": str(code.root),
        "MEDICORE_HOME": str(home),
    }


def require_own_checkout(named: str | None, root: Path) -> None:
    """Raise ConfigurationError when MEDICORE_CHECKOUT names another checkout than the one whose code runs."""
    if named and Path(named).resolve() != root.resolve():
        raise ConfigurationError(
            f"MEDICORE_CHECKOUT names {named}, and this worker's code and studies are those of {root}; expected the same: "
            "start the worker in the checkout that is meant, or unset the variable"
        )
