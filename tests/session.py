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
"""What looks every few seconds for deployments, workers and automations, of which the session's server has none."""
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


def _start_prefect(folder: Path) -> str:
    # Several may share this machine, and nobody waits at a terminal.
    script = (
        "import os, select, sys\nsys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\nfrom flows.serving import server\n"
        "server._START_LIMIT_S = 600.0\nsession = os.pidfd_open(int(sys.argv[2]))\n"
        "with server.attended_server(Path(sys.argv[3])) as (url, _):\n"
        "    print(url, flush=True)\n    select.select([session], [], [])\n"
    )
    last = os.getppid() if _one_of_several() else os.getpid()
    environment = {key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"}
    environment |= {"PREFECT_SERVER_API_AUTH_STRING": PASSWORD}
    environment |= {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _IDLE}
    words, told = os.pipe()
    # Nobody here waits for its end: whoever starts it may end before others who use it.
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", script, str(ROOT), str(last), str(folder)],
        environment,
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, told, 1)],
    )
    os.close(told)
    with os.fdopen(words) as lines:
        url = lines.readline().strip()
    assert url.startswith("http://127.0.0.1:"), "the Prefect server did not start"
    with (
        contextlib.closing(sqlite3.connect(folder / "prefect" / "prefect.db")) as working,
        contextlib.closing(sqlite3.connect(folder / "empty.db")) as empty,
    ):
        working.backup(empty)
    return url


def _one_of_several() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Let one process at a time do what follows."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
