"""A project that is served with its worker and deployments, and the server's REST interface."""

import base64
import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flows.serving.password import password_file
from flows.serving.server import free_port
from tests.conftest import Project
from tests.session import QUIET, lay_prefect_tables

LIMIT_S = 600.0
ENDS = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})


@dataclass(frozen=True)
class Server:
    """A Prefect server's REST interface, which wants its user and password."""

    url: str
    credentials: str
    process: int

    @property
    def environment(self) -> dict[str, str]:
        """What a client of the server has in its environment."""
        return {"PREFECT_API_URL": self.url, "PREFECT_API_AUTH_STRING": self.credentials}

    def ask(
        self, path: str, body: object = None, credentials: str | None = None, method: str | None = None
    ) -> Any:
        """Return the answer to a GET, or to a POST when there is a body; asked again while the server says 503 or is away.

        The first is what Prefect answers, with ``Retry-After``, when others hold its SQLite file; nothing was done then.
        """
        data = None if body is None else json.dumps(body).encode()
        known = base64.b64encode((credentials or self.credentials).encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {known}"}
        request = urllib.request.Request(f"{self.url}/{path}", data, headers, method=method)  # noqa: S310 - loopback
        limit = time.monotonic() + LIMIT_S
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > limit:
                    raise
            except OSError:
                if time.monotonic() > limit:
                    raise
            time.sleep(1)

    def deployment(self, name: str) -> str:
        """Return the identifier of a deployment."""
        return str(self.ask(f"deployments/name/{name}")["id"])

    def send(self, deployment: str, request: object, commit: str | None = None) -> str:
        """Ask a deployment for a run, of a ``commit`` where it clones one, as an analyst's own program would."""
        path = f"deployments/{self.deployment(deployment)}/create_flow_run"
        body: dict[str, Any] = {"parameters": {"request": request}}
        if commit is not None:
            body["job_variables"] = {"commit": commit}
        return str(self.ask(path, body)["id"])

    def trigger(self, deployment: str, request: object, commit: str | None = None) -> dict[str, Any]:
        """Ask a deployment for a run, and return how the flow run ended."""
        return self.ended(self.send(deployment, request, commit))

    def ended(self, flow_run: str, ends: frozenset[str] = ENDS) -> dict[str, Any]:
        """Return the state in which a flow run ends, once it is one of these."""
        limit = time.monotonic() + LIMIT_S
        while time.monotonic() < limit:
            state: dict[str, Any] = self.ask(f"flow_runs/{flow_run}")["state"]
            if state["type"] in ends:
                return state
            time.sleep(1)
        raise AssertionError(f"flow run {flow_run} did not end within {LIMIT_S:.0f} s: {state}")

    def artifacts(self, flow_run: str) -> dict[str, Any]:
        """Return the artifacts of a flow run by their key."""
        wanted = {"artifacts": {"flow_run_id": {"any_": [flow_run]}}}
        return {found["key"]: found for found in self.ask("artifacts/filter", wanted) if found["key"]}

    def assets(self, prefix: str, last: str) -> dict[str, dict[str, Any]]:
        """Return the latest event of each asset that came to be and whose key begins so, by key.

        Events reach the server's store a little after the flow run has ended: asked again until that of ``last`` came.
        """
        kinds = {"prefix": ["prefect.asset.materialization"]}
        wanted = {
            "filter": {"event": kinds, "resource": {"id_prefix": [prefix]}, "order": "ASC"},
            "limit": 50,
        }
        limit = time.monotonic() + LIMIT_S
        while time.monotonic() < limit:
            events = self.ask("events/filter", wanted)["events"]
            found = {event["resource"]["prefect.resource.id"]: event for event in events}
            if last in found:
                return found
            time.sleep(1)
        raise AssertionError(f"no event of {last} within {LIMIT_S:.0f} s: {sorted(found)}")

    def flow_runs(self, deployment: str) -> list[dict[str, Any]]:
        """Return a deployment's flow runs, the latest first."""
        wanted = {"deployments": {"id": {"any_": [self.deployment(deployment)]}}}
        found: list[dict[str, Any]] = self.ask(
            "flow_runs/filter", {**wanted, "sort": "EXPECTED_START_TIME_DESC"}
        )
        return found


def refusal(error: urllib.error.HTTPError) -> tuple[int, str]:
    """Return status and text of an answer that refuses."""
    return error.code, error.read().decode()


def signed_request(project: Project, study: str, month: str, *more: str) -> dict[str, Any]:
    """Return a request as ``medicore request --print`` prints it for the REST interface."""
    body = project.medicore("request", study, month, "--as", "analyst", "--print", *more).json()
    found: dict[str, Any] = body["parameters"]["request"]
    return found


def children(process: int) -> list[int]:
    """Return the processes that a process has started, from whichever of its threads."""
    return [
        int(child)
        for place in Path(f"/proc/{process}/task").glob("*/children")
        for child in place.read_text().split()
    ]


@contextmanager
def serving(project: Project) -> Iterator[tuple[Server, "subprocess.Popen[str]"]]:
    """Serve the project with ``medicore serve``; it is ended here where the test has not done so."""
    port = free_port()
    if not (project.home / "prefect" / "prefect.db").exists():
        lay_prefect_tables(project.home)
    with project.start(
        "serve",
        "--port",
        str(port),
        PYTHONPATH=str(project.root),
        PREFECT_WORKER_QUERY_SECONDS="2",
        PREFECT_API_URL="",
        **QUIET,
    ) as process:
        try:
            assert process.stdout is not None
            told = process.stdout.readline()
            assert told.startswith("Prefect UI: "), (
                told + (project.home / "prefect" / "worker.log").read_text()
            )
            credentials = password_file(project.home, port).read_text().strip()
            yield Server(f"http://127.0.0.1:{port}/api", credentials, process.pid), process
        finally:
            process.terminate()


@contextmanager
def working(project: Project) -> Iterator[Server]:
    """Serve the project, and stop that as Ctrl-C does."""
    with serving(project) as (server, process):
        try:
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            _, trouble = process.communicate(timeout=60)
        assert process.returncode == 0, trouble
