"""What surrounds the code that a worker executes: whose checkout it is, where commits are cloned from, and the variables."""

import os
import sys
from pathlib import Path

from medicore.errors import ConfigurationError
from medicore.settings import Settings
from medicore.stores.content.pinned_code import PinnedCode, pinned_code
from medicore.stores.content.recorded_environment import RecordedEnvironments

_ENGINE = Path(__file__).with_name("engine.py")

HEARTBEAT_S = 30.0
"""The seconds between two heartbeats of a flow run, of which an automation misses three before it acts."""


def repository_of(settings: Settings) -> str:
    """Return the path or address from which commits are cloned: MEDICORE_REPOSITORY, or else the worker's checkout."""
    return os.environ.get("MEDICORE_REPOSITORY") or str(settings.root)


def cloned(settings: Settings, commit: str, scratch: Path) -> PinnedCode:
    """Return the code of a commit, cloned into the folder ``scratch``; see ``pinned_code`` for what it raises."""
    environments = RecordedEnvironments(settings.home / "environments")
    return pinned_code(repository_of(settings), commit, scratch, environments)


def engine_of(code: PinnedCode) -> Path:
    """Return the engine of the flow runs of this code: ours, or in an environment of its own the one made for that."""
    here = code.python == Path(sys.executable)
    return _ENGINE if here else code.code / "flows" / "serving" / _ENGINE.name


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
