"""Inherited settings that a process must not obey: proxies for this machine itself, and an encoding other than UTF-8."""

import os
import re
import sys
from io import TextIOWrapper

_OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_PROXIES = frozenset({"all_proxy", "http_proxy", "https_proxy"})
_SOCKS = re.compile(r"socks\w*://", re.IGNORECASE)
_UTF8 = "utf-8"


def ask_this_machine_directly() -> None:
    """Let every client of this process and of its children call loopback without a proxy.

    A company's proxy cannot reach the loopback address of this machine. For other addresses HTTP_PROXY, HTTPS_PROXY,
    ALL_PROXY and NO_PROXY apply.
    """
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    named = [host for host in map(str.strip, given.split(",")) if host]
    if "*" not in named:
        named += [host for host in _OF_THIS_MACHINE if host not in named]
    # Some clients read one of them, some the other.
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(named)


def leave_out_socks() -> tuple[str, ...]:
    """Remove the variables that name a SOCKS proxy from the environment, and return their names.

    None of our clients supports SOCKS: Prefect's fails at its start, even if it calls only loopback.
    """
    found = tuple(
        name for name, value in os.environ.items() if name.lower() in _PROXIES and _SOCKS.match(value.strip())
    )
    for name in found:
        del os.environ[name]
    return found


def require_utf8() -> None:
    """Start this process again in UTF-8 mode (PEP 540) if the locale has another encoding.

    Names of files, arguments and the files of others are UTF-8 in every locale. The programs that this process starts
    inherit the mode.
    """
    if sys.getfilesystemencoding() == _UTF8:
        return
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - our own command


def print_everything() -> None:
    """Prevent a failure at a character that the terminal cannot show: such a character is printed as its number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a process may have been started without one
            stream.reconfigure(errors="backslashreplace")


def is_utf8(encoding: str | None) -> bool:
    """Return whether a stream accepts every character; a stream in memory has no encoding, and does."""
    return encoding is None or encoding.lower().replace("_", "-") in {_UTF8, "utf8"}
