"""Data go into the content store and come back to the byte, or it is said that they cannot."""

import json
import os
import shutil
from pathlib import Path

import pytest
import yaml

from medicore.errors import ConfigurationError, IntegrityError
from medicore.stores.content.content_remote import FolderRemote
from medicore.stores.content.dvc_content import DvcContent, md5
from tests.conftest import git
from tests.flip import flip
from tests.hostile import hostile_dvc

# DVC asks pygtrie for the value of a step that found nothing, which pygtrie 2.5 deprecates; DVC 3.67 still does.
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value will soon raise:DeprecationWarning")

RECORD = "records/REF-NHEFS/2025-01"
RAW = {"transfer.json": b"{}\n", "raw/subjects.csv": b"id\r\n001\r\n"}
PIPELINE = f"""
stages:
  cohort:
    cmd: "false"
    outs: [{RECORD}/analysis.parquet]
  report:
    cmd: "false"
    deps: [{RECORD}/analysis.parquet]
    outs: [{RECORD}/report.pdf, {RECORD}/results.json: {{cache: false}}]
"""


@pytest.fixture
def content(tmp_path: Path) -> DvcContent:
    """Return an empty content store."""
    return DvcContent(tmp_path / "cache", FolderRemote(tmp_path / "remote"), tmp_path / "site")


def scratch(content: DvcContent, folder: Path) -> Path:
    """Return a work folder as DVC expects it, without data."""
    for name, data in {
        ".dvc/config": content.config(),
        ".dvc/config.local": content.local_config(),
        "dvc.yaml": PIPELINE.encode(),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / RECORD).mkdir(parents=True)
    return folder


def locked(content: DvcContent, folder: Path) -> bytes:
    """Put a data lock into the store, and return its pointer."""
    work = scratch(content, folder)
    for name, data in RAW.items():
        (work / RECORD / "lock" / name).parent.mkdir(parents=True, exist_ok=True)
        (work / RECORD / "lock" / name).write_bytes(data)
    return content.add(work, f"{RECORD}/lock")


def committed(content: DvcContent, folder: Path) -> bytes:
    """Record the outputs of two stages, and return ``dvc.lock``."""
    work = scratch(content, folder)
    for name in ("analysis.parquet", "report.pdf", "results.json"):
        (work / RECORD / name).write_bytes(name.encode())
    return content.commit(work, ["cohort", "report"])


def stored(folder: Path, address: str) -> Path:
    """Return where DVC keeps an object below cache or remote."""
    return folder / "files" / "md5" / address[:2] / address[2:]


def test_data_lock_comes_back_after_its_folder_is_gone(content: DvcContent, tmp_path: Path) -> None:
    """A frozen folder is restored from its pointer alone, on a machine that has the remote only."""
    pointer = locked(content, tmp_path / "first")
    shutil.rmtree(tmp_path / "first")
    shutil.rmtree(tmp_path / "cache")
    work = scratch(content, tmp_path / "second")
    (work / RECORD / "lock.dvc").write_bytes(pointer)
    content.pull(work, [f"{RECORD}/lock.dvc"])
    found = {name: (work / RECORD / "lock" / name).read_bytes() for name in RAW}
    assert found == RAW


def test_outputs_of_stages_are_recorded_without_running_them(content: DvcContent, tmp_path: Path) -> None:
    """Committing records what lies there, though the stages' commands would fail, and pulling restores it."""
    lock = committed(content, tmp_path / "first")
    assert set(yaml.load(lock, yaml.CSafeLoader)["stages"]) == {"cohort", "report"}
    shutil.rmtree(tmp_path / "cache")
    work = scratch(content, tmp_path / "second")
    (work / "dvc.lock").write_bytes(lock)
    (work / RECORD / "results.json").write_bytes(b"results.json")
    content.pull(work, ["cohort", "report"])
    assert (work / RECORD / "analysis.parquet").read_bytes() == b"analysis.parquet"
    assert (work / RECORD / "report.pdf").read_bytes() == b"report.pdf"


def test_every_file_has_its_address(content: DvcContent, tmp_path: Path) -> None:
    """The addresses of a record name each output and each file of the lock, and the store holds them."""
    pointer, lock = locked(content, tmp_path / "first"), committed(content, tmp_path / "second")
    outputs = {name: md5(name.encode()) for name in ("analysis.parquet", "report.pdf", "results.json")}
    frozen = {f"lock/{name}": md5(data) for name, data in RAW.items()}
    assert content.addresses(RECORD, lock, pointer) == {**outputs, **frozen}
    assert content.addresses(RECORD, lock, b"") == outputs
    assert content.addresses(RECORD, b"", pointer) == frozen
    assert content.addresses(RECORD, b"", b"") == {}
    for name, data in RAW.items():
        copies = [("content store", data), ("local cache", data)]
        assert list(content.objects(frozen[f"lock/{name}"])) == copies


def test_objects_tells_the_places_apart(content: DvcContent, tmp_path: Path) -> None:
    """Each copy is returned as it lies there, damaged ones too; an unknown object has none."""
    locked(content, tmp_path / "first")
    address = md5(RAW["transfer.json"])
    path = stored(tmp_path / "remote", address)
    path.chmod(0o644)
    path.write_bytes(b"spoilt")
    assert content.objects(address) == (("content store", b"spoilt"), ("local cache", RAW["transfer.json"]))
    stored(tmp_path / "cache", address).unlink()
    assert content.objects(address) == (("content store", b"spoilt"),)
    assert content.objects("0" * 32) == ()


@pytest.mark.parametrize("place", ["cache", "remote"])
@pytest.mark.parametrize("name", [*RAW, None])
def test_a_spoilt_object_is_not_taken_for_the_data_that_are_stored(
    content: DvcContent, tmp_path: Path, place: str, name: str | None
) -> None:
    """DVC takes any object of the right name for the data, or for their list: that is refused, without a pointer."""
    pointer = locked(content, tmp_path / "first")
    address = md5(RAW[name]) if name else yaml.load(pointer, yaml.CSafeLoader)["outs"][0]["md5"]
    path = stored(tmp_path / place, address)
    flip(path)
    evidence = path.read_bytes()
    where = {"cache": "local cache", "remote": "content store"}[place]
    said = (
        f"the {where} has other bytes as object {address}; expected" if name else "set a damaged object aside"
    )
    with pytest.raises(IntegrityError, match=said):
        locked(content, tmp_path / "second")
    assert not (tmp_path / "second" / RECORD / "lock.dvc").exists()
    assert path.read_bytes() == evidence
    path.rename(tmp_path / "evidence")
    assert locked(content, tmp_path / "third") == pointer


@pytest.mark.parametrize("place", ["cache", "remote"])
def test_a_spoilt_object_is_not_taken_for_an_output(content: DvcContent, tmp_path: Path, place: str) -> None:
    """The outputs of stages are read back too, and what git holds is not looked for."""
    committed(content, tmp_path / "first")
    flip(stored(tmp_path / place, md5(b"analysis.parquet")))
    with pytest.raises(IntegrityError, match=r"analysis\.parquet cannot be stored"):
        committed(content, tmp_path / "second")


def test_missing_object_is_an_integrity_error(content: DvcContent, tmp_path: Path) -> None:
    """What neither remote nor cache has cannot be pulled, and the message names the target."""
    pointer = locked(content, tmp_path / "first")
    address = md5(RAW["raw/subjects.csv"])
    stored(tmp_path / "remote", address).unlink()
    shutil.rmtree(tmp_path / "cache")
    work = scratch(content, tmp_path / "second")
    (work / RECORD / "lock.dvc").write_bytes(pointer)
    with pytest.raises(IntegrityError, match=rf"cannot return {RECORD}/lock\.dvc; run"):
        content.pull(work, iter([f"{RECORD}/lock.dvc"]))


@pytest.mark.parametrize("list_of_files", [None, b"\xff not JSON", b'{"a": 1}', b"[{}]"])
def test_lost_or_damaged_list_of_files_is_an_integrity_error(
    content: DvcContent, tmp_path: Path, list_of_files: bytes | None
) -> None:
    """Without a readable list of the lock's files nothing can be said about them."""
    pointer = locked(content, tmp_path / "first")
    address = yaml.load(pointer, yaml.CSafeLoader)["outs"][0]["md5"]
    for place in (tmp_path / "remote", tmp_path / "cache"):
        path = stored(place, address)
        path.chmod(0o644)
        path.unlink()
        if list_of_files is not None:
            path.write_bytes(list_of_files)
    with pytest.raises(IntegrityError, match=r"the data lock's list of files is (missing|damaged)"):
        content.addresses(RECORD, b"", pointer)


def test_configuration_of_a_record_names_the_remote_alone(content: DvcContent, tmp_path: Path) -> None:
    """An auditor's clone finds the remote, and no cache of this installation."""
    text = content.config().decode()
    assert str((tmp_path / "remote").resolve()) in text
    assert "analytics = false" in text
    assert str(tmp_path / "cache") not in text
    assert "type = copy" in content.local_config().decode()


def test_same_data_have_the_same_pointer(content: DvcContent, tmp_path: Path) -> None:
    """Freezing the same files again stores nothing new and gives the same pointer."""
    assert locked(content, tmp_path / "first") == locked(content, tmp_path / "second")
    pointer = yaml.load(locked(content, tmp_path / "third"), yaml.CSafeLoader)
    address = pointer["outs"][0]["md5"]
    listed = json.loads(content.objects(address)[0][1])
    assert {item["relpath"] for item in listed} == set(RAW)


def test_git_around_the_work_folder_is_left_alone(content: DvcContent, tmp_path: Path) -> None:
    """DVC writes no ignore file and stages nothing in a git repository that holds the work folder."""
    git("init", "--quiet", folder=tmp_path)
    locked(content, tmp_path / "first")
    assert list((tmp_path / "first").rglob(".gitignore")) == []
    assert git("diff", "--cached", "--name-only", folder=tmp_path) == ""


def test_a_user_s_own_dvc_changes_nothing(
    content: DvcContent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables and configuration of user and machine, even broken ones, change no pointer, and stay as they are."""
    pointer, lock = locked(content, tmp_path / "first"), committed(content, tmp_path / "second")
    theirs = hostile_dvc(tmp_path / "theirs")
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)
    for place in ("cache", "remote", "site"):
        shutil.rmtree(tmp_path / place)
    assert locked(content, tmp_path / "third") == pointer
    assert committed(content, tmp_path / "fourth") == lock
    again = scratch(content, tmp_path / "fifth")
    (again / RECORD / "lock.dvc").write_bytes(pointer)
    content.pull(again, [f"{RECORD}/lock.dvc"])
    assert not (again / RECORD / "lock" / "transfer.json").is_symlink()
    assert [path.name for path in (tmp_path / "theirs").iterdir()] == ["config"]
    assert {name: os.environ[name] for name in theirs} == theirs


@pytest.mark.parametrize(
    ("name", "spoilt"),
    [(".dvc/tmp/rwlock", b""), (".dvc/tmp/rwlock", b"{"), ("dvc.lock", b"[]"), ("dvc.lock", b"\xff")],
)
def test_what_dvc_cannot_read_of_its_own_is_told_with_the_folder(
    content: DvcContent, tmp_path: Path, name: str, spoilt: bytes
) -> None:
    """Where DVC's own state in a work folder is damaged, one line names that folder (FAULTS 65)."""
    work = scratch(content, tmp_path / "work")
    (work / name).parent.mkdir(exist_ok=True)
    (work / name).write_bytes(spoilt)
    for output in ("analysis.parquet", "report.pdf", "results.json"):
        (work / RECORD / output).write_bytes(b"x")
    with pytest.raises(
        ConfigurationError, match="the content store could not store cohort, report: "
    ) as told:
        content.commit(work, ["cohort", "report"])
    assert f"; mend the folder {work}, then" in str(told.value)
    assert "\n" not in str(told.value)
