"""A PostgreSQL server of the tests' own: in a temporary folder, on a free port of the loopback address, with passwords."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

LOOPBACK = "127.0.0.1"
PASSWORD = "correct:horse/battery@staple"
ABSENT = "no PostgreSQL server on this machine; get it with 'apt-get install postgresql'"
_NUMBERS = count(1)
_STARTED: "list[subprocess.Popen[bytes]]" = []


@dataclass(frozen=True)
class Server:
    """A running server: the folder of its programs, its own folder, and its port on the loopback address."""

    programs: Path
    place: Path
    port: int

    def restart(self) -> None:
        """Crash the server as a power cut does, and start it again on its port; it answers when this returns."""
        process = int((self.place / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(process, signal.SIGQUIT)
        while self._ready():
            time.sleep(0.05)
        limit = time.monotonic() + 60
        while not self._ready():
            assert time.monotonic() < limit, "PostgreSQL did not start again"
            _launch(self.programs, self.place, self.port)
            time.sleep(0.5)

    def _ready(self) -> bool:
        return _answers(self.programs, self.port)

    def url(self, database: str, role: str = "keeper", password: str = PASSWORD) -> str:
        """Return the address of a database as a role sees it."""
        return f"postgresql://{role}:{quote(password, safe='')}@{LOOPBACK}:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Do as the database's superuser does, and return what psql prints; it raises when psql fails."""
        done = subprocess.run(
            [self.programs / "psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, "-d", database],
            env={**os.environ, "PGHOST": LOOPBACK, "PGPORT": str(self.port), "PGUSER": "keeper", "PGPASSWORD": PASSWORD},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise PermissionError(done.stderr.strip())
        return done.stdout.strip()

    def database(self) -> str:
        """Create an empty database and return its name."""
        name = f"ledger_{next(_NUMBERS)}"
        self.sql(f"CREATE DATABASE {name} ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0")
        return name

    def copy(self, database: str, name: str = "") -> str:
        """Make database ``name``, or a new one, a copy of ``database``, and return its name."""
        name = name or f"ledger_{next(_NUMBERS)}"
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        # The server may not have noticed yet that a client ended, and copies no database that has one.
        self.sql(
            f"SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '{database}'"  # noqa: S608 - a name
        )
        self.sql(f"CREATE DATABASE {name} TEMPLATE {database}")
        return name


def programs() -> Path | None:
    """Return the folder of the newest server's programs, or None."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    found = shutil.which("postgres")
    return debian[-1].parent if debian else Path(found).parent if found else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for the whole session; it ends with it."""
    folder = programs()
    if folder is None:
        pytest.skip(ABSENT)
    identity = _identity()
    with tempfile.TemporaryDirectory(prefix="medicore-pg-") as name:
        place = Path(name)
        (place / "password").write_text(PASSWORD)
        for path in (place, place / "password"):
            os.chown(path, identity.get("user", -1), identity.get("group", -1))
        subprocess.run(
            [folder / "initdb", "-D", place / "data", "-U", "keeper", "--auth=scram-sha-256", "-E", "UTF8",
             "--locale=C", f"--pwfile={place / 'password'}"],
            cwd=place, check=True, capture_output=True, **identity,
        )  # fmt: skip
        port = _start(folder, place)
        # The shell reads until this process closes the pipe or is killed, then stops the server at once: none stays behind.
        with subprocess.Popen(
            ["/bin/sh", "-c", 'read -r _; kill -QUIT "$(head -n 1 "$1")"', "sh", place / "data" / "postmaster.pid"],
            stdin=subprocess.PIPE, **identity,
        ) as watch:  # fmt: skip
            try:
                yield Server(folder, place, port)
            finally:
                watch.communicate()
                for process in _STARTED:
                    process.wait(timeout=60)


def _identity() -> dict[str, Any]:
    """Return as whom the server runs: it refuses root, and Debian's package brings the user postgres."""
    if os.geteuid() != 0:
        return {}
    known = {user.pw_name: user for user in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _start(folder: Path, place: Path) -> int:
    """Return the port of the server, which answers there; another port is tried when somebody was faster."""
    for _ in range(5):
        with socket.create_server((LOOPBACK, 0)) as free:
            port: int = free.getsockname()[1]
        server = _launch(folder, place, port)
        while server.poll() is None:
            if _answers(folder, port):
                return port
            time.sleep(0.1)
    raise AssertionError(f"PostgreSQL did not start: {(place / 'log').read_text()}")


def _launch(folder: Path, place: Path, port: int) -> "subprocess.Popen[bytes]":
    """Start the server; it ends by itself when another one works in its folder."""
    with (place / "log").open("ab") as stream:
        _STARTED.append(
            subprocess.Popen(
                [folder / "postgres", "-D", place / "data", "-p", str(port), "-c", f"listen_addresses={LOOPBACK}",
                 "-c", "unix_socket_directories="],
                cwd=place, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, **_identity(),
            )
        )  # fmt: skip
    return _STARTED[-1]


def _answers(folder: Path, port: int) -> bool:
    """Return whether the server takes connections."""
    ready = [str(folder / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(port)]
    return subprocess.run(ready, check=False).returncode == 0
