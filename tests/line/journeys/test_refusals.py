"""What is refused before anything happens, and what survives a killed process."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from medicore.steps.way import STEP_NAMES
from tests.conftest import Project, found_project
from tests.line.conftest import MONTH, REFERENCE, Month
from tests.line.told import last_about
from tests.whole_house.faulty_studies import sound
from tests.whole_house.prepared_study import prepare


def test_malformed_month(month: Month) -> None:
    """A malformed month is refused in one line (FAULTS 31)."""
    answer = month.project.medicore("run", REFERENCE, "../2025-03", expected=3)
    assert "malformed" in answer.err
    assert answer.err.count("\n") == 1


def test_killed_run_resumes_under_its_number(tmp_path: Path, prefect_url: str) -> None:
    """``kill -9`` during effect, then the same command: the run resumes, never extracts again, and is sealed once (FAULTS 65)."""
    project, study = found_project(tmp_path, prefect_url), sound()
    prepare(project, study)
    _kill_and_resume(project, study.study, MONTH, "effect       begun")
    events = [event["action"] for event in project.events(f"{study.study}/{MONTH}/1")]
    assert events.count("lock.frozen") == events.count("propensity.completed") == 1


@pytest.mark.deep
def test_killed_at_every_step(tmp_path: Path, prefect_url: str) -> None:
    """``kill -9`` at every step: each time the same command ends in exactly one sealed record, under its number (FAULTS 65)."""
    project = found_project(tmp_path, prefect_url)
    moments = ["extract      pulling", *(f"{step:<12} begun" for step in STEP_NAMES), "report       done"]
    for number, moment in enumerate(moments, start=1):
        _kill_and_resume(project, REFERENCE, f"2026-{number:02}", moment)


def _kill_and_resume(project: Project, study: str, month: str, words: str) -> None:
    """Kill a run when its progress says ``words``, run it again, and hold the ledger against what must be."""
    _kill_when(project.start("run", study, month), words)
    run = f"{study}/{month}/1"
    assert "run.sealed" not in [event["action"] for event in project.events(run)]
    row = project.medicore("run", study, month, "--json").json()[0]
    assert (row["run"], row["state"]) == (run, "sealed, awaiting approval")
    events = [event["action"] for event in project.events(run)]
    assert events.count("run.sealed") == events.count("run.resumed") == 1
    assert events.count("lock.frozen") == 1
    assert project.medicore("verify", run, "--json").json()[0]["failed"] == {}


def test_second_process_is_told_who_works(month: Month) -> None:
    """Two runs of one study and month at once: the second is told which process holds it (FAULTS 66)."""
    from medicore.stores.files import FolderLocks

    with FolderLocks(month.project.home / "locks").hold("MED-2024-0198", MONTH, "a test"):
        answer = month.project.medicore("run", "MED-2024-0198", MONTH, expected=11)
    assert f"a test (process {os.getpid()} on {socket.gethostname()})" in answer.err


def _kill_when(process: "subprocess.Popen[str]", words: str) -> None:
    """Kill a process at once when its progress says ``words``."""
    assert process.stderr is not None
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        line = process.stderr.readline()
        if words in line:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return
    pytest.fail(f"the run never said {words!r}")


def test_doctor_finds_a_fresh_project_well(project: Project) -> None:
    """The doctor finds every part of a fresh, initialised project well, but for packages that a developer changed."""
    parts = {part["subject"]: part["healthy"] for part in project.medicore("doctor", "--json").json()}
    assert parts == dict.fromkeys(parts, True)
    assert {"git", "code", "environment", "protocols", "ledger", "disk"} <= set(parts)


def test_doctor_examines_the_renderer_that_is_set(project: Project, tmp_path: Path) -> None:
    """The renderer that the settings name is the one looked at, with its versions; one that is not there is a fault."""
    found = {}
    for name, code in (("embedded", 0), ("quarto", 9)):
        parts = project.medicore(
            "doctor", "--json", expected=code, MEDICORE_RENDERER=name, PATH=_without_quarto(tmp_path / name)
        )
        found[name] = next(part for part in parts.json() if part["subject"] == "renderer")
    assert found["embedded"]["healthy"]
    assert found["embedded"]["found"].startswith("embedded: ")
    assert not found["quarto"]["healthy"]
    assert "quarto is not on the PATH" in found["quarto"]["found"]


def _without_quarto(folder: Path) -> str:
    """Return a PATH to ``git`` alone."""
    folder.mkdir()
    git = shutil.which("git")
    assert git
    (folder / "git").symlink_to(git)
    return str(folder)


@pytest.fixture
def unlocked(project: Project) -> Iterator[None]:
    """Unlock the operator after a test, whatever follows."""
    yield
    unlock = ("people", "unlock", "operator", "--as", "authority", "--reason", "It was she who called")
    project.medicore(*unlock)


@pytest.mark.usefixtures("unlocked")
def test_wrong_passphrases_are_refused_and_lock(project: Project) -> None:
    """A wrong passphrase begins nothing: one line, exit code 7, in the ledger; the fifth locks, an operator unlocks."""
    for number in range(5):
        answer = project.medicore(
            "run", REFERENCE, MONTH, "--as", "operator", expected=7, MEDICORE_PASSPHRASE="not the operator's"
        )
        assert answer.err.count("\n") == 1
        event = last_about(project, "requests")
        assert (event["action"], event["actor"]) == ("run.refused", "operator"), number
        assert event["details"]["cause"] == "passphrase"
    answer = project.medicore("run", REFERENCE, MONTH, "--as", "operator", expected=7)
    assert "is locked after 5" in answer.err


def test_no_passphrase_is_said(project: Project) -> None:
    """Without a terminal and without a passphrase nothing is asked of anyone but to give one."""
    quiet = {key: value for key, value in project.environment.items() if key != "MEDICORE_PASSPHRASE_ANALYST"}
    silent = Project(project.root, project.home, quiet)
    answer = silent.medicore("request", REFERENCE, MONTH, "--as", "analyst", "--print", expected=9)
    assert "set MEDICORE_PASSPHRASE" in answer.err
    assert answer.out == ""
    assert json.dumps(answer.err).count("\\n") == 1
