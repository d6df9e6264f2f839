"""Settings of DVC: how its configuration files spell a value, and how those of user and machine are kept without effect."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from medicore.errors import ConfigurationError

_OF_DVC = "DVC_"
_OF_S3 = {
    # DVC's configuration has no key for these; MediCore hashes every object itself.
    "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
    "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
}
"""How DVC's client talks to a server, as our own does (stores/s3/client.py)."""
_NEEDS_QUOTES = re.compile(r"[#,\n\r]|%\(|^[\s\"']|\s$")


@contextlib.contextmanager
def nobody_elses(nowhere: Path) -> Iterator[None]:
    """Hide the variables and the configuration of user and machine from DVC within the block.

    They could name another cache, another way of writing files, or options of a remote with the same name as ours.
    ``nowhere`` is a folder that does not exist. DVC's client of S3 gets the settings of our own client.
    """
    given = {name: value for name, value in os.environ.items() if _is_changed(name)}
    for name in given:
        del os.environ[name]
    os.environ.update(
        DVC_GLOBAL_CONFIG_DIR=str(nowhere), DVC_SYSTEM_CONFIG_DIR=str(nowhere), DVC_NO_ANALYTICS="1"
    )
    os.environ.update(_OF_S3)
    try:
        yield
    finally:
        for name in [name for name in os.environ if _is_changed(name)]:
            del os.environ[name]
        os.environ.update(given)


def _is_changed(name: str) -> bool:
    return name.startswith(_OF_DVC) or name in _OF_S3


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
