"""Two hosts on one PostgreSQL ledger, each with a state folder of its own: eight studies, and a host that sleeps."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import Project, copied_project, found_project
from tests.postgres import Server
from tests.whole_house.prepared_study import MONTH, PreparedStudy, prepare

STUDIES = tuple(f"TEST-HOSTS{number}" for number in range(1, 9))
LEASE = 30


@pytest.fixture
def hosts(tmp_path: Path, prefect_url: str, postgres: Server) -> tuple[Project, Project]:
    """Two hosts with the same checkout, people and ledger; the second knows nothing of what the first keeps from now on."""
    url = postgres.url(postgres.database())
    first = found_project(
        tmp_path / "one", prefect_url, MEDICORE_LEDGER=url, MEDICORE_LEASE_SECONDS=str(LEASE)
    )
    prepare(first, *(PreparedStudy(study) for study in STUDIES))
    return first, copied_project(first, tmp_path / "two")


def asleep(host: Project, study: str) -> "subprocess.Popen[str]":
    """Start a study's month on a host and stop its process once it holds the run."""
    process = host.start("run", study, MONTH, "--as", "analyst")
    run = f"{study}/{MONTH}/1"
    while not any(event["action"] == "run.requested" for event in host.events(run)):
        assert process.poll() is None, process.communicate()
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGSTOP)
    return process


@pytest.mark.deep
def test_a_host_that_slept_past_its_lease_writes_nothing(hosts: tuple[Project, Project]) -> None:
    """The other host is refused until the lease is over and then seals each run once; the sleeper is told in one line."""
    first, second = hosts
    sleepers = {study: asleep(first, study) for study in STUDIES}
    refused = second.medicore("run", STUDIES[-1], MONTH, "--as", "analyst", expected=11).err
    assert f"run {STUDIES[-1]}/{MONTH}/1 is held by " in refused
    time.sleep(LEASE)
    for study in STUDIES:
        second.command("run", study, MONTH, "--as", "analyst")
    for study, process in sleepers.items():
        os.kill(process.pid, signal.SIGCONT)
        _, said = process.communicate(timeout=300)
        assert process.returncode == 11, said
        assert f"run {study}/{MONTH}/1 was taken by " in said
        assert "Traceback" not in said
    for study in STUDIES:
        actions = [event["action"] for event in second.events(f"{study}/{MONTH}/1")]
        assert (actions.count("run.requested"), actions.count("run.sealed")) == (1, 1)
    rows = second.medicore("status", "--json").json()
    assert {row["state"] for row in rows} == {"sealed, awaiting approval"}
    assert len(rows) == len(STUDIES)
    assert second.medicore("ledger", "verify", "--json").json()["intact"]
