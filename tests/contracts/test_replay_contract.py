"""What every replay does, by processes or in memory: a record laid out with its lock, and its steps performed again."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from medicore.errors import EstimationError, IntegrityError
from medicore.records.canonical import document
from medicore.records.identifiers import RunId
from medicore.stores.content.content_remote import FolderRemote
from medicore.stores.content.dvc_content import DvcContent
from medicore.stores.content.recorded_environment import RecordedEnvironments
from medicore.stores.content.replay import Replay
from medicore.stores.content.workspace import parameters
from medicore.stores.files import FolderFiles
from medicore.stores.git.records import GitRecords
from tests.conftest import ROOT
from tests.steps.delivered_trial import ROWS, protocol, table, transfer
from tests.whole_house.checkout import SmallCode, commit, make_checkout
from tests.whole_house.content import MemoryContent
from tests.whole_house.people import START
from tests.whole_house.records import MemoryRecords
from tests.whole_house.renderer import QuickRenderer
from tests.whole_house.replay import MemoryReplay

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value will soon raise:DeprecationWarning")

RUN = RunId("TEST-TRIAL", "2025-03", 1)
TAG = f"record/{RUN}"
KEPT = ("protocol.json", "lock.dvc")


class Sealed(NamedTuple):
    """A replay, the record that it can lay out, the bundle of it, and the pointer to another lock with one row less."""

    replay: Replay | MemoryReplay
    content: DvcContent | MemoryContent
    commit: str
    bundle: bytes
    other: bytes


@pytest.fixture(scope="module", params=["processes", "memory"])
def sealed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """Seal a record with a data lock and one document more, of the code under test."""
    folder = tmp_path_factory.mktemp("sealed")
    make_checkout(folder / "code")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "medicore", folder / "code" / "medicore", ignore=ignored, dirs_exist_ok=True)
    commit(folder / "code", "All of it")
    code = SmallCode(folder / "code")
    records: GitRecords | MemoryRecords = MemoryRecords()
    content: DvcContent | MemoryContent = MemoryContent()
    if request.param == "processes":
        records = GitRecords(folder / "records.git")
        records.create()
        content = DvcContent(folder / "cache", FolderRemote(folder / "remote"), folder / "site")
        replay: Replay | MemoryReplay = Replay(
            records, content, RecordedEnvironments(folder / "environments")
        )
    else:
        replay = MemoryReplay(records, content, QuickRenderer())
    records.adopt(code, code.commit())
    pointers = [_frozen(content, folder / str(rows), rows) for rows in (len(ROWS), len(ROWS) - 1)]
    identity = {"accepted": [], "renderer": "embedded"}
    sealing = records.seal(
        parent=code.commit(),
        replaced=RUN.folder,
        files={
            "params.yaml": parameters(RUN, identity),
            ".dvc/config": content.config(),
            f"{RUN.folder}/protocol.json": document(protocol().as_json()),
            f"{RUN.folder}/lock.dvc": pointers[0],
            f"{RUN.folder}/extract.json": b"recorded",
        },
        tag=TAG,
        message="sealed",
        actor="ana",
        at=START,
    )
    return Sealed(replay, content, sealing, records.bundle(TAG), pointers[1])


def _frozen(content: DvcContent | MemoryContent, folder: Path, rows: int) -> bytes:
    """Freeze a delivery of so many rows, and return its pointer."""
    from medicore.steps.extract import freeze

    freeze(FolderFiles(folder / RUN.folder), transfer(table(ROWS[:rows]), rows), None)
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_bytes(content.config())
    (folder / ".dvc" / "config.local").write_bytes(content.local_config())
    return content.add(folder, f"{RUN.folder}/lock")


def laid_out(sealed: Sealed, target: Path, **more: bytes) -> FolderFiles:
    """Lay the record out; ``more`` replaces files of its folder."""
    replaced = {f"{RUN.folder}/{name.replace('_', '.')}": data for name, data in more.items()}
    found = sealed.replay.lay_out(sealed.commit, RUN.folder, target, KEPT, replaced)
    assert isinstance(found, FolderFiles)
    return found


def test_a_record_is_laid_out_with_its_lock_and_what_is_kept(sealed: Sealed, tmp_path: Path) -> None:
    """The folder holds the code, the lock as it was frozen and the files that are kept; documents are left out."""
    files = laid_out(sealed, tmp_path / "scratch")
    assert set(files.names()) == {*KEPT, "lock/transfer.json", "lock/raw/subjects.csv"}
    assert files.read("lock/raw/subjects.csv") == table()
    assert (
        yaml.load((tmp_path / "scratch" / "params.yaml").read_text(), yaml.CSafeLoader)["study"] == RUN.study
    )
    assert (tmp_path / "scratch" / "requirements.lock").is_file()


def test_another_pointer_brings_another_lock(sealed: Sealed, tmp_path: Path) -> None:
    """Files that are replaced take the place of the record's own before the lock is brought."""
    files = laid_out(sealed, tmp_path / "scratch", lock_dvc=sealed.other, protocol_json=b"{}")
    assert files.read("lock/raw/subjects.csv") == table(ROWS[:-1])
    assert files.read("protocol.json") == b"{}"


def test_a_bundle_is_laid_out_without_the_store(sealed: Sealed, tmp_path: Path) -> None:
    """Code and record come from the bundle alone, the lock does not; a damaged bundle or another tag is refused."""
    files = sealed.replay.lay_out_bundle(sealed.bundle, TAG, RUN.folder, tmp_path / "scratch", KEPT)
    assert set(files.names()) == set(KEPT)
    assert (tmp_path / "scratch" / "dvc.yaml").is_file()
    for bundle, tag in ((sealed.bundle[:-30], TAG), (sealed.bundle, "record/another")):
        with pytest.raises(IntegrityError, match="the bundle is damaged or has no tag"):
            sealed.replay.lay_out_bundle(bundle, tag, RUN.folder, tmp_path / "other", KEPT)


def test_steps_are_performed_on_what_lies_there(sealed: Sealed, tmp_path: Path) -> None:
    """The steps asked for write their files, and no other; done twice they write the same bytes."""
    found = []
    for target in (tmp_path / "first", tmp_path / "second"):
        files = laid_out(sealed, target)
        sealed.replay.perform(target, ["extract"], threads=1)
        found.append({name: files.read(name) for name in files.names() if name.startswith("extract")})
    assert set(found[0]) == {"extract.json", "extract.parquet"}
    assert found[0] == found[1]


def test_a_step_that_cannot_be_performed_says_why(sealed: Sealed, tmp_path: Path) -> None:
    """What MediCore says in the replay is in the message, as the process would have told it."""
    laid_out(sealed, tmp_path / "scratch", protocol_json=b"{")
    with pytest.raises(EstimationError, match=r"exited with 3: medicore: protocol\.json is not valid YAML"):
        sealed.replay.perform(tmp_path / "scratch", ["extract"])


def test_a_lock_that_no_copy_holds_is_an_integrity_error(sealed: Sealed, tmp_path: Path) -> None:
    """What the store has lost cannot be laid out."""
    lost = sealed.other.replace(
        yaml.load(sealed.other, yaml.CSafeLoader)["outs"][0]["md5"].encode(), b"0" * 32 + b".dir"
    )
    with pytest.raises(IntegrityError, match=r"cannot return .*lock\.dvc"):
        laid_out(sealed, tmp_path / "scratch", lock_dvc=lost)
