"""Whoever reaches Prefect's API, without its password or with it, has nothing foreign executed as the service."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project, found_project
from tests.line.conftest import REFERENCE
from tests.line.told import about
from tests.line.worker import LIMIT_S, Server, refusal, working

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


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own, whose service is attacked."""
    return found_project(tmp_path_factory.mktemp("attacked"), prefect_url)


@pytest.fixture(scope="module")
def server(project: Project) -> Iterator[Server]:
    """The project's deployments, with a worker."""
    with working(project) as served:
        yield served


@pytest.fixture
def foreign(tmp_path: Path) -> dict[str, Any]:
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


def test_without_the_password_nothing_is_answered(server: Server, project: Project) -> None:
    """Any user of this machine reads and posts nothing, neither without a password nor with a wrong one (FAULTS 79)."""
    for path in ("deployments/filter", "flow_runs/filter", "work_pools/filter", "block_documents/filter"):
        request = urllib.request.Request(f"{server.url}/{path}", b"{}")  # noqa: S310 - loopback
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)  # noqa: S310 - loopback
        assert refusal(refused.value)[0] == 401
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.ask(path, {}, credentials="medicore:a guess")
        assert refusal(refused.value)[0] == 401
    assert counted(project, "401 POST work_pools") > 0


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


def test_the_password_is_in_its_file_alone(server: Server, project: Project) -> None:
    """No log, no database of Prefect and no argument of a process holds it; the file is its owner's alone."""
    word = server.credentials.partition(":")[2].encode()
    port = server.url.split(":")[2].partition("/")[0]
    held = [path for path in project.home.rglob("*") if path.is_file() and word in path.read_bytes()]
    assert held == [project.home / "prefect" / f"password.{port}"]
    assert held[0].stat().st_mode & 0o777 == 0o600
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            told = process.read_bytes()
        except OSError:  # it has ended
            continue
        assert word not in told


def test_job_variables_are_refused_by_server_and_worker(
    server: Server, project: Project, foreign: dict[str, Any], tmp_path: Path
) -> None:
    """Command, environment and working directory are refused by the pool's template, and by the worker without it (FAULTS 79)."""
    path = f"deployments/{server.deployment('lateness/daily')}/create_flow_run"
    analysis = f"deployments/{server.deployment('analysis/study')}/create_flow_run"
    asked = {"request": {"study": REFERENCE, "requester": "analyst", "reason": "Monthly run"}}
    for name, value in foreign.items():
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.ask(analysis, {"job_variables": {name: value}, "parameters": asked})
        code, text = refusal(refused.value)
        assert (code, f"'{name}' was unexpected" in text) == (422, True)
    with rewritten(server, TEMPLATE):
        sent = {
            name: server.ask(analysis, {"job_variables": {name: value}, "parameters": asked})["id"]
            for name, value in foreign.items()
        }
        for name, flow_run in sent.items():
            reason = f"it gives the job variable '{name}'; expected none"
            require_refused(server, project, flow_run, reason, claimed="analyst")
    defaults = json.loads(json.dumps(TEMPLATE))
    for name in ("command", "env", "working_dir"):
        defaults["variables"]["properties"][name]["default"] = foreign[name]
    with rewritten(server, defaults):
        state = server.ended(server.ask(path, {})["id"])
    told = ("COMPLETED", "0 month(s) became late")
    assert (state["type"], state["message"]) == told, "our own flow was executed"
    assert not (tmp_path / "trace").exists()


def test_foreign_deployments_are_refused(server: Server, project: Project, tmp_path: Path) -> None:
    """A deployment of somebody's own, one of ours that was changed, and a flow run without one execute nothing (FAULTS 79)."""
    (tmp_path / "evil.py").write_text(CODE.format(str(tmp_path / "trace")))
    evil = {
        "work_pool_name": "medicore",
        "entrypoint": str(tmp_path / "evil.py:evil"),
        "pull_steps": [shell(tmp_path)],
    }
    flow = server.ask("flows/", {"name": "evil"})["id"]
    made = server.ask("deployments/", {**evil, "name": "evil", "flow_id": flow})["id"]
    asked = server.ask(f"deployments/{made}/create_flow_run", {})["id"]
    require_refused(server, project, asked, "its deployment 'evil/evil' is unknown; expected")
    ours = server.ask("deployments/name/surveillance/weekly")
    server.ask("deployments/", {**evil, "name": "weekly", "flow_id": ours["flow_id"]})
    asked = server.ask(f"deployments/{ours['id']}/create_flow_run", {})["id"]
    require_refused(
        server, project, asked, "the entrypoint of its deployment 'surveillance/weekly' was changed to "
    )
    alone = {"flow_id": flow, "work_pool_name": "medicore", "state": {"type": "SCHEDULED"}}
    require_refused(server, project, server.ask("flow_runs/", alone)["id"], "it has no deployment; expected")
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    ("commit", "reason"),
    [
        ("a" * 40, "commit aaaaaaaaaa"),
        ("main", "its job variable 'commit' is 'main'; expected 40"),
        (None, "its job variable 'commit' is None; expected 40"),
    ],
)
def test_a_commit_is_forty_digits_of_this_repository(
    server: Server, project: Project, commit: str | None, reason: str
) -> None:
    """A commit that the repository lacks, or a word that is none, is refused without a clone being executed."""
    with rewritten(server, {}):
        asked = server.send("replay/commit", {"run": "REF-NHEFS/2025-03/1"}, commit)
        require_refused(server, project, asked, reason)


def test_an_open_state_folder_is_not_served(project: Project) -> None:
    """While others may look into the state folder, ``serve`` does not begin, and ``doctor`` says what to do."""
    project.home.chmod(0o755)
    try:
        answer = project.medicore("serve", expected=9)
        (told,) = answer.err.splitlines()
        assert "state has mode 0755, so that other users may look into it; expected 0700: 'chmod 700" in told
        found = project.medicore("doctor", "--json", expected=9).json()
    finally:
        project.home.chmod(0o700)
    (part,) = [part for part in found if part["subject"] == "permissions"]
    assert not part["healthy"]
