"""Settings of DVC: how its configuration files spell a value, and how those of user and machine are kept without effect."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from medicore.errors import ConfigurationError

_OF_DVC = "DVC_"
_NEEDS_QUOTES = re.compile(r"[#,\n\r]|%\(|^[\s\"']|\s$")


@contextlib.contextmanager
def nobody_elses(nowhere: Path) -> Iterator[None]:
    """Hide the variables and the configuration of user and machine from DVC within the block.

    They could name another cache, another way of writing files, or options of a remote with the same name as ours.
    ``nowhere`` is a folder that does not exist.
    """
    given = {name: value for name, value in os.environ.items() if name.startswith(_OF_DVC)}
    for name in given:
        del os.environ[name]
    os.environ.update(
        DVC_GLOBAL_CONFIG_DIR=str(nowhere), DVC_SYSTEM_CONFIG_DIR=str(nowhere), DVC_NO_ANALYTICS="1"
    )
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith(_OF_DVC)]:
            del os.environ[name]
        os.environ.update(given)


def value_of(value: str) -> str:
    """Return a value as DVC's configuration spells it, in quotes if it would be read as a list or as a comment.

    Raises
    ------
    ConfigurationError
        When DVC's configuration cannot spell the value.
    """
    if not _NEEDS_QUOTES.search(value):
        return value
    for mark in ('"', "'", '"""', "'''"):
        if mark not in value and mark[0] != value[-1] and "%(" not in value and value.isprintable():
            return f"{mark}{value}{mark}"
    raise ConfigurationError(
        f"DVC's configuration cannot name {value!r}; expected a path without line ends, '%(', and quotes of both "
        "kinds beside # or "
        "comma; move the folder"
    )
