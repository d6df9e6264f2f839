"""The frozen lock of a run that waits or was killed: brought back as it was frozen, or the run is at its end."""

import json
import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PASSPHRASES, Project, found_project, git
from tests.flip import flip
from tests.line import faulty_studies as faulty
from tests.line.prepared_study import MONTH, PreparedStudy, prepare


def named(study: str, made: PreparedStudy, shift: float) -> PreparedStudy:
    """Return a study with a name and with data of its own: equal data of two studies are one object in the store."""
    return replace(made.column("week_4", (made.numbers("week_4") + shift).tolist()), study=study)


WAITING = named("TEST-WAITING", faulty.imbalanced(), 1)
LOST = named("TEST-LOST", faulty.imbalanced(), 2)
KILLED = named("TEST-KILLED", faulty.sound(), 3)
SPOILT = named("TEST-SPOILT", faulty.sound(), 4)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own, with two studies that halt and two that do not."""
    made = found_project(tmp_path_factory.mktemp("lost-lock"), prefect_url)
    prepare(made, WAITING, LOST, KILLED, SPOILT)
    return made


def halted(project: Project, study: str) -> tuple[str, str]:
    """Run the month of a study that halts; return the run and its finding."""
    project.medicore("run", study, MONTH, "--as", "analyst", expected=10)
    run = f"{study}/{MONTH}/1"
    (finding,) = project.medicore("review", run, "--json").json()["findings"]
    return run, finding["digest"]


def stored(project: Project, place: str, run: str) -> Path:
    """Return the object in the cache or the remote that holds the raw data of a run's lock."""
    (frozen,) = (event["details"] for event in project.events(run) if event["action"] == "lock.frozen")
    objects = project.home / "dvc" / place / "files" / "md5"
    address = next(
        line.split()[-1] for line in frozen["pointer"].splitlines() if line.lstrip("- ").startswith("md5:")
    )
    listed = json.loads((objects / address[:2] / address[2:]).read_text())
    md5 = next(entry["md5"] for entry in listed if entry["relpath"].startswith("raw/"))
    return objects / md5[:2] / md5[2:]


def state(project: Project, run: str) -> dict[str, Any]:
    """Return the row of a run in the status."""
    rows = project.medicore("status", run.split("/")[0], "--json").json()
    return next(row for row in rows if row["run"] == run)


def test_a_lock_comes_back_from_whatever_copy_is_whole(project: Project) -> None:
    """Without its work folder and with a bad copy in the cache, a halted run goes on by the remote's."""
    run, finding = halted(project, WAITING.study)
    shutil.rmtree(project.home / "work" / run)
    shutil.rmtree(project.home / "inbox" / WAITING.study / MONTH)
    flip(stored(project, "cache", run))
    assert project.sign(run, "proceed", finding=finding).json()["state"] == "sealed, awaiting approval"
    assert [event["action"] for event in project.events(run)].count("lock.frozen") == 1
    (verdict,) = project.medicore("verify", run, "--json", expected=6).json()
    assert [name for name in verdict["failed"] if "local cache" not in name] == []
    assert verdict["failed"]


def test_a_run_whose_lock_is_lost_is_at_its_end(project: Project) -> None:
    """No copy is what was frozen: the run fails and says which file; nothing bad is sealed, and a new run can be asked for."""
    run, finding = halted(project, LOST.study)
    shutil.rmtree(project.home / "work" / run)
    spoilt = [stored(project, place, run) for place in ("cache", "remote")]
    for path in spoilt:
        flip(path)
    secret = {"MEDICORE_PASSPHRASE": PASSPHRASES["reviewer"]}
    answer = project.medicore(
        "sign", run, "--meaning", "proceed", "--as", "reviewer", "--reason", "It does not matter",
        "--finding", finding, expected=6, **secret,
    )  # fmt: skip
    words = f"of {run}: 2 copies, none with the recorded SHA-256"
    assert words in answer.out.splitlines()[-1]
    last = next(event for event in reversed(project.events(run)) if event["action"].startswith("run."))
    assert (last["action"], words in last["reason"], last["details"]["exit_code"]) == ("run.failed", True, 6)
    assert state(project, run)["state"] == "failed"
    tag = last["details"]["tag"]
    kept = git("ls-tree", "-r", "--name-only", tag, "records", folder=project.home / "records.git").split()
    assert {name.rsplit("/", 1)[1] for name in kept} == {
        "protocol.json", "lock.dvc", "provenance.json", ".gitignore",
    }  # fmt: skip
    (verdict,) = project.medicore("verify", run, "--json", expected=6).json()
    assert sorted(verdict["failed"]) == [
        "lock/raw/subjects.csv (content store)",
        "lock/raw/subjects.csv (local cache)",
    ]
    for verb, words in (
        (("explain", run, "primary.estimate"), "sealed without results"),
        (("reproduce", run), "sealed as failed, before a step was done"),
    ):
        assert words in project.medicore(*verb, expected=3).err.splitlines()[-1]
    for path in spoilt:
        path.rename(path.with_name("evidence"))
    project.medicore("run", LOST.study, MONTH, "--as", "analyst", expected=10)
    assert state(project, f"{LOST.study}/{MONTH}/2")["state"] == "halted, awaiting a decision"


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


def test_nothing_is_frozen_upon_a_spoilt_object(project: Project) -> None:
    """The store has other bytes under the name of the data: the run fails before they count as frozen (FAULTS 1).

    When the object is set aside as evidence, a new run of the month is sealed, and verifies.
    """
    project.medicore("run", SPOILT.study, MONTH, "--as", "analyst")
    path = stored(project, "cache", f"{SPOILT.study}/{MONTH}/1")
    flip(path)
    run = f"{SPOILT.study}/{MONTH}/2"
    answer = project.medicore("run", SPOILT.study, MONTH, "--as", "analyst", expected=6)
    assert "subjects.csv cannot be stored: the local cache has other bytes as object" in answer.out
    assert [event["action"] for event in project.events(run)] == [
        "run.requested",
        "run.failed",
        "checkpoint.signed",
    ]
    path.rename(project.home / "evidence")
    project.medicore("run", SPOILT.study, MONTH, "--as", "analyst")
    (verdict,) = project.medicore("verify", f"{SPOILT.study}/{MONTH}/3", "--json").json()
    assert verdict["failed"] == {}
