"""What a process inherits and must not obey: proxies between us and this machine, and an encoding other than UTF-8."""

import os
import re
import sys
from io import TextIOWrapper

_OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_PROXIES = frozenset({"all_proxy", "http_proxy", "https_proxy"})
_SOCKS = re.compile(r"socks\w*://", re.IGNORECASE)
_UTF8 = "utf-8"


def ask_this_machine_directly() -> None:
    """Let every client of this process, and of those that it starts, ask loopback without a proxy.

    A company's proxy stands between us and others: it cannot reach this machine's loopback address. All else is asked
    as HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say.
    """
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    named = [host for host in map(str.strip, given.split(",")) if host]
    if "*" not in named:
        named += [host for host in _OF_THIS_MACHINE if host not in named]
    # Some clients read the one, some the other.
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(named)


def leave_out_socks() -> tuple[str, ...]:
    """Take the variables that name a SOCKS proxy out of the environment, and return their names.

    No client of ours speaks SOCKS: Prefect's fails at its start, also where it would ask loopback alone.
    """
    found = tuple(
        name for name, value in os.environ.items() if name.lower() in _PROXIES and _SOCKS.match(value.strip())
    )
    for name in found:
        del os.environ[name]
    return found


def require_utf8() -> None:
    """Begin this process again in UTF-8 mode (PEP 540) where the locale has another encoding.

    Names of files, arguments and the files of others are UTF-8, whatever the locale is. What this process starts is
    told the same.
    """
    if sys.getfilesystemencoding() == _UTF8:
        return
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - our own command


def print_everything() -> None:
    """Let no character stop a command at its end: one that the terminal cannot show is written by its number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a process may have been started without
            stream.reconfigure(errors="backslashreplace")


def is_utf8(encoding: str | None) -> bool:
    """Say whether a stream takes every character; one in memory has no encoding, and does."""
    return encoding is None or encoding.lower().replace("_", "-") in {_UTF8, "utf8"}
