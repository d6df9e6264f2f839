"""Whatever is written into a record repository: nothing of it is run, no other byte is read, and it is named."""

# ruff: noqa: F401, F811 - pytest passes fixtures by their names

import os
import re
import subprocess
from pathlib import Path

import pytest

from medicore.errors import IntegrityError
from medicore.stores.git.code import GitCode
from medicore.stores.git.records import GitRecords
from tests.conftest import git
from tests.record_attacks import ATTACKS, Ground, attacked
from tests.stores.git.test_records import FILES, FOLDER, TAG, code, records, sealed


@pytest.fixture
def ground(records: GitRecords, code: GitCode, tmp_path: Path) -> Ground:
    """A record repository with one record, and the place of the mark."""
    (tmp_path / "ground").mkdir()
    commit = sealed(records, code.commit())
    return Ground(records.folder, commit, "code.py", tmp_path / "ground" / "mark")


def everything(records: GitRecords, code: GitCode, ground: Ground, scratch: Path) -> dict[str, object]:
    """Read, check, write and seal as MediCore does, and return what was found."""
    commit = ground.commit
    records.create()
    records.export(commit, scratch)
    records.check(TAG)
    with pytest.raises(IntegrityError):
        records.read("1" * 40, "code.py")
    with records.reading() as reading:
        reading.check(TAG)
        read = reading.read(commit, "code.py"), reading.names(commit, FOLDER), reading.resolve(TAG)
    (code.root / "code.py").write_text("print(2)\n")
    git("commit", "--quiet", "--all", "--message", "More", folder=code.root)
    records.adopt(code, code.commit())
    later = sealed(records, commit, f"{TAG}.2")
    with records.unbundled(records.bundle(f"{TAG}.2"), f"{TAG}.2") as clone:
        clone.check(f"{TAG}.2")
        whole = clone.read(records.parent(commit), "code.py")
    return {
        "files": {
            path.relative_to(scratch).as_posix(): path.read_bytes()
            for path in scratch.rglob("*")
            if path.is_file()
        },
        "tree": records.tree(commit),
        "alone": (records.read(commit, "code.py"), records.names(commit, FOLDER), records.resolve(TAG)),
        "read": read,
        "parent": records.parent(commit),
        "cloned": whole,
        "clean": code.deviations(),
        "later": (later, records.resolve(f"{TAG}.2")),
        "tags": records.tags(""),
    }


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_is_run_and_no_other_byte_is_read(
    records: GitRecords, code: GitCode, ground: Ground, tmp_path: Path, name: str
) -> None:
    """Under each attack the same files, tags, commits and bundles come out as without, and no program runs (FAULTS 76)."""
    head = code.commit()
    with attacked(ground):
        expected = everything(records, code, ground, tmp_path / "expected")
    git("reset", "--quiet", "--hard", head, folder=code.root)
    with attacked(ground, name):
        found = everything(records, code, ground, tmp_path / "found")
    assert found == expected
    assert found["alone"] == found["read"] == (b"print(1)\n", ("results.json",), ground.commit)
    assert not ground.mark.exists()


@pytest.mark.parametrize("name", ATTACKS)
def test_each_is_named(records: GitRecords, ground: Ground, name: str) -> None:
    """What lies in the repository is named by its file or setting, without its value, with what to do (FAULTS 76)."""
    records.require_plain()
    with attacked(ground, name), pytest.raises(IntegrityError) as refused:
        records.require_plain()
    assert ATTACKS[name][1] in str(refused.value)
    assert "expected only objects, tags and code" in str(refused.value)
    assert "program.sh" not in str(refused.value)
    records.require_plain()


def plain(*arguments: str, folder: Path) -> bytes:
    """Return what git prints when it is called as anybody does."""
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False).stdout


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("hooks", ("update-ref", "refs/heads/any", "HEAD_COMMIT")),
        ("smudge", ("archive", "--format=tar", "HEAD_COMMIT")),
        ("programs", ("update-ref", "refs/heads/any", "HEAD_COMMIT")),
        ("promise", ("cat-file", "-e", "1" * 40)),
    ],
)
def test_git_alone_obeys(ground: Ground, name: str, command: tuple[str, ...]) -> None:
    """The attacks are real: git as anybody calls it runs the program."""
    with attacked(ground, name):
        plain(*(part.replace("HEAD_COMMIT", ground.commit) for part in command), folder=ground.repository)
    assert ground.mark.exists()


def test_git_alone_reads_other_bytes(ground: Ground) -> None:
    """The substitutes are real: git as anybody calls it reads the other file, and a history that ends early."""
    count = ("rev-list", "--count", ground.commit)
    with attacked(ground, "replacement"):
        assert str(ground.mark).encode() in plain(
            "cat-file", "blob", f"{ground.commit}:code.py", folder=ground.repository
        )
    for name in ("graft", "shallow"):
        with attacked(ground, name):
            assert plain(*count, folder=ground.repository) == b"1\n"
    assert plain(*count, folder=ground.repository) == b"2\n"


def test_a_repository_that_git_made_is_plain(tmp_path: Path) -> None:
    """Templates with their samples, refs, packs and the settings that git or a careful operator writes are no fault."""
    made = tmp_path / "made.git"
    git("init", "--quiet", "--bare", "--shared=group", str(made), folder=tmp_path)
    git("config", "receive.denyDeletes", "true", folder=made)
    (made / "branches").mkdir(exist_ok=True)
    GitRecords(made).require_plain()


@pytest.mark.parametrize(
    "text",
    [
        "[core]\n\tbare = true \\\n", "[core] sshCommand = x\n", "[core.x]\nbare = true\n", "[Include]\npath = x\n",
        "; comment\n[a]\x0c[core]\nbare = true\n", "bare = true\n", "[core]\nbare\n", "[core]\nfsmonitor = true\n", "[includeIf \"gitdir:/\"]\npath = x\n",
    ],
)  # fmt: skip
def test_configuration_in_a_rare_way_is_named(records: GitRecords, text: str) -> None:
    """A line that is not one of the known settings, written as git writes them, is named whatever git makes of it."""
    (records.folder / "config").write_text(text)
    with pytest.raises(IntegrityError, match=r"^config, line \d, has a setting"):
        records.require_plain()
    (records.folder / "config").unlink()
    with pytest.raises(IntegrityError, match=r"^config is not a file"):
        records.require_plain()


def test_no_variable_of_the_caller_takes_effect(
    records: GitRecords, code: GitCode, ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git's variables and the user's configuration send git nowhere, add no object, write no trace, run nothing (FAULTS 85)."""
    head = code.commit()
    with attacked(ground):
        expected = everything(records, code, ground, tmp_path / "expected")
    git("reset", "--quiet", "--hard", head, folder=code.root)
    other, program, home = tmp_path / "other.git", ground.program(), tmp_path / "home"
    git("init", "--quiet", "--bare", str(other), folder=tmp_path)
    hooks = tmp_path / "template" / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "reference-transaction").write_bytes(program.read_bytes())
    (hooks / "reference-transaction").chmod(0o755)
    home.mkdir()
    (home / ".gitconfig").write_text(
        f"[core]\nfsmonitor = {program}\nhooksPath = {hooks}\n[init]\ntemplateDir = {hooks.parent}\n"
    )
    names = {
        "HOME": home, "XDG_CONFIG_HOME": home, "GIT_DIR": other, "GIT_COMMON_DIR": other, "GIT_WORK_TREE": home,
        "GIT_OBJECT_DIRECTORY": other / "objects", "GIT_ALTERNATE_OBJECT_DIRECTORIES": other / "objects",
        "GIT_INDEX_FILE": home / "index", "GIT_CONFIG_GLOBAL": home / ".gitconfig", "GIT_CONFIG_SYSTEM": home / ".gitconfig",
        "GIT_CONFIG_COUNT": 1, "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": hooks,
        "GIT_CONFIG_PARAMETERS": f"'core.hooksPath={hooks}'", "GIT_NAMESPACE": "other", "GIT_REPLACE_REF_BASE": "refs/tags",
        "GIT_GRAFT_FILE": home / "grafts", "GIT_SHALLOW_FILE": home / "shallow", "GIT_TEMPLATE_DIR": hooks.parent,
        "GIT_EXEC_PATH": hooks, "GIT_TRACE": tmp_path / "trace", "GIT_TRACE2": tmp_path / "trace",
        "GIT_SSH_COMMAND": program, "GIT_EXTERNAL_DIFF": program, "GIT_PAGER": program, "GIT_ATTR_SOURCE": head,
        "GIT_DEFAULT_HASH": "sha256", "GIT_CEILING_DIRECTORIES": "/", "GIT_LITERAL_PATHSPECS": 1,
    }  # fmt: skip
    (home / "grafts").write_text(f"{ground.commit}\n")
    (home / "shallow").write_text(f"{ground.commit}\n")
    with attacked(ground), monkeypatch.context() as hostile:
        for name, value in names.items():
            hostile.setenv(name, str(value))
        # what the tests themselves ask of git stays in peace
        hostile.setattr("tests.stores.git.test_attacks.git", lambda *a, folder: peaceful(*a, folder=folder))
        found = everything(records, code, ground, tmp_path / "found")
    assert found == expected
    assert not ground.mark.exists()
    assert not (tmp_path / "trace").exists()
    assert [*(other / "objects").rglob("*.pack"), *other.glob("refs/*/*")] == []


def peaceful(*arguments: str, folder: Path) -> str:
    """Run git as if no hostile variable were there."""
    calm = {name: value for name, value in os.environ.items() if not re.match("GIT_|HOME|XDG_", name)}
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=calm, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_git_sees_no_secret(records: GitRecords, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passphrases, secrets of the EDC and keys of archive, database and server are not in the environment of git."""
    secrets = (
        "MEDICORE_PASSPHRASE", "MEDICORE_PASSPHRASE_ANALYST", "MEDICORE_EDC_SECRET", "MEDICORE_LEDGER_URL",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PGPASSWORD", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING",
    )  # fmt: skip
    for name in secrets:
        monkeypatch.setenv(name, "hidden-words")
    programs = ground.mark.parent / "programs"
    programs.mkdir()
    (programs / "git").write_text(f"#!/bin/sh\nenv >> '{ground.mark}'\n")
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    assert records.read(ground.commit, "code.py") == b""
    seen = ground.mark.read_text()
    assert "GIT_NO_REPLACE_OBJECTS=1" in seen
    assert [name for name in secrets if f"{name}=" in seen] == []
    assert "hidden-words" not in seen
