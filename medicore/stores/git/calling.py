"""Every call of git: git reads the requested objects, and obeys and runs nothing else in the repository.

A repository can carry programs (hooks, filters, monitors, transports) and substitutes (replace refs, grafts, shallow
boundaries). Otherwise anyone who may write to it, or to the user's own configuration, would decide what is read.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from medicore.errors import InfrastructureError, MediCoreError
from medicore.stores.command import conversation, harmless, run

_NOWHERE = f"{os.devnull}/none"
"""A path at which no file can exist."""

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
"""What overrides the configuration of the repository, which git always reads."""

_ALONE = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
}
"""Only the repository's configuration, and no transport: git before 2.44 does not know GIT_NO_LAZY_FETCH."""

_ALWAYS = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": _NOWHERE,
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_SHALLOW_FILE": "",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def committed_by(actor: str, stamp: str = "") -> dict[str, str]:
    """Return the environment in which git names ``actor`` as author and committer, at ``stamp`` where one is given."""
    facts = {"NAME": actor, "EMAIL": f"{actor}@medicore.invalid"} | ({"DATE": stamp} if stamp else {})
    return {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in facts.items()}


def git(
    *arguments: str,
    folder: Path,
    data: bytes | None = None,
    environment: Mapping[str, str] | None = None,
    failure: type[MediCoreError] = InfrastructureError,
    fetching: bool = False,
) -> bytes:
    """Return what git prints about the repository in ``folder``, bare or a checkout; raise ``failure`` when it fails.

    With ``fetching`` git may fetch missing objects from the place in the user's own configuration.
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
    """Return the environment of a call, without any of git's variables from our own environment.

    It names the repository, so git neither searches the folders above for one nor checks who owns it: whoever owns
    it, nothing in it is run.
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
