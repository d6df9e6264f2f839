"""The month of eight studies of 5,000 patients: in one process, and through a worker; and where the time goes."""

import base64
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.project import founded, medicore, timed
from flows.serving.password import password_file
from flows.serving.server import free_port

PATTERN, MONTH = "MED-2024-0212", "2026-12"
STUDIES = tuple(f"TEST-MONTH{number}" for number in range(1, 9))
TARGET = 60.0
"""Seconds of the wall, for the month in one process."""

_LIMIT_S = 1800.0
_NOTE = (
    "Eight studies, each with the protocol and the 5,000 patients of one that has recruited all: 1,000 bootstrap "
    "replicates, all planned analyses, the report as PDF, a sealed record. Seconds of the wall; start of interpreter and "
    "Prefect server are in them. Through the worker, eight requests that were signed before are posted at once, and each "
    "is a process of its own."
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Patients per study (exported), seconds of both ways, and of the first the seconds by part over all studies."""

    patients: int
    in_process: float
    by_worker: float
    parts: Mapping[str, float]


def month() -> Measured:
    """Return how long the month takes, in a scratch folder."""
    with tempfile.TemporaryDirectory(prefix="medicore-month-") as scratch:
        root, home = Path(scratch) / "project", Path(scratch) / "state"
        source = Path(__file__).resolve().parent.parent / "studies" / f"{PATTERN}.yaml"
        text = source.read_text(encoding="utf-8")
        founded(root, home, {study: text.replace(PATTERN, study) for study in STUDIES})
        patients = _deliver(root, home)
        taken = timed(root, home, "portfolio", MONTH, *STUDIES, "--as", "analyst").wall
        parts = _parts(root, home)
        asked = {
            study: json.loads(medicore(root, home, "request", study, MONTH, "--as", "analyst", "--print"))
            for study in STUDIES
        }
        with _served(root, home) as api:
            return Measured(patients, taken, _posted(api, asked), parts)


def _deliver(root: Path, home: Path) -> int:
    """Deliver the same export to every study, and return the number of its patients."""
    medicore(root, home, "edc", "deliver", MONTH, PATTERN)
    inbox = home / "inbox"
    manifest = json.loads((inbox / PATTERN / MONTH / "transfer.json").read_text(encoding="utf-8"))
    (file,) = manifest["files"]
    data = (inbox / PATTERN / MONTH / "raw" / file["name"]).read_bytes()
    for study in STUDIES:
        folder = inbox / study / MONTH
        (folder / "raw").mkdir(parents=True)
        (folder / "raw" / file["name"]).write_bytes(data)
        (folder / "transfer.json").write_text(json.dumps({**manifest, "source": study}), encoding="utf-8")
    return int(file["rows"])


def _parts(root: Path, home: Path) -> dict[str, float]:
    """Return the seconds that the ledger's events of the runs lie apart, by the event at which they end."""
    found: dict[str, float] = {}
    for study in STUDIES:
        events = json.loads(medicore(root, home, "history", f"{study}/{MONTH}/1", "--json"))
        if events[-2]["action"] != "run.sealed":
            raise RuntimeError(f"the run of {study} ended with {events[-1]['action']}; expected a sealed one")
        for earlier, event in itertools.pairwise(events):
            passed = datetime.fromisoformat(event["at"]) - datetime.fromisoformat(earlier["at"])
            found[event["action"]] = found.get(event["action"], 0.0) + passed.total_seconds()
    return found


@contextmanager
def _served(root: Path, home: Path) -> Iterator[tuple[str, str]]:
    """Serve the project with its worker on a free port, and yield the address of the Prefect API and its password."""
    port = free_port()
    environment = {**os.environ, "MEDICORE_HOME": str(home), "PREFECT_WORKER_QUERY_SECONDS": "1"}
    with subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "medicore", "serve", "--port", str(port), "--console-port", "0"],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            if server.stdout is None or not server.stdout.readline():
                raise RuntimeError("the server did not start")
            yield (
                f"http://127.0.0.1:{port}/api",
                password_file(home, port).read_text(encoding="utf-8").strip(),
            )
        finally:
            server.send_signal(signal.SIGINT)


def _posted(api: tuple[str, str], asked: Mapping[str, Any]) -> float:
    """Post the requests, and return the seconds until every flow run has ended."""
    started = time.monotonic()
    deployment = _ask(api, "deployments/name/analysis/study")["id"]
    path = f"deployments/{deployment}/create_flow_run"
    runs = [_ask(api, path, body)["id"] for body in asked.values()]
    while time.monotonic() - started < _LIMIT_S:
        states = [_ask(api, f"flow_runs/{run}")["state"]["type"] for run in runs]
        if all(state in {"COMPLETED", "FAILED", "CRASHED"} for state in states):
            if set(states) != {"COMPLETED"}:
                raise RuntimeError(f"flow runs ended as {states}")
            return time.monotonic() - started
        time.sleep(1)
    raise RuntimeError(f"flow runs did not end: {states}")


def _ask(api: tuple[str, str], path: str, body: object = None) -> dict[str, Any]:
    url, password = api
    data = None if body is None else json.dumps(body).encode()
    known = f"Basic {base64.b64encode(password.encode()).decode()}"
    headers = {"Content-Type": "application/json", "Authorization": known}
    request = urllib.request.Request(f"{url}/{path}", data, headers)  # noqa: S310 - loopback
    for _ in range(30):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
                found: dict[str, Any] = json.loads(answer.read())
                return found
        except TimeoutError:
            continue
        except urllib.error.HTTPError as error:
            if error.code != 503:  # what Prefect answers while others hold its SQLite file
                raise
            error.close()
            time.sleep(1)
    raise RuntimeError("the Prefect server stayed busy")


def page(found: Measured) -> str:
    """Return the tables, with the target."""
    verdict = "met" if found.in_process <= TARGET else "NOT MET"
    apart = sum(found.parts.values())
    parts = {**found.parts, "start, end and the rest": found.in_process - apart}
    lines = ["# The month\n", f"{_NOTE}\n", f"{len(STUDIES)} studies of {found.patients:,} patients.\n"]
    lines += ["| | seconds | target | |", "|---|--:|--:|---|"]
    lines.append(f"| `portfolio`, one process | {found.in_process:.1f} | {TARGET:.0f} | {verdict} |")
    lines.append(f"| eight requests through the worker | {found.by_worker:.1f} | | |")
    lines += ["\n| in one process, all studies, up to | seconds | share |", "|---|--:|--:|"]
    for name, seconds in sorted(parts.items(), key=lambda part: -part[1]):
        lines.append(f"| `{name}` | {seconds:.1f} | {seconds / found.in_process:.0%} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print."""
    sys.stdout.write(page(month()))
