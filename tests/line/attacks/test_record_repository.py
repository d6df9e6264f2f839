"""A record repository into which somebody wrote: no command runs or believes it, and ``verify`` and ``doctor`` name it."""

from pathlib import Path

from tests.conftest import git
from tests.line.conftest import CLEAN, Month
from tests.record_attacks import ATTACKS, Ground, attacked

ALTERED = "medicore/stage.py"
"""Code that a replay runs."""


def test_what_lies_in_the_record_repository_is_named_and_nothing_of_it_is_run(
    month: Month, tmp_path: Path
) -> None:
    """Filter, hooks, replace refs, graft, alternate and settings: a run is released, archived and computed again as ever, no program sees the passphrase, and each is named; two threads change no bit (FAULTS 32, 76, 85)."""
    project, run = month.project, month.run(CLEAN)
    repository = project.home / "records.git"
    commit = git("rev-parse", f"run/{run}^{{commit}}", folder=repository)
    ground = Ground(repository, commit, ALTERED, tmp_path / "mark")
    doctor = {part["subject"]: part for part in project.medicore("doctor", "--json").json()}
    assert doctor["record repository"] == {
        "subject": "record repository", "healthy": True, "found": "objects, tags and code alone",
    }  # fmt: skip

    hostile = {"GIT_DIR": str(tmp_path), "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath"}
    hostile |= {"GIT_CONFIG_VALUE_0": str(repository / "hooks"), "GIT_OBJECT_DIRECTORY": str(tmp_path)}
    # first those for which git itself is called, as anybody calls it
    names = ["packed replacement", "alternate"]
    names += [name for name in ATTACKS if name not in {*names, "replacement"}]
    with attacked(ground, *names):
        assert not ground.mark.exists()
        answer = project.medicore("verify", run, expected=6)
        assert "record repository (foreign parts)" in answer.err
        assert project.events(run)[-1]["action"] == "verification.failed"
        project.sign(run, "approve")
        assert project.events(run)[-1]["action"] in {"archive.completed", "checkpoint.signed"}
        rebuilt = project.medicore("reproduce", run, "--threads", "2", **hostile).out
        assert rebuilt.count("bit-identical") >= 15
        assert all(
            name in rebuilt for name in ("extract.parquet", "effect.json", "results.json", "report.pdf")
        )
        assert "DIFFERENT" not in rebuilt
        assert not ground.mark.exists()
        told = project.medicore("doctor", "--json", expected=9).json()
        (part,) = [part for part in told if part["subject"] == "record repository"]
        assert not part["healthy"]
        assert all(ATTACKS[name][1] in part["found"] for name in names)
        project.medicore("archive", "verify", run, **hostile)
    bundle = project.home / "archive" / "archives" / run / "record.bundle"
    git("clone", "--quiet", "--branch", f"record/{run}", str(bundle), "clone", folder=tmp_path)
    git("merge-base", "--is-ancestor", commit, "HEAD", folder=tmp_path / "clone")
    assert not ground.mark.exists()
