"""A record's own code is run as it was, and knows nothing of today's settings and secrets."""

from importlib.metadata import version
from pathlib import Path

import pytest

from medicore.errors import EstimationError, TimeLimitError
from medicore.kernels import VARIABLES
from medicore.stores.content import replay as replay_module
from medicore.stores.content.content_remote import FolderRemote
from medicore.stores.content.dvc_content import DvcContent
from medicore.stores.content.environment import LOCK_FILE
from medicore.stores.content.recorded_environment import RecordedEnvironments
from medicore.stores.content.replay import Replay
from medicore.stores.git.records import GitRecords

# Stands for the code of a record: it writes down what it was called with and which variables it saw.
RECORDED = """
import os, sys, time
from pathlib import Path

names = [name for name in os.environ if name.startswith(("MEDICORE_", "GIT_DIR", "PATH", "OMP_", "OPENBLAS_CORE", "NPY_"))]
Path("seen.txt").write_text("\\n".join([*sys.argv[1:], *sorted(names)]))
if "hang" in sys.argv:
    time.sleep(3600)
sys.exit("fail" in sys.argv)
"""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A record laid out: code of its own, and a lock file that today's packages meet."""
    folder = tmp_path / "record"
    (folder / "medicore").mkdir(parents=True)
    (folder / "medicore" / "__init__.py").write_text("")
    (folder / "medicore" / "__main__.py").write_text(RECORDED)
    (folder / LOCK_FILE).write_text(f"numpy=={version('numpy')}\n")
    return folder


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    """Replays of a state folder that holds nothing yet."""
    content = DvcContent(tmp_path / "cache", FolderRemote(tmp_path / "remote"), tmp_path / "site")
    return Replay(GitRecords(tmp_path / "records.git"), content, RecordedEnvironments(tmp_path / "env"))


def test_recorded_code_sees_no_setting_and_no_secret(
    replay: Replay, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No passphrase, secret or setting of today reaches it, nor the place of another git repository."""
    for name in ("MEDICORE_PASSPHRASE", "MEDICORE_EDC_SECRET", "MEDICORE_HOME", "GIT_DIR"):
        monkeypatch.setenv(name, "today")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    replay.perform(target, ["cohort", "report"], threads=2)
    assert (target / "seen.txt").read_text().split() == [
        "step",
        "cohort",
        "report",
        "OMP_NUM_THREADS",
        "PATH",
    ]


def test_recorded_code_that_fails_is_an_estimation_error(replay: Replay, target: Path) -> None:
    """A step that ends badly is told with its exit code."""
    with pytest.raises(EstimationError, match="exited with 1"):
        replay.perform(target, ["fail"])


def test_recorded_code_that_hangs_is_stopped(
    replay: Replay, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that does not end is stopped and told, since it may hold a study's month."""
    monkeypatch.setattr(replay_module, "_LIMIT_S", 1.0)
    with pytest.raises(TimeLimitError, match="did not end within 1 s"):
        replay.perform(target, ["hang"])


def test_code_older_than_the_pinned_kernels_gets_its_own(
    replay: Replay, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It computes with the kernels that the processor prefers, as in its day; with the pinned ones where asked."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    replay.perform(target, ["cohort"])
    assert not set(VARIABLES) & set((target / "seen.txt").read_text().split())
    replay.perform(target, ["cohort"], pinned=True)
    assert set(VARIABLES) <= set((target / "seen.txt").read_text().split())
