"""A project that is served with its worker and deployments, and the server's REST interface."""

import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tests.conftest import Project

LIMIT_S = 150.0


@dataclass(frozen=True)
class Server:
    """A Prefect server's REST interface."""

    url: str

    def ask(self, path: str, body: object = None) -> Any:
        """Return the answer to a GET, or to a POST when there is a body; asked again while the server says 503.

        That is what Prefect answers, with ``Retry-After``, when others hold its SQLite file; nothing was done then.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/{path}", data, headers)  # noqa: S310 - loopback
        limit = time.monotonic() + LIMIT_S
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > limit:
                    raise
            time.sleep(1)

    def deployment(self, name: str) -> str:
        """Return the identifier of a deployment."""
        return str(self.ask(f"deployments/name/{name}")["id"])

    def send(self, deployment: str, request: object) -> str:
        """Ask a deployment for a run, as an analyst's own program would, and return the flow run."""
        path = f"deployments/{self.deployment(deployment)}/create_flow_run"
        return str(self.ask(path, {"parameters": {"request": request}})["id"])

    def trigger(self, deployment: str, request: object) -> dict[str, Any]:
        """Ask a deployment for a run, and return how the flow run ended."""
        return self.ended(self.send(deployment, request))

    def ended(self, flow_run: str) -> dict[str, Any]:
        """Return the state in which a flow run ends."""
        limit = time.monotonic() + LIMIT_S
        while time.monotonic() < limit:
            state: dict[str, Any] = self.ask(f"flow_runs/{flow_run}")["state"]
            if state["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}:
                return state
            time.sleep(0.5)
        raise AssertionError(f"flow run {flow_run} did not end within {LIMIT_S:.0f} s: {state}")

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


@contextmanager
def working(project: Project) -> Iterator[Server]:
    """Serve the project with ``medicore serve``, and stop it as Ctrl-C does."""
    serving = project.start("serve", PYTHONPATH=str(project.root), PREFECT_WORKER_QUERY_SECONDS="1")
    try:
        assert serving.stdout is not None
        told = serving.stdout.readline()
        assert told.startswith("Prefect UI: "), told + (project.home / "prefect" / "worker.log").read_text()
        yield Server(project.environment["PREFECT_API_URL"])
    finally:
        serving.send_signal(signal.SIGINT)
        _, trouble = serving.communicate(timeout=60)
    assert serving.returncode == 0, trouble
