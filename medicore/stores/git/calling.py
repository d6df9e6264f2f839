"""Every call of git: git reads the objects that it is asked for, and nothing that lies around them is run or obeyed.

A repository can carry programs (hooks, filters, monitors, transports) and substitutes (replace refs, grafts, shallow
boundaries). Whoever may write into it, or into the user's own configuration, would otherwise decide what is read.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from medicore.errors import ConfigurationError, MediCoreError
from medicore.stores.command import conversation, harmless, run

_NOWHERE = f"{os.devnull}/none"
"""A path at which no file can lie."""

_CONFIGURATION = {
    "core.alternateRefsCommand": "",
    "core.attributesFile": _NOWHERE,
    "core.autocrlf": "false",
    "core.commitGraph": "false",
    "core.excludesFile": _NOWHERE,
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.splitIndex": "false",
    "core.untrackedCache": "false",
    "gc.auto": "0",
    "i18n.commitEncoding": "UTF-8",
    "maintenance.auto": "false",
    "pack.useBitmaps": "false",
}
"""What stands above the configuration of the repository, which git reads in any case."""

_ALONE = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
}
"""No configuration but the repository's, and no transport: git before 2.44 knows no GIT_NO_LAZY_FETCH."""

_ALWAYS = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": _NOWHERE,
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_SHALLOW_FILE": "",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def git(
    *arguments: str,
    folder: Path,
    data: bytes | None = None,
    environment: Mapping[str, str] | None = None,
    failure: type[MediCoreError] = ConfigurationError,
    fetching: bool = False,
) -> bytes:
    """Return what git prints about the repository in ``folder``, bare or a checkout; raise ``failure`` when it fails.

    With ``fetching`` git may get missing objects from where the user's own configuration says.
    """
    return run(
        ["git", *arguments],
        folder=folder,
        data=data,
        environment={**_surroundings(folder, fetching=fetching), **(environment or {})},
        alone=True,
        failure=failure,
    )


@contextlib.contextmanager
def git_conversation(*arguments: str, folder: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Yield input and output of a git that answers questions about the repository in ``folder``."""
    surroundings = _surroundings(folder, fetching=False)
    with conversation(["git", *arguments], folder=folder, environment=surroundings) as (asked, answers):
        yield asked, answers


def _surroundings(folder: Path, *, fetching: bool) -> dict[str, str]:
    """Return the environment of a call: none of git's own variables comes from ours.

    The repository is named, so git neither looks for one in the folders above nor asks to whom it belongs: nothing of
    it is run, whoever owns it.
    """
    place, checkout = folder.absolute(), folder.absolute() / ".git"
    named = (
        {"GIT_DIR": str(checkout), "GIT_WORK_TREE": str(place)}
        if checkout.exists()
        else {"GIT_DIR": str(place)}
    )
    above = {"GIT_CONFIG_COUNT": str(len(_CONFIGURATION))}
    for number, (key, value) in enumerate(_CONFIGURATION.items()):
        above |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    ours = {name: value for name, value in harmless().items() if not name.startswith("GIT_")}
    return {**ours, **_ALWAYS, **({} if fetching else _ALONE), **above, **named}
