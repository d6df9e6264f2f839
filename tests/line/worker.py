"""A project that is served with its worker and deployments, and the server's REST interface."""

import base64
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flows.serving.password import password_file
from flows.serving.server import free_port
from medicore.stores.clock import SystemClock
from tests.conftest import Project
from tests.session import QUIET, lay_prefect_tables

LIMIT_S = 600.0
ENDS = frozenset({"COMPLETED", "PAUSED", "FAILED", "CRASHED", "CANCELLED"})


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

    @contextmanager
    def scheduled(self, deployment: str, parameters: dict[str, Any]) -> Iterator[str]:
        """Yield the flow run of a daily schedule, which is gone afterwards; one whose moment passed meanwhile is set again."""
        place = f"deployments/{self.deployment(deployment)}"
        for wait in (2, 10, 60):
            anchor = SystemClock().now() + timedelta(seconds=wait)
            schedule = {"interval": 86400, "anchor_date": anchor.isoformat()}
            asked = [{"active": True, "schedule": schedule, "parameters": parameters}]
            (made,) = self.ask(f"{place}/schedules", asked)
            try:
                # What the server's scheduler does every minute, now.
                self.ask(f"{place}/schedule", {"min_runs": 1, "max_runs": 1, "min_time": 1})
                limit = anchor + timedelta(hours=1)
                for run in self.flow_runs(deployment):
                    if run["auto_scheduled"] and datetime.fromisoformat(run["expected_start_time"]) < limit:
                        yield run["id"]
                        return
            finally:
                self.ask(f"{place}/schedules/{made['id']}", method="DELETE")
        raise AssertionError("the server scheduled no run for the near moment")


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
        "--console-port",
        "0",
        PYTHONPATH=str(project.root),
        PREFECT_WORKER_QUERY_SECONDS="2",
        PREFECT_API_URL="",
        **QUIET,
    ) as process:
        try:
            assert process.stdout is not None
            told = process.stdout.readline()
            log = project.home / "prefect" / "worker.log"  # there is none where the server did not start
            assert told.startswith("Prefect UI: "), told + (log.read_text() if log.exists() else "no worker")
            credentials = password_file(project.home, port).read_text().strip()
            yield Server(f"http://127.0.0.1:{port}/api", credentials, process.pid), process
        finally:
            process.terminate()


def tree(process: int) -> list[int]:
    """Return a process with all that came from it."""
    return [process, *(number for child in children(process) for number in tree(child))]


@dataclass
class Service:
    """A project's service, which is served again after a power cut."""

    project: Project
    server: Server
    process: "subprocess.Popen[str]"
    stack: ExitStack

    def cut_off(self) -> None:
        """End server, worker and runs in an instant, as a power cut does, and serve the project again."""
        for number in tree(self.process.pid):
            with suppress(ProcessLookupError):  # git, as a run calls it, has ended by itself meanwhile
                os.kill(number, signal.SIGKILL)
        self.process.communicate()
        self.server, self.process = self.stack.enter_context(serving(self.project))


@contextmanager
def service(project: Project) -> Iterator[Service]:
    """Serve the project, and stop that as Ctrl-C does."""
    with ExitStack() as stack:
        served = Service(project, *stack.enter_context(serving(project)), stack)
        try:
            yield served
        finally:
            served.process.send_signal(signal.SIGINT)
            _, trouble = served.process.communicate(timeout=60)
        assert served.process.returncode == 0, trouble
