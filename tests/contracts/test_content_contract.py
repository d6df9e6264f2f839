"""What every content store does, DVC's or the one in memory: data go in under their MD5 and come back to the byte."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from medicore.errors import IntegrityError
from medicore.stores.content.content_remote import FolderRemote
from medicore.stores.content.dvc_content import DvcContent
from tests.whole_house.content import MemoryContent

# DVC asks pygtrie for the value of a step that found nothing, which pygtrie 2.5 deprecates; DVC 3.67 still does.
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value will soon raise:DeprecationWarning")

RECORD = "records/REF-NHEFS/2025-01"
RAW = {"transfer.json": b"{}\n", "raw/subjects.csv": b"id\r\n001\r\n"}
OUTPUTS = ("analysis.parquet", "report.pdf", "results.json")
PIPELINE = """
stages:
  cohort:
    cmd: "false"
    outs: ["records/${study}/${month}/analysis.parquet"]
  report:
    cmd: "false"
    deps: ["records/${study}/${month}/analysis.parquet"]
    outs: ["records/${study}/${month}/report.pdf", "records/${study}/${month}/results.json": {cache: false}]
"""
PLACES = ("content store", "local cache")
Content = DvcContent | MemoryContent
Spoil = Callable[[str, str, bytes | None], None]
"""Puts other bytes, or none, in the place of an object: by the place it is read from, and its address."""


@pytest.fixture(params=["dvc", "memory"])
def content(request: pytest.FixtureRequest, tmp_path: Path) -> Content:
    """Return an empty content store."""
    if request.param == "memory":
        return MemoryContent()
    return DvcContent(tmp_path / "cache", FolderRemote(tmp_path / "remote"), tmp_path / "site")


@pytest.fixture
def spoil(content: Content, tmp_path: Path) -> Spoil:
    """Return what damages a stored object behind the store's back."""

    def in_memory(place: str, address: str, data: bytes | None) -> None:
        assert isinstance(content, MemoryContent)
        held = {"content store": content.remote, "local cache": content.cache}[place]
        held.pop(address)
        if data is not None:
            held[address] = data

    def on_disk(place: str, address: str, data: bytes | None) -> None:
        folder = tmp_path / {"content store": "remote", "local cache": "cache"}[place]
        path = folder / "files" / "md5" / address[:2] / address[2:]
        path.chmod(0o644)
        path.unlink()
        if data is not None:
            path.write_bytes(data)

    return in_memory if isinstance(content, MemoryContent) else on_disk


def md5(data: bytes) -> str:
    """Return the MD5 of some bytes."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def work(content: Content, folder: Path) -> Path:
    """Return a work folder without data."""
    for name, data in {
        ".dvc/config": content.config(),
        ".dvc/config.local": content.local_config(),
        "dvc.yaml": PIPELINE.encode(),
        "params.yaml": b"study: REF-NHEFS\nmonth: 2025-01\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / RECORD).mkdir(parents=True)
    return folder


def locked(content: Content, folder: Path) -> bytes:
    """Put a data lock into the store and return its pointer."""
    made = work(content, folder)
    for name, data in RAW.items():
        (made / RECORD / "lock" / name).parent.mkdir(parents=True, exist_ok=True)
        (made / RECORD / "lock" / name).write_bytes(data)
    return content.add(made, f"{RECORD}/lock")


def committed(content: Content, folder: Path, *stages: str) -> bytes:
    """Record the outputs of stages and return ``dvc.lock``."""
    made = work(content, folder)
    for name in OUTPUTS:
        (made / RECORD / name).write_bytes(name.encode())
    return content.commit(made, stages or ("cohort", "report"))


def test_a_folder_is_stored_file_by_file_with_their_list(content: Content, tmp_path: Path) -> None:
    """The pointer names the list of files, the list names each of them, and both places hold them all."""
    pointer = locked(content, tmp_path / "work")
    assert (tmp_path / "work" / RECORD / "lock.dvc").read_bytes() == pointer
    listed = json.dumps([{"md5": md5(RAW[name]), "relpath": name} for name in sorted(RAW)]).encode()
    (out,) = yaml.load(pointer, yaml.CSafeLoader)["outs"]
    assert out == {
        "md5": f"{md5(listed)}.dir", "size": sum(map(len, RAW.values())), "nfiles": 2, "hash": "md5", "path": "lock",
    }  # fmt: skip
    assert content.objects(out["md5"]) == tuple((place, listed) for place in PLACES)
    for data in RAW.values():
        assert content.objects(md5(data)) == tuple((place, data) for place in PLACES)
    assert content.objects("0" * 32) == ()


def test_a_file_is_put_under_its_own_name(content: Content) -> None:
    """One file has its MD5 and its pointer, twice the same."""
    address, pointer = content.put("report.signed.pdf", b"%PDF")
    assert address == md5(b"%PDF")
    assert yaml.load(pointer, yaml.CSafeLoader)["outs"] == [
        {"md5": address, "size": 4, "hash": "md5", "path": "report.signed.pdf"}
    ]
    assert content.put("report.signed.pdf", b"%PDF") == (address, pointer)


def test_outputs_of_stages_are_recorded_without_running_them(content: Content, tmp_path: Path) -> None:
    """The lock file names each output of the stages asked for; what git holds itself is named and not stored."""
    lock = committed(content, tmp_path / "work")
    assert (tmp_path / "work" / "dvc.lock").read_bytes() == lock
    assert set(yaml.load(lock, yaml.CSafeLoader)["stages"]) == {"cohort", "report"}
    kept = [name for name in OUTPUTS if "content store" in dict(content.objects(md5(name.encode())))]
    assert kept == ["analysis.parquet", "report.pdf"]
    assert set(yaml.load(committed(content, tmp_path / "one", "cohort"), yaml.CSafeLoader)["stages"]) == {
        "cohort"
    }


def test_every_file_has_its_address(content: Content, tmp_path: Path) -> None:
    """The addresses of a record name each output and each file of the lock."""
    pointer, lock = locked(content, tmp_path / "first"), committed(content, tmp_path / "second")
    outputs = {name: md5(name.encode()) for name in OUTPUTS}
    frozen = {f"lock/{name}": md5(data) for name, data in RAW.items()}
    assert content.addresses(RECORD, lock, pointer) == {**outputs, **frozen}
    assert content.addresses(RECORD, lock, b"") == outputs
    assert content.addresses(RECORD, b"", pointer) == frozen
    assert content.addresses(RECORD, b"", b"") == {}


def test_same_data_have_the_same_pointer(content: Content, tmp_path: Path) -> None:
    """Storing the same files again gives the same pointer, and the same outputs the same lock file."""
    assert locked(content, tmp_path / "first") == locked(content, tmp_path / "second")
    assert committed(content, tmp_path / "third") == committed(content, tmp_path / "fourth")


def test_objects_tells_the_places_apart(content: Content, tmp_path: Path, spoil: Spoil) -> None:
    """Each copy is returned as it lies there, a damaged one too."""
    locked(content, tmp_path / "work")
    address = md5(RAW["transfer.json"])
    spoil("content store", address, b"spoilt")
    assert content.objects(address) == (("content store", b"spoilt"), ("local cache", RAW["transfer.json"]))
    spoil("local cache", address, None)
    assert content.objects(address) == (("content store", b"spoilt"),)


@pytest.mark.parametrize("place", PLACES)
def test_a_spoilt_object_is_not_taken_for_the_data(
    content: Content, tmp_path: Path, place: str, spoil: Spoil
) -> None:
    """What has the right name and other bytes is refused and stays as evidence; no pointer is left."""
    pointer = locked(content, tmp_path / "first")
    address = md5(RAW["raw/subjects.csv"])
    spoil(place, address, b"other bytes")
    with pytest.raises(
        IntegrityError, match=rf"subjects\.csv cannot be stored: the {place} has other bytes as"
    ):
        locked(content, tmp_path / "second")
    assert not (tmp_path / "second" / RECORD / "lock.dvc").exists()
    assert dict(content.objects(address))[place] == b"other bytes"
    spoil(place, address, None)
    assert locked(content, tmp_path / "third") == pointer
    copies = content.objects(address)
    assert {data for _, data in copies} == {RAW["raw/subjects.csv"]}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("lost", ["a file", "the list", "both"])
def test_storing_again_completes_what_is_missing(
    content: Content, tmp_path: Path, place: str, lost: str, spoil: Spoil
) -> None:
    """A file or the list of files that is gone from either place is there again once the same lock is stored (FAULTS 80)."""
    pointer = locked(content, tmp_path / "first")
    file, listed = md5(RAW["raw/subjects.csv"]), yaml.load(pointer, yaml.CSafeLoader)["outs"][0]["md5"]
    gone = {"a file": [file], "the list": [listed], "both": [file, listed]}[lost]
    for address in gone:
        spoil(place, address, None)
        assert place not in dict(content.objects(address))
    assert locked(content, tmp_path / "second") == pointer
    for address in (file, listed):
        assert [where for where, _ in content.objects(address)] == list(PLACES)


@pytest.mark.parametrize("place", PLACES)
def test_a_spoilt_object_is_not_taken_for_an_output(
    content: Content, tmp_path: Path, place: str, spoil: Spoil
) -> None:
    """The outputs of stages, and a single file, are refused in the same way."""
    committed(content, tmp_path / "first")
    spoil(place, md5(b"analysis.parquet"), b"other bytes")
    with pytest.raises(IntegrityError, match=r"analysis\.parquet cannot be stored"):
        committed(content, tmp_path / "second")
    with pytest.raises(IntegrityError, match=r"other\.pdf cannot be stored"):
        content.put("other.pdf", b"analysis.parquet")


@pytest.mark.parametrize("listed", [None, b"\xff not JSON", b'{"a": 1}', b"[{}]"])
def test_lost_or_damaged_list_of_files_is_an_integrity_error(
    content: Content, tmp_path: Path, listed: bytes | None, spoil: Spoil
) -> None:
    """Without a readable list of the lock's files nothing can be said about them."""
    pointer = locked(content, tmp_path / "work")
    for place in PLACES:
        spoil(place, yaml.load(pointer, yaml.CSafeLoader)["outs"][0]["md5"], listed)
    with pytest.raises(IntegrityError, match=r"the data lock's list of files is (missing|damaged)"):
        content.addresses(RECORD, b"", pointer)
