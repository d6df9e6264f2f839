"""A container takes its secrets from mounts, and its code from a commit that the job template names."""

import subprocess
from pathlib import Path

import pytest

from flows.serving.container import read_secrets, wanted_commit
from medicore.errors import ConfigurationError
from tests.conftest import ROOT, git


def test_mounted_secrets_become_variables(tmp_path: Path) -> None:
    """A file of a known name is a variable without its line end; any other file, and a missing folder, change nothing."""
    (tmp_path / "PGPASSWORD").write_text("a word\n")
    (tmp_path / "MEDICORE_EDC_RAVE_PASSWORD").write_text("another")
    for name in ("git-credentials", "PATH", "LD_PRELOAD", "PYTHONPATH", "MEDICORE_HOME", "..data"):
        (tmp_path / name).write_text("left alone")
    given = {"PATH": "/usr/bin", "PGPASSWORD": "old"}
    read_secrets(tmp_path, given)
    assert given == {"PATH": "/usr/bin", "PGPASSWORD": "a word", "MEDICORE_EDC_RAVE_PASSWORD": "another"}
    read_secrets(tmp_path / "none", given)
    (tmp_path / "PREFECT_API_KEY").mkdir()
    with pytest.raises(
        ConfigurationError, match=r"secret PREFECT_API_KEY of .* cannot be read by this account"
    ):
        read_secrets(tmp_path, given)


@pytest.mark.parametrize("commit", ["", "main", "A" * 40, "a" * 39, f"{'a' * 40}\n"])
def test_without_a_commit_nothing_is_cloned(commit: str) -> None:
    """A template without a default, and a flow run without the variable, are refused: no branch is taken instead."""
    assert wanted_commit({"MEDICORE_COMMIT": "a" * 40}) == "a" * 40
    with pytest.raises(
        ConfigurationError,
        match="expected 40 hexadecimal digits: give the flow run the job variable 'commit'",
    ):
        wanted_commit({"MEDICORE_COMMIT": commit})


def test_git_finds_mounted_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the image's configuration git answers with what is mounted for a host, and has nothing for another."""
    secrets = tmp_path / "git-credentials"
    secrets.write_text("https://reader:a%20word@git.example\n")
    text = (ROOT / "container" / "gitconfig").read_text("utf-8")
    assert "/run/secrets/git-credentials" in text
    (tmp_path / ".gitconfig").write_text(text.replace("/run/secrets/git-credentials", str(secrets)))
    for name, value in {
        "HOME": str(tmp_path),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
    }.items():
        monkeypatch.setenv(name, value)
    assert git("config", "--get", "core.sshCommand", folder=tmp_path).startswith(
        "ssh -i /run/secrets/git-key "
    )
    for host, found in (("git.example", True), ("other.example", False)):
        done = subprocess.run(
            ["git", "credential", "fill"],
            input=f"protocol=https\nhost={host}\n\n",
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ("username=reader\npassword=a word\n" in done.stdout, done.returncode == 0) == (found, found)
