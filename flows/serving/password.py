"""The password of our own Prefect server: new at each start, in a file that only its owner can read."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from medicore.errors import ConfigurationError

OF_SERVER = "PREFECT_SERVER_API_AUTH_STRING"
OF_CLIENT = "PREFECT_API_AUTH_STRING"

_LOOPBACK = "127.0.0.1"
_LISTENS = "0A"
# The kernel's spelling of 127.0.0.1 and of any address, and of both for IPv6 sockets that serve IPv4.
_ADDRESSES = frozenset({"0100007F", "0" * 8, "0" * 32, "0000000000000000FFFF00000100007F"})


def new_password() -> str:
    """Return user and password for a new server: random, unless the operator has set them."""
    return os.environ.get(OF_SERVER) or f"medicore:{secrets.token_urlsafe(32)}"


def password_file(home: Path, port: int) -> Path:
    """Return the path of the password of the server at this port, in a state folder."""
    return home / "prefect" / f"password.{port}"


@contextlib.contextmanager
def kept_password(home: Path, port: int, password: str) -> Iterator[Path]:
    """Yield the file that holds the password for as long as the server serves."""
    path = password_file(home, port)
    scratch = path.with_suffix(".new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(password + "\n")
    scratch.replace(path)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def find_password(home: Path) -> None:
    """Put the password of our own server into the environment if ``PREFECT_API_URL`` names that server.

    A password that is in the environment already stays. After a server has ended, another user's program may listen
    at its port; it never gets the password.
    """
    address = urlsplit(os.environ.get("PREFECT_API_URL", ""))
    if os.environ.get(OF_CLIENT) or address.hostname not in {_LOOPBACK, "localhost"}:
        return
    try:
        port = address.port or 80
        password = password_file(home, port).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):  # not ours
        return
    if listeners(port) == {os.geteuid()}:
        os.environ[OF_CLIENT] = password


def is_own_server(home: Path) -> bool:
    """Return whether ``PREFECT_API_URL`` names the server of ``medicore serve`` on this machine with this state folder."""
    address = urlsplit(os.environ.get("PREFECT_API_URL", ""))
    try:
        port = address.port or 80
    except ValueError:
        return False
    return address.hostname in {_LOOPBACK, "localhost"} and password_file(home, port).exists()


def require_own_port(port: int) -> None:
    """Raise ConfigurationError when another user's program answers at a port of loopback."""
    others = listeners(port) - {os.geteuid()}
    if others:
        raise ConfigurationError(
            f"port {port} is served by a program of the user with number {min(others)}; expected our own Prefect "
            "server: end that program, or choose another with --port"
        )


def listeners(port: int) -> set[int]:
    """Return the users whose programs listen at a port of loopback."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]:
            words = line.split()
            address, _, number = words[1].partition(":")
            if words[3] == _LISTENS and int(number, 16) == port and address in _ADDRESSES:
                found.add(int(words[7]))
    return found
