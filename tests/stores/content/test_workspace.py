"""A run's work folder is its commit with the run's own record in it, and survives a killed process."""

from pathlib import Path

import pytest
import yaml

from medicore.records.identifiers import RunId
from medicore.stores.content.content_remote import FolderRemote
from medicore.stores.content.dvc_content import DvcContent
from medicore.stores.content.workspace import Workspaces, parameters
from medicore.stores.files import FolderFiles
from medicore.stores.git.code import GitCode
from tests.conftest import git

RUN = RunId("REF-NHEFS", "2025-01", 2)
RECORD = "records/REF-NHEFS/2025-01"
PROTOCOL = b'{"study":"REF-NHEFS"}'
IDENTITY = {"run": str(RUN), "requested_by": "zoë", "accepted": []}
TEXTS = {
    "dvc.yaml": "stages: {}\n",
    "medicore/a.py": "a = 1\n",
    "params.yaml": "study: none\n",
    ".dvc/config": "[core]\n",
    f"{RECORD}/results.json": "stale\n",
}


@pytest.fixture
def code(tmp_path: Path) -> GitCode:
    """Return a checkout that a record was once left in."""
    root = tmp_path / "code"
    for name, text in TEXTS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git("init", "--quiet", folder=root)
    git("config", "user.name", "Tester", folder=root)
    git("config", "user.email", "tester@medicore.invalid", folder=root)
    git("add", "--all", folder=root)
    git("commit", "--quiet", "--message", "Code", folder=root)
    return GitCode(root)


@pytest.fixture
def workspaces(tmp_path: Path, code: GitCode) -> Workspaces:
    """Return work folders for that checkout."""
    content = DvcContent(tmp_path / "cache", FolderRemote(tmp_path / "remote"), tmp_path / "site")
    return Workspaces(tmp_path / "work", code, content)


def test_folder_holds_commit_protocol_and_parameters(workspaces: Workspaces, code: GitCode) -> None:
    """The tree is the commit's; the record folder holds the protocol alone; DVC finds its store."""
    workspaces.prepare(RUN, code.commit(), PROTOCOL, IDENTITY)
    folder = workspaces.path(RUN)
    assert (folder / "medicore" / "a.py").read_text() == TEXTS["medicore/a.py"]
    assert workspaces.files(RUN).names() == ("protocol.json",)
    assert workspaces.files(RUN).read("protocol.json") == PROTOCOL
    assert (folder / "params.yaml").read_bytes() == parameters(RUN, IDENTITY)
    assert b"remote" in (folder / ".dvc" / "config").read_bytes()
    assert b"no_scm = true" in (folder / ".dvc" / "config.local").read_bytes()


def test_what_steps_wrote_survives_preparing_again(workspaces: Workspaces, code: GitCode) -> None:
    """A resumed run finds its files; parameters and protocol are those given last (FAULTS 65)."""
    workspaces.prepare(RUN, code.commit(), PROTOCOL, IDENTITY)
    workspaces.files(RUN).write("lock/transfer.json", b"{}")
    later = {**IDENTITY, "accepted": [{"finding": "f" * 64}]}
    workspaces.prepare(RUN, code.commit(), PROTOCOL, later)
    assert workspaces.files(RUN).read("lock/transfer.json") == b"{}"
    stored = yaml.load((workspaces.path(RUN) / "params.yaml").read_bytes(), yaml.CSafeLoader)
    assert stored["run"]["accepted"] == later["accepted"]


@pytest.mark.parametrize("spoilt", [b"", b"{", b"\xff"])
def test_what_dvc_left_is_made_anew(workspaces: Workspaces, code: GitCode, spoilt: bytes) -> None:
    """A process killed while DVC wrote leaves locks and a lock file that nobody can read; a resumed run has none (FAULTS 65)."""
    workspaces.prepare(RUN, code.commit(), PROTOCOL, IDENTITY)
    folder = workspaces.path(RUN)
    (folder / ".dvc" / "tmp").mkdir()
    for name in (".dvc/tmp/rwlock", ".dvc/tmp/lock", "dvc.lock"):
        (folder / name).write_bytes(spoilt)
    workspaces.prepare(RUN, code.commit(), PROTOCOL, IDENTITY)
    assert not (folder / ".dvc" / "tmp").exists()
    assert not (folder / "dvc.lock").exists()


def test_half_made_folder_is_made_anew(workspaces: Workspaces, code: GitCode) -> None:
    """What a killed preparation left, before or after the tree was complete, is replaced (FAULTS 65)."""
    folder = workspaces.path(RUN)
    for left in (folder, folder.with_name(f".{folder.name}.new")):
        left.mkdir(parents=True)
        (left / "stray.py").write_text("")
    workspaces.prepare(RUN, code.commit(), PROTOCOL, IDENTITY)
    assert not (folder / "stray.py").exists()
    assert (folder / "dvc.yaml").exists()
    assert [entry.name for entry in folder.parent.iterdir()] == ["2"]


def test_runs_do_not_share_a_folder(workspaces: Workspaces, code: GitCode) -> None:
    """Two runs of a month are apart; taking away the lock of one leaves the other's, and can be repeated."""
    other = RunId(RUN.study, RUN.month, 3)
    for run in (RUN, other):
        workspaces.prepare(run, code.commit(), PROTOCOL, IDENTITY)
        workspaces.files(run).write("lock/raw/a.csv", b"a")
    workspaces.discard_lock(RUN)
    workspaces.discard_lock(RUN)
    assert workspaces.files(RUN).names() == ("protocol.json",)
    assert workspaces.files(other).names() == ("lock/raw/a.csv", "protocol.json")


def test_overlay_is_what_a_record_has_of_its_own(workspaces: Workspaces, code: GitCode) -> None:
    """Outside the record folder, parameters and DVC's configuration alone differ from the commit."""
    workspaces.prepare(RUN, code.commit(), PROTOCOL, IDENTITY)
    folder = workspaces.path(RUN)
    overlay = workspaces.overlay(RUN)
    assert overlay["params.yaml"] == parameters(RUN, IDENTITY)
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    changed = {
        name
        for name in names
        if not name.startswith(RECORD) and (folder / name).read_bytes() != TEXTS.get(name, "").encode()
    }
    assert changed == {*overlay, ".dvc/config.local"}


def test_parameters_name_the_record() -> None:
    """The parameters say where lock and protocol lie, and hold the identity in any script."""
    stored = yaml.load(parameters(RUN, IDENTITY), yaml.CSafeLoader)
    assert stored == {
        "study": "REF-NHEFS",
        "month": "2025-01",
        "lock": f"{RECORD}/lock",
        "protocol": f"{RECORD}/protocol.json",
        "run": IDENTITY,
    }
    assert parameters(RUN, dict(reversed(IDENTITY.items()))) == parameters(RUN, IDENTITY)
    assert RUN.folder == RECORD


def test_stored_table_is_read(workspaces: Workspaces, tmp_path: Path) -> None:
    """Bytes from a record become a table."""
    import pandas as pd

    files = FolderFiles(tmp_path)
    files.write_table("t.parquet", pd.DataFrame({"n": [1.5]}))
    assert workspaces.table(files.read("t.parquet"))["n"].tolist() == [1.5]


def test_a_folder_that_is_discarded_takes_empty_ones_with_it(workspaces: Workspaces, code: GitCode) -> None:
    """The folder of an ended run goes, and those of its month and study when no other run is there; again does nothing."""
    other = RunId(RUN.study, RUN.month, RUN.number + 1)
    for run in (RUN, other):
        workspaces.prepare(run, code.commit(), PROTOCOL, IDENTITY)
    workspaces.discard(RUN)
    assert (workspaces.path(RUN).exists(), workspaces.path(other).exists()) == (False, True)
    for _ in range(2):
        workspaces.discard(other)
        assert not workspaces.path(other).parent.parent.exists()
