"""A disk that is full in the middle of a command: one line says so, nothing is half there, the same again does it."""

import resource
import subprocess
from pathlib import Path

from medicore.records.canonical import sha256
from tests.conftest import PASSPHRASES, Project, found_project
from tests.line.conftest import CLEAN, REFERENCE, Month
from tests.whole_house.faulty_studies import sound
from tests.whole_house.prepared_study import MONTH, prepare

APPROVE = ("--meaning", "approve", "--as", "reviewer", "--reason", "Looked at it and found it so")


def filled(process: "subprocess.Popen[str]", size: int) -> None:
    """Let a running command, and what it starts, write no file further than ``size`` bytes."""
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))


def ended(process: "subprocess.Popen[str]", code: int) -> str:
    """Return the last line that a command printed to stderr, once it has ended with that code without a traceback."""
    out, err = process.communicate(timeout=600)
    assert (process.returncode, "Traceback" in err) == (code, False), err
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith("medicore: ")
    return last


def archived(project: Project, run: str) -> dict[str, str]:
    """Return the SHA-256 of every file that the archive holds of a run, scratch files too."""
    folders = (project.home / "archive" / part / run for part in ("archives", "reports"))
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(project.home).as_posix(): sha256(path.read_bytes()) for path in files}


def reports(project: Project) -> list[Path]:
    """Return the signed reports that lie where people look for them."""
    return sorted((project.home / "reports").rglob("*.signed.pdf"))


def test_full_disk_leaves_no_half_signature_and_no_half_archive(copied: Project, released: Month) -> None:
    """What cannot be kept whole is not signed; a release whose copies find no room is not archived; then it is (FAULTS 64)."""
    run = released.run(CLEAN)
    secret = {"MEDICORE_PASSPHRASE": PASSPHRASES["reviewer"]}
    before, laid_out = copied.events(run), reports(copied)
    (report,) = (copied.home / "work" / run).rglob("records/**/report.pdf")
    process = copied.start("sign", run, *APPROVE, "--json", **secret)
    filled(process, report.stat().st_size)
    words = ended(process, 9)
    assert "could not store report.signed.pdf: File too large; make room" in words
    *earlier, refused = copied.events(run)
    assert (earlier, reports(copied), archived(copied, run)) == (before, laid_out, {})
    assert (refused["action"], f"medicore: {refused['reason']}") == ("decision.refused", words)
    bundle = copied.home / "archive" / "archives" / released.run(REFERENCE) / "record.bundle"
    process = copied.start("sign", run, *APPROVE, "--json", **secret)
    filled(process, bundle.stat().st_size // 2)
    assert "git bundle" in ended(process, 9)
    actions = [event["action"] for event in copied.events(run)[len(before) :]]
    assert actions[-1] == "archive.failed"
    assert actions.count("decision.signed") == 1
    assert "archive.completed" not in actions
    assert archived(copied, run) == {}
    (row,) = copied.medicore("status", CLEAN, "--json").json()
    assert row["state"] == "released"
    assert copied.sign(run, "approve").json()["state"] == "archived"
    assert [event["action"] for event in copied.events(run)].count("decision.signed") == 1
    (verdict,) = copied.medicore("verify", run, "--json").json()
    assert (verdict["failed"], verdict["warnings"]) == ({}, {})


def test_full_disk_halts_a_run_which_goes_on_with_room(tmp_path: Path, prefect_url: str) -> None:
    """A run that finds no room stops in one line, early and late, and cannot be signed; the same command goes on, to one result (FAULTS 64)."""
    project, study = found_project(tmp_path, prefect_url), sound()
    prepare(project, study)
    run = f"{study.study}/{MONTH}/1"
    secret = {"MEDICORE_PASSPHRASE": PASSPHRASES["reviewer"]}
    for word, size in (("extract      done", 0), ("sensitivity  done", 200_000)):
        process = project.start("run", study.study, MONTH, "--json")
        assert process.stderr is not None
        for line in process.stderr:
            if word in line:
                break
        filled(process, size)
        assert "make room" in ended(process, 9)
        assert next(iter(project.medicore("status", study.study, "--json").json()[-1:]))["state"] == "running"
        project.medicore("sign", run, *APPROVE, expected=3, **secret)
    (row,) = project.medicore("run", study.study, MONTH, "--json").json()
    assert (row["run"], row["state"]) == (run, "sealed, awaiting approval")
    actions = [event["action"] for event in project.events(run)]
    once = ("lock.frozen", "extract.completed", "run.sealed")
    assert [actions.count(action) for action in once] == [1, 1, 1]
    assert (actions.count("run.resumed"), actions.count("run.failed")) == (2, 0)
    project.medicore("verify", run)
