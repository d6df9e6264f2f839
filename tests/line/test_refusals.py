"""What is refused before anything happens, and what survives a killed process."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from medicore.steps.way import STEP_NAMES
from tests.conftest import Project, found_project
from tests.line.conftest import MONTH, REFERENCE, Month


def test_unknown_study(month: Month) -> None:
    """A study without a protocol is refused, and the message names the known ones (FAULTS 31)."""
    answer = month.project.medicore("run", "MED-2024-9999", MONTH, expected=3)
    assert "MED-2024-9999 has no protocol" in answer.err


@pytest.mark.parametrize("text", ["2025-13", "2025-3", "25-03", "2025-03-01", "../2025-03", "٢٠٢٥-٠٣"])
def test_malformed_month(month: Month, text: str) -> None:
    """A malformed month is refused in one line (FAULTS 31)."""
    answer = month.project.medicore("run", REFERENCE, text, expected=3)
    assert "malformed" in answer.err
    assert answer.err.count("\n") == 1


def test_path_in_an_identifier(month: Month) -> None:
    """A path instead of a study is refused (FAULTS 31)."""
    assert (
        "not a study identifier" in month.project.medicore("run", "../MED-2024-0181", MONTH, expected=3).err
    )


def test_missing_delivery_fails_and_is_kept(month: Month) -> None:
    """Without the EDC's file the run fails with one line, and its record is sealed all the same."""
    answer = month.project.medicore("run", "MED-2024-0212", "2025-05", "--json", expected=4)
    row = answer.json()[0]
    assert row["state"] == "failed"
    assert "transfer.json" in row["messages"][0]
    events = month.project.events("MED-2024-0212/2025-05/1")
    assert [event["action"] for event in events[-2:]] == ["run.failed", "checkpoint.signed"]
    assert events[-2]["details"]["commit"]


def test_dirty_tree_is_refused_but_may_explore(tmp_path: Path, prefect_url: str) -> None:
    """Changed code is refused for a regulatory run; an exploratory one runs, and can be neither signed nor archived (FAULTS 27)."""
    project = replace(found_project(tmp_path, prefect_url), apart=True)
    with (project.root / "medicore" / "errors.py").open("a") as stream:
        stream.write("# changed\n")
    answer = project.medicore("run", REFERENCE, MONTH, expected=9)
    assert "modified or missing: medicore/errors.py" in answer.err
    row = project.medicore("run", REFERENCE, MONTH, "--exploratory", "--json").json()[0]
    assert row["state"] == "exploratory, no record"
    refused = project.sign(row["run"], "approve", expected=7)
    assert "exploratory" in refused.err


def test_killed_run_resumes_under_its_number(tmp_path: Path, prefect_url: str) -> None:
    """``kill -9`` during effect, then the same command: the run resumes, never extracts again, and is sealed once (FAULTS 65)."""
    project = found_project(tmp_path, prefect_url)
    _kill_and_resume(project, MONTH, "effect       begun")
    events = [event["action"] for event in project.events(f"{REFERENCE}/{MONTH}/1")]
    assert events.count("lock.frozen") == events.count("propensity.completed") == 1


@pytest.mark.deep
def test_killed_at_every_step(tmp_path: Path, prefect_url: str) -> None:
    """``kill -9`` at every step: each time the same command ends in exactly one sealed record, under its number (FAULTS 65)."""
    project = found_project(tmp_path, prefect_url)
    moments = ["extract      pulling", *(f"{step:<12} begun" for step in STEP_NAMES), "report       done"]
    for number, moment in enumerate(moments, start=1):
        _kill_and_resume(project, f"2026-{number:02}", moment)


def _kill_and_resume(project: Project, month: str, words: str) -> None:
    """Kill a run when its progress says ``words``, run it again, and hold the ledger against what must be."""
    _kill_when(project.start("run", REFERENCE, month), words)
    run = f"{REFERENCE}/{month}/1"
    assert "run.sealed" not in [event["action"] for event in project.events(run)]
    row = project.medicore("run", REFERENCE, month, "--json").json()[0]
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
    assert f"a test (process {os.getpid()})" in answer.err


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
    """The renderer that the settings name is the one looked at, with its versions; one that is not there is ill."""
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
