"""The lock of a run that was killed before the ledger knew of it: frozen as it was written, by the same code alone."""

import os
import shutil
import signal
import time

import pytest

from tests.conftest import Project, found_project, git
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.prepared_study import MONTH, prepare

KILLED = faulty.sound()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own, with one sound study."""
    made = found_project(tmp_path_factory.mktemp("lost-lock"), prefect_url)
    prepare(made, KILLED)
    return made


@pytest.mark.deep
def test_a_lock_that_the_ledger_did_not_know_yet_is_frozen(project: Project) -> None:
    """``kill -9`` when the lock was written and before the ledger said so; other code does not resume it (FAULTS 65)."""
    run = f"{KILLED.study}/{MONTH}/1"
    process = project.start("run", KILLED.study, MONTH, "--as", "analyst")
    folder = project.home / "work" / run / "records" / KILLED.study / MONTH / "lock"
    limit = time.monotonic() + 120
    while not (folder / "transfer.json").exists():
        assert time.monotonic() < limit
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert [event["action"] for event in project.events(run)] == ["run.requested"]
    shutil.rmtree(project.home / "inbox" / KILLED.study / MONTH)
    began = git("rev-parse", "HEAD", folder=project.root)
    with (project.root / "README.md").open("a") as readme:
        readme.write("\nA later version.\n")
    git("commit", "--quiet", "--all", "--message", "A later version", folder=project.root)
    answer = project.medicore("run", KILLED.study, MONTH, "--as", "analyst", expected=9)
    assert f"run {run} began on commit {began[:12]}, and the code is at " in answer.err
    git("checkout", "--quiet", began, folder=project.root)
    project.medicore("run", KILLED.study, MONTH, "--as", "analyst")
    git("checkout", "--quiet", "main", folder=project.root)
    actions = [event["action"] for event in project.events(run)]
    assert (actions[:3], actions.count("lock.frozen")) == (["run.requested", "run.resumed", "lock.frozen"], 1)
    (verdict,) = project.medicore("verify", run, "--json").json()
    assert verdict["failed"] == {}
