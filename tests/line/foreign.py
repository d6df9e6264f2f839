"""What somebody who reaches Prefect's API tries to have executed as the service, and how it is refused."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import Project
from tests.line.told import about
from tests.line.worker import LIMIT_S, Server

TEMPLATE = {
    "job_configuration": {"command": "{{ command }}", "env": "{{ env }}", "working_dir": "{{ working_dir }}"},
    "variables": {
        "type": "object",
        "properties": {
            "command": {"type": "string"},
            "env": {"type": "object"},
            "working_dir": {"type": "string"},
        },
    },
}
CODE = "from pathlib import Path\nPath({!r}).touch()\n"


def foreign_variables(tmp_path: Path) -> dict[str, Any]:
    """Job variables that execute an attacker's code, each in a way of its own; what is executed leaves a trace."""
    packages = tmp_path / "packages"
    for package in ("flows", "medicore", "prefect"):
        (packages / package).mkdir(parents=True)
        (packages / package / "__init__.py").write_text(CODE.format(str(tmp_path / "trace")))
    return {
        "command": f"touch {tmp_path / 'trace'}",
        "env": {"PYTHONPATH": str(packages)},
        "env.PYTHONPATH": str(packages),
        "working_dir": str(packages),
    }


def shell(folder: Path) -> dict[str, Any]:
    """Return a pull step that executes a command."""
    return {"prefect.deployments.steps.run_shell_script": {"script": f"touch {folder / 'trace'}"}}


@contextmanager
def rewritten(server: Server, template: dict[str, Any]) -> Iterator[None]:
    """Let the pool's job template be another for a while, as anyone with the password may."""
    before = server.ask("work_pools/medicore")["base_job_template"]
    server.ask("work_pools/medicore", {"base_job_template": template}, method="PATCH")
    try:
        yield
    finally:
        server.ask("work_pools/medicore", {"base_job_template": before}, method="PATCH")


def require_refused(
    server: Server, project: Project, flow_run: str, reason: str, claimed: str = "nobody"
) -> None:
    """Assert that a flow run was refused, and that its state, one line of the worker's log and one event of the ledger say why."""
    state = server.ended(flow_run)
    assert (state["type"], state["name"]) == ("CRASHED", "Refused"), state["message"]
    assert state["message"].startswith(f"flow run {flow_run} is refused: {reason}")
    log = (project.home / "prefect" / "worker.log").read_text()
    assert [line for line in log.splitlines() if line.endswith(state["message"])]
    told = [event for event in about(project, "requests") if event["details"].get("flow_run") == flow_run]
    assert [(event["action"], event["actor"], event["reason"]) for event in told] == [
        ("run.refused", "medicore", state["message"])
    ]
    assert told[0]["details"].get("claimed") == claimed
    assert "/packages" not in json.dumps(told[0]["details"])
    assert server.ask(f"flow_runs/{flow_run}")["name"].endswith("refused")


def counted(project: Project, kind: str) -> int:
    """Return how many requests of a kind the ledger says were refused, once it says so; it is told once a minute."""
    limit = time.monotonic() + LIMIT_S
    while time.monotonic() < limit:
        told = [
            event["details"]["counts"]
            for event in about(project, "requests")
            if event["action"] == "service.refused"
        ]
        if any(kind in counts for counts in told):
            return sum(counts.get(kind, 0) for counts in told)
        time.sleep(1)
    return 0
