"""What a process inherits and must not obey, or cannot work with: proxies, an encoding, a limit of memory."""

import os
import re
import resource
import sys
from io import TextIOWrapper

from medicore.errors import ConfigurationError

_OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_PROXIES = frozenset({"all_proxy", "http_proxy", "https_proxy"})
_SOCKS = re.compile(r"socks\w*://", re.IGNORECASE)
_UTF8 = "utf-8"
_ADDRESSES, _ADDRESSES_OF_A_PROCESSOR = 3 * 1024**3, 128 * 1024**2
"""Bytes: a run with 300 subjects addressed 2.7 GiB on two processors."""


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


def require_address_space() -> None:
    """Raise ConfigurationError when this process may address too little memory for the libraries of linear algebra.

    OpenBLAS reserves memory for each processor when it is loaded, and asks without end for what it does not get.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    least = _ADDRESSES + (os.cpu_count() or 1) * _ADDRESSES_OF_A_PROCESSOR
    if limit != resource.RLIM_INFINITY and limit < least:
        raise ConfigurationError(
            f"this process may address {limit / 1024**3:.2f} GiB of memory; expected {least / 1024**3:.2f} GiB or more on this "
            "machine, since linear algebra would wait for memory without end; raise the limit ('ulimit -v')"
        )


def is_utf8(encoding: str | None) -> bool:
    """Return whether a stream accepts every character; a stream in memory has no encoding, and does."""
    return encoding is None or encoding.lower().replace("_", "-") in {_UTF8, "utf8"}
