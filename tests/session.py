"""What the processes of one test session share: things that are made once, and the Prefect server."""

import contextlib
import fcntl
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_IDLE = (
    "SCHEDULER",
    "LATE_RUNS",
    "CANCELLATION_CLEANUP",
    "FOREMAN",
    "PAUSE_EXPIRATIONS",
    "TRIGGERS",
)
"""What looks every few seconds for deployments, workers and automations, for which no test waits."""
QUIET = {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _IDLE}
"""The environment of a server without them: they take as much of a processor as the tests do."""
_UNREAD = {
    f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in ("EVENT_PERSISTER", "TASK_RUN_RECORDER")
}
"""The session's server stores neither events nor task runs, half of its work for a flow run: no test reads them there."""
_PLACE: list[Path] = []
PASSWORD = "tests:a word of the tests"
"""User and password of the session's server."""


def begin(own: Path) -> None:
    """Take note of the temporary folder of this process; under xdist it lies in that of the session."""
    _PLACE[:] = [own.parent if _one_of_several() else own]


def once(name: str, build: Callable[[Path], Any]) -> Any:
    """Return what ``build`` tells, as JSON holds it, of what it made in the folder that it was given.

    Whoever is first builds; the others wait for it, and find the same.
    """
    (place,) = _PLACE
    folder, told = place / name, place / f"{name}.json"
    with _only_one(place / f"{name}.lock"):
        if not told.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            told.write_text(json.dumps(build(folder)))
        return json.loads(told.read_text())


def prefect_url() -> str:
    """Return the address of the session's Prefect server, which ends when the session does, however that comes."""
    return str(once("prefect", _start_prefect))


def lay_prefect_tables(home: Path) -> None:
    """Give a state folder the database of a Prefect server that has done nothing yet: to make one takes seconds."""
    prefect_url()
    (home / "prefect").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_PLACE[0] / "prefect" / "empty.db", home / "prefect" / "prefect.db")


_PREFECT = """
from pathlib import Path
from flows.serving import server

server._START_LIMIT_S = 600.0
with server.attended_server(Path(sys.argv[3])) as (url, _):
    print(url, flush=True)
    select.select([session], [], [])
"""


def _start_prefect(folder: Path) -> str:
    # Several may share this machine, and nobody waits at a terminal.
    environment = {"PREFECT_API_URL": None, "PREFECT_SERVER_API_AUTH_STRING": PASSWORD, **QUIET, **_UNREAD}
    url = served(_PREFECT, str(folder), **environment)
    with (
        contextlib.closing(sqlite3.connect(folder / "prefect" / "prefect.db")) as working,
        contextlib.closing(sqlite3.connect(folder / "empty.db")) as empty,
    ):
        working.backup(empty)
    return url


def served(script: str, *arguments: str, **environment: str | None) -> str:
    """Return the address that a server prints, which serves this session; None takes a variable from its environment.

    The script finds in ``session`` what it waits for with ``select``: the end of the session, however that comes.
    """
    head = (
        "import os, select, sys\nsys.path.insert(0, sys.argv[1])\nsession = os.pidfd_open(int(sys.argv[2]))\n"
    )
    last = os.getppid() if _one_of_several() else os.getpid()
    given = {**os.environ, **environment}
    words, told = os.pipe()
    # Nobody here waits for its end: whoever starts it may end before others who use it.
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", head + script, str(ROOT), str(last), *arguments],
        {name: value for name, value in given.items() if value is not None},
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, told, 1)],
    )
    os.close(told)
    with os.fdopen(words) as lines:
        url = lines.readline().strip()
    assert url.startswith("http://127.0.0.1:"), "the server did not start"
    return url


def _one_of_several() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Let one process at a time do what follows."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
