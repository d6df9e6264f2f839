"""Code and packages that are not what a regulatory run needs: refused in one line, named, and in the ledger."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from medicore.stores.clock import SystemClock
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.conftest import Project, found_project, git
from tests.line.conftest import REFERENCE

OTHER = "MED-2024-0212"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project whose lock file may be damaged."""
    return found_project(tmp_path_factory.mktemp("code"), prefect_url)


@pytest.fixture
def lock(project: Project) -> Iterator[Path]:
    """The lock file, as it should be before a test and after it."""
    yield project.root / "requirements.lock"
    git("checkout", "--quiet", "HEAD", "--", "requirements.lock", folder=project.root)


def refused(project: Project, expected: int = 9) -> str:
    """Return the one line with which the reference study is refused; the ledger has it, and there is no run."""
    answer = project.medicore("run", REFERENCE, "2025-03", expected=expected)
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    reason = answer.err.removeprefix("medicore: ").rstrip("\n")
    ledger = SqliteLedger(project.home / "ledger.db", SystemClock())
    last = [*ledger.events()][-1]
    assert (last.action, last.reason) == ("run.refused", reason)
    assert project.medicore("history", REFERENCE, "--json").json() == []
    return reason


def test_missing_lock_file(project: Project, lock: Path) -> None:
    """Without a lock file nobody can say which packages ran (FAULTS 28)."""
    lock.unlink()
    assert "1 difference(s), first 'modified or missing: requirements.lock'" in refused(project)


def test_missing_lock_file_in_a_clean_commit(project: Project, lock: Path) -> None:
    """A commit without a lock file is clean, and refused all the same (FAULTS 28)."""
    head = git("rev-parse", "HEAD", folder=project.root)
    git("rm", "--quiet", str(lock), folder=project.root)
    git("commit", "--quiet", "--message", "No lock file", folder=project.root)
    try:
        assert refused(project) == "requirements.lock is missing; restore it with git and try again"
    finally:
        git("reset", "--quiet", "--hard", head, folder=project.root)


def test_other_packages_than_locked(project: Project, lock: Path) -> None:
    """A package of another version than the committed lock file's is named, with both versions (FAULTS 29)."""
    head = git("rev-parse", "HEAD", folder=project.root)
    text = lock.read_text("utf-8")
    (pinned,) = [line for line in text.splitlines() if line.startswith("prefect==")]
    lock.write_text(text.replace(pinned, "prefect==0.0.1 \\"), "utf-8")
    git("commit", "--quiet", "--all", "--message", "Another Prefect", folder=project.root)
    try:
        reason = refused(project)
        version = pinned.split("==")[1].split()[0]
        assert reason.startswith(
            f"1 package(s) differ from requirements.lock: prefect {version} instead of 0.0.1; "
        )
    finally:
        git("reset", "--quiet", "--hard", head, folder=project.root)


def test_changed_code(project: Project) -> None:
    """A changed file refuses a regulatory run, and is named; an exploratory run begins all the same (FAULTS 27)."""
    path = project.root / "medicore" / "stats" / "balance" / "weights.py"
    path.write_text(path.read_text("utf-8") + "\n# changed\n", "utf-8")
    try:
        changed = replace(project, apart=True)
        assert "medicore/stats/balance/weights.py" in refused(changed)
        # Its month was never delivered, so that it ends where it begins.
        changed.medicore("run", OTHER, "2025-05", "--exploratory", expected=4)
        first = changed.events(f"{OTHER}/2025-05/1")[0]
        assert first["details"]["identity"]["status"] == "exploratory"
    finally:
        git("checkout", "--quiet", "--", "medicore", folder=project.root)
