"""A PostgreSQL server of the tests' own: in a temporary folder, on a free port of the loopback address, with passwords."""

import os
import pwd
import shutil
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


@dataclass(frozen=True)
class Server:
    """A running server: the folder of its programs and its port on the loopback address."""

    programs: Path
    port: int

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
        process, port = _start(folder, place, identity)
        # The shell reads until this process closes the pipe or is killed, then stops the server at once: none stays behind.
        with subprocess.Popen(
            ["/bin/sh", "-c", 'read -r _; kill -QUIT "$1"', "sh", str(process.pid)],
            stdin=subprocess.PIPE, **identity,
        ) as watch:  # fmt: skip
            try:
                yield Server(folder, port)
            finally:
                watch.communicate()
                process.wait(timeout=60)


def _identity() -> dict[str, Any]:
    """Return as whom the server runs: it refuses root, and Debian's package brings the user postgres."""
    if os.geteuid() != 0:
        return {}
    known = {user.pw_name: user for user in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _start(folder: Path, place: Path, identity: dict[str, Any]) -> "tuple[subprocess.Popen[bytes], int]":
    """Return the server, answering, and its port; another port is tried when somebody was faster."""
    log = place / "log"
    for _ in range(5):
        with socket.create_server((LOOPBACK, 0)) as free:
            port: int = free.getsockname()[1]
        with log.open("wb") as stream:
            server = subprocess.Popen(
                [folder / "postgres", "-D", place / "data", "-p", str(port), "-c", f"listen_addresses={LOOPBACK}",
                 "-c", "unix_socket_directories="],
                cwd=place, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, **identity,
            )  # fmt: skip
        while server.poll() is None:
            ready = [folder / "pg_isready", "-q", "-h", LOOPBACK, "-p", str(port)]
            if subprocess.run(ready, check=False).returncode == 0:
                return server, port
            time.sleep(0.1)
    raise AssertionError(f"PostgreSQL did not start: {log.read_text()}")
