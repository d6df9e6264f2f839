"""A clone is the commit, to the byte, whatever the user has configured; who may not clone is told what to do."""

import os
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.git.clone import clone_commit
from medicore.stores.git.code import GitCode
from tests.conftest import git
from tests.hostile import hostile_git

TEXTS = {"medicore/a.py": b"a = 1\n", 'it\'s "ü".txt': b"one\r\ntwo\n"}


@pytest.fixture
def code(tmp_path: Path) -> GitCode:
    """Return a checkout with one commit."""
    root = tmp_path / "code 試験"
    for name, data in TEXTS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    git("init", "--quiet", folder=root)
    git("config", "core.autocrlf", "false", folder=root)
    git("config", "user.name", "Tester", folder=root)
    git("config", "user.email", "tester@medicore.invalid", folder=root)
    git("add", "--all", folder=root)
    git("commit", "--quiet", "--message", "Code", folder=root)
    return GitCode(root)


def test_a_user_s_own_git_changes_no_byte(
    code: GitCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Line ends, attributes, hooks and templates of a user have no effect on a clone, by file or by variable."""
    commit = code.commit()
    for name, value in hostile_git(tmp_path / "theirs").items():
        monkeypatch.setenv(name, value)
    clone_commit(str(code.root), commit, tmp_path / "clone")
    assert {name: (tmp_path / "clone" / name).read_bytes() for name in TEXTS} == TEXTS
    assert GitCode(tmp_path / "clone").commit() == commit
    assert not (tmp_path / "clone" / ".git" / "hooks").exists()
    assert not (tmp_path / "theirs" / "ran").exists()


def test_a_repository_of_somebody_else_is_told(
    code: GitCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where git refuses to clone a repository of another account, one line names both and what to call."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(
        ConfigurationError, match=f"belongs to the user with number {owner}; expected"
    ) as told:
        clone_commit(str(code.root), code.commit(), tmp_path / "clone")
    assert f"safe.directory '{code.root}/.git'" in str(told.value)
    assert "\n" not in str(told.value)


def test_what_is_no_repository_or_no_commit_is_told(code: GitCode, tmp_path: Path) -> None:
    """A place without a repository, and a commit that it has not, are each refused in one line."""
    with pytest.raises(ConfigurationError, match="exited with 128") as told:
        clone_commit(str(tmp_path / "none"), code.commit(), tmp_path / "first")
    assert "belongs to" not in str(told.value)
    with pytest.raises(ConfigurationError, match=f"commit {'0' * 40} cannot be checked out; expected one of"):
        clone_commit(str(code.root), "0" * 40, tmp_path / "second")
