"""Code that changes while a run waits for a human, and a service that dies while a run works."""

import os
import signal
import time
from pathlib import Path

import pytest

from medicore.cases.review.review import Decision, sign_decision
from medicore.cases.run.histories import history_of
from medicore.records.identifiers import RunId
from medicore.settings import read_settings
from medicore.wiring import open_house
from tests.command_line import as_command
from tests.conftest import PASSPHRASES, Project, found_project, git
from tests.line.ended_run import require_one_record
from tests.line.worker import children, service, signed_request
from tests.server import a_server
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.prepared_study import MONTH, prepare

WAITING, SOUND = faulty.imbalanced(), faulty.sound()
RUN = f"{WAITING.study}/{MONTH}/1"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own, with a study that halts and one that does not."""
    made = found_project(tmp_path_factory.mktemp("redeploy"), prefect_url)
    prepare(made, WAITING, SOUND)
    return made


@pytest.mark.deep
def test_a_run_goes_on_by_the_code_that_it_began_with(project: Project) -> None:
    """After an upgrade a halted run is continued by its own commit when its finding is answered, without a checkout by hand."""
    project.medicore("run", WAITING.study, MONTH, "--as", "analyst", expected=10)
    (finding,) = project.medicore("review", RUN, "--json").json()["findings"]
    began = git("rev-parse", "HEAD", folder=project.root)
    with (project.root / "README.md").open("a") as readme:
        readme.write("\nA later version.\n")
    git("commit", "--quiet", "--all", "--message", "A later version", folder=project.root)
    now = git("rev-parse", "HEAD", folder=project.root)
    signed = project.sign(RUN, "proceed", finding=finding["digest"]).json()
    assert signed["state"] == "sealed, awaiting approval"
    assert git("rev-parse", "HEAD", folder=project.root) == now, "nobody checked anything out"
    events = project.events(RUN)
    assert [event["action"] for event in events].count("run.requested") == 1
    identity = events[0]["details"]["identity"]
    assert identity["code_commit"] == began
    sealed = git("show", f"run/{RUN}.2:README.md", folder=project.home / "records.git")
    assert "A later version." not in sealed
    assert project.medicore("verify", RUN, "--json").json()[0]["failed"] == {}


@pytest.mark.deep
def test_a_worker_continues_a_run_by_the_code_that_it_began_with(project: Project) -> None:
    """After an upgrade the deployment of decisions continues a halted run by that run's commit, which nobody names."""
    month = "2025-09"
    WAITING.deliver(project, month)
    project.medicore("run", WAITING.study, month, "--as", "analyst", expected=10)
    run = RunId(WAITING.study, month, 1)
    git("commit", "--quiet", "--allow-empty", "--message", "A later version", folder=project.root)
    with as_command(project.root, project.surroundings()):
        house = open_house(read_settings())
        for finding in history_of(house, run).findings:
            decision = Decision("reviewer", "proceed", "Looked at it and found it so", finding.digest)
            sign_decision(house, run, decision, PASSPHRASES["reviewer"])
    with service(project) as served:
        state = served.server.trigger("review/decision", {"run": str(run)})
    assert (state["type"], state["message"]) == ("COMPLETED", f"{run} is candidate")
    assert project.medicore("verify", str(run), "--json").json()[0]["failed"] == {}


@pytest.mark.deep
@pytest.mark.parametrize("victim", ["worker", "server"])
def test_the_service_dies_while_a_run_works(project: Project, victim: str) -> None:
    """``kill -9`` of worker or server during a run: it is started again, the run goes on, to one record (FAULTS 65, 72)."""
    months = {"worker": ("2025-04", "2025-05"), "server": ("2025-06", "2025-07")}[victim]
    requests = []
    for month in months:
        SOUND.deliver(project, month)
        requests.append(signed_request(project, SOUND.study, month))
    run = f"{SOUND.study}/{months[0]}/1"
    word = {"worker": "flows.serving.worker", "server": "full_server.py"}[victim]
    with service(project) as served:
        server = served.server
        interrupted = server.send("analysis/study", requests[0])
        while not project.events(run):
            time.sleep(0.2)
        (killed,) = (
            pid for pid in children(server.process) if any(part.endswith(word) for part in _command(pid))
        )
        os.kill(killed, signal.SIGKILL)
        # Without its worker a run crashes at its next word, until it is begun again.
        server.ended(interrupted, frozenset({"COMPLETED"}))
        assert server.trigger("analysis/study", requests[1])["type"] == "COMPLETED"
    for month in months:
        require_one_record(project, f"{SOUND.study}/{month}/1")


@pytest.mark.deep
def test_a_server_that_never_comes_back_holds_up_nobody(project: Project, tmp_path: Path) -> None:
    """The run is sealed, the month is free at once, the command ends well and tells what Prefect lacks (FAULTS 72)."""
    SOUND.deliver(project, "2025-08")
    run = f"{SOUND.study}/2025-08/1"
    with a_server(tmp_path) as (url, process):
        asked = project.start("run", SOUND.study, "2025-08", "--as", "analyst", PREFECT_API_URL=url)
        while not project.events(run):
            time.sleep(0.2)
        os.kill(process, signal.SIGKILL)
        works = True
        while project.events(run)[-1]["action"] != "checkpoint.signed":
            assert works, project.events(run)
            works = asked.poll() is None
            time.sleep(0.5)
        again = project.medicore("run", SOUND.study, "2025-08", "--as", "analyst", "--json").json()
        _, trouble = asked.communicate()
    assert asked.returncode == 0, trouble
    said = [line for line in trouble.splitlines() if line.startswith("medicore: ")]
    assert said[0].startswith(
        f"medicore: {run} has ended, but Prefect does not show its end; 'medicore status' does ("
    )
    assert said[1].startswith("medicore: Prefect does not know how this ended (")
    assert said[2:] == ["medicore: Prefect does not show everything: its server is unreachable"]
    assert [row["run"] for row in again] == [f"{SOUND.study}/2025-08/2"], "the first had ended"
    require_one_record(project, run)


def _command(process: int) -> list[str]:
    return Path(f"/proc/{process}/cmdline").read_text().split("\0")
