"""Code that changes while a run waits for a human, and a service that dies while a run works."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.conftest import Project, found_project, git
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
    """After a redeploy a decision does not let a halted run go on by the new code; on its own commit it does."""
    project.medicore("run", WAITING.study, MONTH, "--as", "analyst", expected=10)
    (finding,) = project.medicore("review", RUN, "--json").json()["findings"]
    began = git("rev-parse", "HEAD", folder=project.root)
    with (project.root / "README.md").open("a") as readme:
        readme.write("\nA later version.\n")
    git("commit", "--quiet", "--all", "--message", "A later version", folder=project.root)
    now = git("rev-parse", "HEAD", folder=project.root)
    answer = project.sign(RUN, "proceed", finding=finding["digest"], expected=9)
    assert f"began on commit {began[:12]}, and the code is at {now[:12]}" in answer.err
    assert answer.err.splitlines()[-1].startswith("medicore: ")
    assert [event["action"] for event in project.events(RUN)][-2:] == ["decision.signed", "review.halted"]
    git("checkout", "--quiet", began, folder=project.root)
    assert (
        project.sign(RUN, "proceed", finding=finding["digest"]).json()["state"] == "sealed, awaiting approval"
    )
    git("checkout", "--quiet", "main", folder=project.root)
    assert project.medicore("verify", RUN, "--json").json()[0]["failed"] == {}


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
