"""A container of the fleet executes a flow run by the code of a commit, and nothing foreign, on a real server."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.conftest import ROOT, Project, git

STEPS = [{"flows.serving.pulling.own_code": {}}]


@flow(name="lateness")
def lateness() -> None:
    """Stand for the flow of the commit, whose name it has; it is never run."""


@pytest.fixture
def client(prefect_url: str) -> Iterator[SyncPrefectClient]:
    """A client of the session's server."""
    with temporary_settings({PREFECT_API_URL: prefect_url}), get_client(sync_client=True) as found:
        yield found


def begun(client: SyncPrefectClient, name: str, **more: Any) -> UUID:
    """Return a flow run of a deployment of this name in a pool of its own."""
    pool = client.create_work_pool(WorkPoolCreate(name=f"pool-{uuid4()}", type="process")).name
    deployment = client.create_deployment(
        flow_id=client.create_flow(lateness),
        name=name,
        work_pool_name=pool,
        entrypoint="flows/lateness.py:lateness",
        pull_steps=STEPS,
    )
    return client.create_flow_run_from_deployment(deployment, **more).id


def contained(
    project: Project, run: UUID, folder: Path, commit: str, **more: str
) -> "subprocess.CompletedProcess[str]":
    """Execute the command of the image, in a folder that is no checkout, with the product as it is installed."""
    folder.mkdir()
    given = {
        "PREFECT__FLOW_RUN_ID": str(run),
        "MEDICORE_COMMIT": commit,
        "MEDICORE_REPOSITORY": str(project.root),
        "PYTHONPATH": str(ROOT),
        **more,
    }
    return subprocess.run(
        [sys.executable, "-P", "-m", "flows.serving.container"],
        cwd=folder, env=project.surroundings(**given), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.mark.deep
def test_a_container_runs_the_code_of_its_commit(
    project: Project, client: SyncPrefectClient, tmp_path: Path
) -> None:
    """It starts from the clone of the commit that the template names, without a checkout; what is foreign is refused."""
    commit = git("rev-parse", "HEAD", folder=project.root)
    run = begun(client, "daily")
    done = contained(project, run, tmp_path / "own", commit)
    found = client.read_flow_run(run)
    assert found.state is not None, done.stderr
    assert (found.state.type.value, found.state.message) == ("COMPLETED", "0 month(s) became late"), (
        done.stderr
    )
    declared = project.root / "prefect.yaml"
    now = declared.read_text("utf-8")
    declared.write_text(
        now.replace("flows.serving.pulling.own_code", "prefect.deployments.steps.other"), "utf-8"
    )
    git("commit", "--quiet", "--all", "--message", "An earlier version", folder=project.root)
    earlier = git("rev-parse", "HEAD", folder=project.root)
    git("revert", "--no-edit", "HEAD", folder=project.root)
    run = begun(client, "daily", job_variables={"commit": earlier})
    done = contained(project, run, tmp_path / "earlier", earlier, MEDICORE_RELEASE=commit)
    found = client.read_flow_run(run)
    assert found.state is not None, done.stderr
    assert found.state.type.value == "COMPLETED", f"{found.state.message}\n{done.stderr}"
    for name, variables, wanted, said in (
        ("evil", {}, commit, "its deployment 'lateness/evil' is unknown"),
        ("daily", {"image": "evil"}, commit, "it gives the job variable 'image'; expected 'commit' alone"),
        ("daily", {}, "", "MEDICORE_COMMIT is ''; expected 40 hexadecimal digits"),
        ("daily", {}, "a" * 40, "cannot be checked out; expected one of the repository"),
    ):
        run = begun(client, name, job_variables=variables)
        done = contained(project, run, tmp_path / str(run), wanted)
        state = client.read_flow_run(run).state
        assert state is not None
        assert (done.returncode, state.name, said in str(state.message)) == (0, "Refused", True), done.stderr
    refused = project.medicore("ledger", "show", "--action", "run.refused", "--json").json()
    assert len([event for event in refused if "is refused: " in event["reason"]]) == 4
