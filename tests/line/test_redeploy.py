"""Code that changes while a run waits for a human, and a service that dies while a run works."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.conftest import Project, found_project, git
from tests.line import faulty_studies as faulty
from tests.line.prepared_study import MONTH, prepare
from tests.line.worker import working

WAITING, SOUND = faulty.imbalanced(), faulty.sound()
RUN = f"{WAITING.study}/{MONTH}/1"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own, with a study that halts and one that does not."""
    made = found_project(tmp_path_factory.mktemp("redeploy"), prefect_url)
    prepare(made, WAITING, SOUND)
    return made


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
    """``kill -9`` of worker or server during a run: the same again resumes it, to exactly one record (FAULTS 65, 72)."""
    month = {"worker": "2025-04", "server": "2025-05"}[victim]
    SOUND.deliver(project, month)
    body = project.medicore("request", SOUND.study, month, "--as", "analyst", "--print").json()
    run = f"{SOUND.study}/{month}/1"
    word = {"worker": "worker", "server": "uvicorn"}[victim]
    with working(project) as server:
        server.send("analysis/study", body["parameters"]["request"])
        while not project.events(run):
            time.sleep(0.2)
        (killed,) = (pid for pid in _children(server.process) if word in _command(pid))
        os.kill(killed, signal.SIGKILL)
        limit = time.monotonic() + 120
        code = 11
        while (
            time.monotonic() < limit and code == 11
        ):  # while the flow run's own process still holds the month
            time.sleep(2)
            again = project.start("run", SOUND.study, month, "--as", "analyst")
            _, trouble = again.communicate(timeout=300)
            code = again.returncode
        assert code == 0, trouble
    actions = [event["action"] for event in project.events(run)]
    for once in ("run.requested", "lock.frozen", "extract.completed", "run.sealed"):
        assert actions.count(once) == 1, once
    assert project.medicore("verify", run, "--json").json()[0]["failed"] == {}


def _children(process: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _command(process: int) -> list[str]:
    return Path(f"/proc/{process}/cmdline").read_text().split("\0")
