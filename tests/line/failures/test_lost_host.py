"""A host of the fleet is lost with its worker and its run: the server's automations begin the run again on another."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.conftest import Project, found_project
from tests.line.ended_run import require_one_record
from tests.line.worker import Server, signed_request, tree
from tests.server import a_server
from tests.session import PASSWORD
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.prepared_study import MONTH, prepare

STUDY = faulty.sound().study
RUN = f"{STUDY}/{MONTH}/1"
PATIENCE = ("--limit", "2", "--heartbeat", "3", "--silence", "20", "--pending", "60")


@contextmanager
def worker(project: Project, server: Server, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a worker as docs/operate.md says, on a host that shares the state folder."""
    command = [sys.executable, "-m", "flows.serving.worker", "medicore", "--limit", "2", "--heartbeat", "3"]
    quick = {"PYTHONPATH": str(project.root), "PREFECT_WORKER_QUERY_SECONDS": "1"}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            cwd=project.root,
            env=project.surroundings(**server.environment, **quick),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            yield process
        finally:
            for number in tree(process.pid) if process.poll() is None else ():
                with suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)


@pytest.mark.deep
def test_a_lost_host_holds_up_nobody(tmp_path: Path, prefect_url: str) -> None:
    """``kill -9`` of worker and flow process: with no hand work the run goes on elsewhere, under its number and by its signature, to one record (FAULTS 65)."""
    project = found_project(tmp_path / "fleet", prefect_url)
    prepare(project, faulty.sound())
    with a_server(tmp_path / "server") as (url, number):
        server = Server(url, PASSWORD, number)
        where = server.environment
        made = project.medicore("fleet", "setup", *PATIENCE, "--json", **where).json()["changed"]
        assert len(made) == 3
        assert project.medicore("fleet", "setup", *PATIENCE, "--json", **where).json()["changed"] == []
        (part,) = [
            part
            for part in project.medicore("doctor", "--json", expected=9, **where).json()
            if part["subject"] == "fleet"
        ]
        assert (part["healthy"], "after 20 s of silence" in part["found"]) == (True, True)
        deploy = ["-m", "prefect", "--no-prompt", "deploy", "--name", "study"]
        around = project.surroundings(**where, PYTHONPATH=str(project.root))
        subprocess.run(
            [sys.executable, *deploy], cwd=project.root, env=around, check=True, capture_output=True
        )
        with worker(project, server, tmp_path / "first.log") as first:
            asked = server.send("analysis/study", signed_request(project, STUDY, MONTH))
            while not project.events(RUN):
                assert first.poll() is None, (tmp_path / "first.log").read_text()
                time.sleep(0.1)
            for process in tree(first.pid):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        assert "run.sealed" not in [event["action"] for event in project.events(RUN)], (
            "the run was to be cut off"
        )
        assert server.ask(f"flow_runs/{asked}")["state"]["type"] == "RUNNING", "nobody has told the server"
        with worker(project, server, tmp_path / "second.log"):
            state = server.ended(asked)
    assert (state["type"], state["message"]) == ("COMPLETED", f"{RUN} is candidate")
    require_one_record(project, RUN)
    first_event, second = (
        event for event in project.events(RUN) if event["action"] in {"run.requested", "run.resumed"}
    )
    assert [first_event["actor"], second["actor"]] == ["analyst", "analyst"]
    assert first_event["details"]["envelope"] == second["details"]["envelope"], "one signature"
