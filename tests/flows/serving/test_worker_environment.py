"""A process of the worker runs the code that is meant for it, on the worker's own state, and no other checkout in silence."""

from pathlib import Path

import pytest

from flows.serving.worker_environment import repository_of, require_own_checkout, surroundings
from medicore.errors import ConfigurationError
from medicore.settings import Settings
from medicore.stores.content.pinned_code import PinnedCode


def test_a_clone_works_on_the_worker_s_state(tmp_path: Path) -> None:
    """Code and checkout are those of the clone, the state folder is the worker's, also where nothing named it."""
    code = PinnedCode(tmp_path / "checkout", tmp_path / "product", tmp_path / "python")
    assert surroundings(tmp_path / "state", code) == {
        "PYTHONPATH": str(tmp_path / "product"),
        "MEDICORE_CHECKOUT": str(tmp_path / "checkout"),
        "MEDICORE_HOME": str(tmp_path / "state"),
    }


def test_another_checkout_is_not_run_in_silence(tmp_path: Path) -> None:
    """A worker that is told of one checkout and stands in another does not begin, and says both."""
    for name in ("own", "other"):
        (tmp_path / name).mkdir()
    own = tmp_path / "own"
    (tmp_path / "link").symlink_to(own)
    for named in (None, "", str(own), str(tmp_path / "link")):
        require_own_checkout(named, own)
    with pytest.raises(
        ConfigurationError, match=r"MEDICORE_CHECKOUT names .*other, and this worker's code .*own; expected"
    ):
        require_own_checkout(str(tmp_path / "other"), own)


def test_commits_come_from_the_own_checkout_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MEDICORE_REPOSITORY says from where commits are cloned; without it that is the worker's checkout."""
    settings = Settings(root=tmp_path, home=tmp_path / "state")
    monkeypatch.delenv("MEDICORE_REPOSITORY", raising=False)
    assert repository_of(settings) == str(tmp_path)
    monkeypatch.setenv("MEDICORE_REPOSITORY", "https://git.example/medicore.git")
    assert repository_of(settings) == "https://git.example/medicore.git"
