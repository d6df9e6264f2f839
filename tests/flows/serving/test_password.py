"""The password of a server of our own is new, closed to others, and given to that server alone."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.serving.password import (
    find_password,
    kept_password,
    listeners,
    new_password,
    password_file,
    require_own_port,
)
from medicore.errors import ConfigurationError

NOBODY = 65534
LISTENER = """
import os, socket, sys
os.setuid(int(sys.argv[1]))
with socket.create_server(("127.0.0.1", 0)) as own:
    print(own.getsockname()[1], flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder, and an environment that holds no password."""
    (tmp_path / "prefect").mkdir()
    for name in ("PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_URL"):
        monkeypatch.setenv(name, "")
    return tmp_path


@pytest.fixture
def port() -> Iterator[int]:
    """A port at which this process listens."""
    with socket.create_server(("127.0.0.1", 0)) as own:
        yield int(own.getsockname()[1])


@pytest.fixture
def foreign_port() -> Iterator[int]:
    """A port at which a program of another user listens."""
    if os.geteuid() != 0:
        pytest.skip(
            "a program of another user can be started by root alone; run these tests as root in a container"
        )
    with subprocess.Popen(
        [sys.executable, "-c", LISTENER, str(NOBODY)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        yield int(other.stdout.readline())
        other.kill()


def test_each_start_has_a_password_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two starts draw two passwords that nobody guesses, unless the operator gives the server one."""
    assert home.exists()
    first, second = new_password(), new_password()
    assert first != second
    user, _, word = first.partition(":")
    assert (user, len(word)) == ("medicore", 43)
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "operators:their own")
    assert new_password() == "operators:their own"


def test_the_file_is_its_owners_alone_and_goes_with_the_server(home: Path) -> None:
    """Whatever the umask, nobody else reads the file; one that a killed server left is replaced; it does not stay."""
    path = password_file(home, 4200)
    path.write_text("of a server that was killed")
    path.chmod(0o644)
    before = os.umask(0)
    try:
        with kept_password(home, 4200, "medicore:word") as kept:
            assert kept == path
            assert path.stat().st_mode & 0o777 == 0o600
            assert path.read_text() == "medicore:word\n"
    finally:
        os.umask(before)
    assert list((home / "prefect").iterdir()) == []


def test_a_command_finds_the_password_of_the_server_that_it_is_to_ask(
    home: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the address of our own server alone the password is found; one that was given stays."""
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{port}/api")
    with kept_password(home, port, "medicore:word"):
        find_password(home)
        assert os.environ["PREFECT_API_AUTH_STRING"] == "medicore:word"
        monkeypatch.setenv("PREFECT_API_AUTH_STRING", "rita:own")
        find_password(home)
        assert os.environ["PREFECT_API_AUTH_STRING"] == "rita:own"


@pytest.mark.parametrize(
    "address", ["", "4200", "http://127.0.0.1/api", "https://prefect.example:{port}/api"]
)
def test_no_other_server_gets_the_password(
    home: Path, port: int, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """A server elsewhere, at another port, or an address that is none, is asked without it."""
    monkeypatch.setenv("PREFECT_API_URL", address.format(port=port))
    with kept_password(home, port, "medicore:word"):
        find_password(home)
    assert os.environ["PREFECT_API_AUTH_STRING"] == ""


def test_a_server_that_has_ended_gives_its_place_to_nobody(
    home: Path, foreign_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's program at the port of a server that was killed is not told the password, and no server is begun there."""
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{foreign_port}/api")
    with kept_password(home, foreign_port, "medicore:word"):
        find_password(home)
    assert os.environ["PREFECT_API_AUTH_STRING"] == ""
    with pytest.raises(
        ConfigurationError,
        match=f"port {foreign_port} is served by a program of the user with number {NOBODY}",
    ):
        require_own_port(foreign_port)


def test_listeners_are_told_by_their_port(port: int) -> None:
    """Our own program at a port is seen as ours, by IPv4 and by IPv6; a port without any has none."""
    assert listeners(port) == {os.geteuid()}
    require_own_port(port)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        free = int(closed.getsockname()[1])
    assert listeners(free) == set()
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as both:
        assert listeners(int(both.getsockname()[1])) == {os.geteuid()}
