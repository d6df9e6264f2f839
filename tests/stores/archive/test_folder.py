"""The folder behind the embedded archive: read-only files, labels, and nothing half written."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from medicore.errors import ArchiveError
from medicore.records.canonical import digest, sha256
from medicore.stores.archive.folder import FolderArchive

KEY = "archives/1/report.pdf"
LABEL = f"{KEY}.retention.json"


def files(folder: Path) -> list[str]:
    """Return the names of all files below a folder, hidden ones too."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_object_and_label_are_read_only(tmp_path: Path) -> None:
    """Beside the object lies its label; neither can be written by a plain open."""
    version = FolderArchive(tmp_path).put(KEY, b"bytes", "2040-02-01")
    assert version == sha256(b"bytes")
    assert files(tmp_path) == [KEY, LABEL]
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in (KEY, LABEL)] == [0o444, 0o444]
    label = json.loads((tmp_path / LABEL).read_bytes())
    assert label.pop("label") == digest(label)
    assert label == {"sha256": version, "size": 5, "retain_until": "2040-02-01"}


@pytest.mark.parametrize("fails", ["os.fsync", "pathlib.Path.hardlink_to", "pathlib.Path.mkdir"])
def test_full_disk_is_an_archive_error_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """Without room there is neither an object nor part of one, and archiving can be repeated (FAULTS 64)."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    archive = FolderArchive(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(fails, full)
        with pytest.raises(
            ArchiveError, match=f"^{KEY} could not be written: No space left on device; make room"
        ):
            archive.put(KEY, b"bytes", "2040-02-01")
    assert files(tmp_path) == []
    archive.put(KEY, b"bytes", "2040-02-01")
    assert archive.get(KEY) == b"bytes"


def test_label_that_was_not_written_is_written_when_repeated(tmp_path: Path) -> None:
    """An object whose label a crash prevented gets it from the repetition."""
    archive = FolderArchive(tmp_path)
    archive.put(KEY, b"bytes", "2040-02-01")
    (tmp_path / LABEL).unlink()
    archive.put(KEY, b"bytes", "2040-02-01")
    assert archive.retention(KEY) == "2040-02-01"


def test_date_that_was_changed_is_damage(tmp_path: Path) -> None:
    """A label that says a later day than was written is damaged too, although the object is kept no shorter."""
    archive = FolderArchive(tmp_path)
    archive.put(KEY, b"bytes", "2040-02-01")
    (tmp_path / LABEL).chmod(0o644)
    (tmp_path / LABEL).write_bytes((tmp_path / LABEL).read_bytes().replace(b"2040", b"2840"))
    with pytest.raises(ArchiveError, match=f"the retention label of {KEY} is damaged"):
        archive.retention(KEY)


@pytest.mark.parametrize("text", ["", "[]", "{}", "not JSON", '"2040"'])
def test_damaged_label_is_an_archive_error(tmp_path: Path, text: str) -> None:
    """A label that says no date is reported, not guessed."""
    archive = FolderArchive(tmp_path)
    archive.put(KEY, b"bytes", "2040-02-01")
    (tmp_path / LABEL).unlink()
    (tmp_path / LABEL).write_text(text)
    with pytest.raises(ArchiveError, match=f"the retention label of {KEY} is damaged"):
        archive.retention(KEY)


def test_disk_that_gives_other_bytes_back_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written is read again at once, and another answer is an error."""
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda _: b"other")
    with pytest.raises(
        ArchiveError, match="was read back with other bytes than were written; check the disk"
    ):
        FolderArchive(tmp_path).put(KEY, b"bytes", "2040-02-01")


def test_label_is_no_object(tmp_path: Path) -> None:
    """Nobody can put an object where another's label goes, and so say until when that is kept."""
    archive = FolderArchive(tmp_path)
    with pytest.raises(ArchiveError, match="is malformed"):
        archive.put(LABEL, b'{"retain_until": "2020-01-01"}', "2040-02-01")
    assert files(tmp_path) == []


def test_scratch_of_a_killed_process_is_no_object(tmp_path: Path) -> None:
    """What a power cut left beside the objects is not listed among them."""
    archive = FolderArchive(tmp_path)
    archive.put(KEY, b"bytes", "2040-02-01")
    (tmp_path / "archives" / "1" / ".writing.abc").write_bytes(b"half")
    assert archive.keys("archives") == (KEY,)


@pytest.mark.parametrize("damage", ["renamed", "edited"])
def test_extension_that_was_not_written_so_is_an_archive_error(tmp_path: Path, damage: str) -> None:
    """A label whose name and date disagree, or whose bytes were changed, is reported and counts for nothing."""
    archive = FolderArchive(tmp_path)
    archive.put(KEY, b"bytes", "2040-02-01")
    archive.extend(KEY, "2050-01-01")
    label = tmp_path / f"{KEY}~2050-01-01.retention.json"
    assert label.stat().st_mode & 0o777 == 0o444
    if damage == "renamed":
        label.rename(tmp_path / f"{KEY}~2060-01-01.retention.json")
    else:
        label.chmod(0o644)
        label.write_bytes(label.read_bytes().replace(b"2050-01-01", b"2060-01-01"))
    with pytest.raises(ArchiveError, match=f"the retention label of {KEY} is damaged"):
        archive.retention(KEY)


def test_labels_of_extensions_belong_to_their_object_alone(tmp_path: Path) -> None:
    """An object whose key looks like another's label is kept as long as it was itself put."""
    archive = FolderArchive(tmp_path)
    archive.put(KEY, b"bytes", "2040-02-01")
    archive.put(f"{KEY}.2", b"more bytes", "2041-01-01")
    archive.extend(KEY, "2050-01-01")
    assert (archive.retention(KEY), archive.retention(f"{KEY}.2")) == ("2050-01-01", "2041-01-01")
    assert archive.keys("archives") == (KEY, f"{KEY}.2")


@pytest.mark.parametrize("fails", ["os.fsync", "pathlib.Path.hardlink_to"])
def test_full_disk_leaves_the_retention_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """Without room nothing is extended, nothing is lost, and it can be repeated (FAULTS 64)."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    archive = FolderArchive(tmp_path)
    archive.put(KEY, b"bytes", "2040-02-01")
    before = files(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(fails, full)
        with pytest.raises(ArchiveError, match=f"^{KEY} could not be written: No space left on device"):
            archive.extend(KEY, "2050-01-01")
    assert (files(tmp_path), archive.retention(KEY)) == (before, "2040-02-01")
    archive.extend(KEY, "2050-01-01")
    assert archive.retention(KEY) == "2050-01-01"


def test_label_of_a_hold_is_read_only_and_belongs_to_its_object_alone(tmp_path: Path) -> None:
    """Each hold, and each end of one, is a label that is never written again, and no object."""
    archive = FolderArchive(tmp_path)
    archive.put(KEY, b"bytes", "2040-02-01")
    archive.put(f"{KEY}.2", b"more bytes", "2040-02-01")
    archive.hold(KEY)
    archive.lift(KEY)
    labels = [tmp_path / f"{KEY}~hold-{number}.json" for number in (1, 2)]
    assert [json.loads(label.read_bytes())["held"] for label in labels] == [True, False]
    assert [label.stat().st_mode & 0o777 for label in labels] == [0o444, 0o444]
    archive.hold(KEY)
    assert (archive.held(KEY), archive.held(f"{KEY}.2")) == (True, False)
    assert archive.keys("archives") == (KEY, f"{KEY}.2")


@pytest.mark.parametrize("damage", ["edited", "renamed", "first removed", "other bytes of the object"])
def test_hold_that_was_not_written_so_is_an_archive_error(tmp_path: Path, damage: str) -> None:
    """A label that was changed, moved, left alone or given another object is reported, and nothing is guessed."""
    archive = FolderArchive(tmp_path)
    archive.put(KEY, b"bytes", "2040-02-01")
    archive.hold(KEY)
    archive.lift(KEY)
    first, second = (tmp_path / f"{KEY}~hold-{number}.json" for number in (1, 2))
    if damage == "edited":
        second.chmod(0o644)
        second.write_bytes(second.read_bytes().replace(b"false", b"true"))
    elif damage == "renamed":
        second.rename(tmp_path / f"{KEY}~hold-3.json")
    elif damage == "first removed":
        first.unlink()
    else:
        (tmp_path / KEY).chmod(0o644)
        (tmp_path / KEY).write_bytes(b"other")
    for act in (archive.held, archive.hold, archive.lift):
        with pytest.raises(ArchiveError, match=rf"the legal hold label [12] of {KEY} is damaged"):
            act(KEY)


@pytest.mark.parametrize("fails", ["os.fsync", "pathlib.Path.hardlink_to"])
def test_full_disk_leaves_the_hold_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """Without room nothing is held, nothing is lost, and it can be repeated (FAULTS 64)."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    archive = FolderArchive(tmp_path)
    archive.put(KEY, b"bytes", "2040-02-01")
    before = files(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(fails, full)
        with pytest.raises(ArchiveError, match=f"^{KEY} could not be written: No space left on device"):
            archive.hold(KEY)
    assert (files(tmp_path), archive.held(KEY)) == (before, False)
    archive.hold(KEY)
    assert archive.held(KEY)


def test_folders_are_their_owners_alone_whatever_the_process_allows(tmp_path: Path) -> None:
    """Under a umask of 000 too nobody else can write to what is archived, nor look into its folders (FAULTS 80)."""
    before = os.umask(0)
    try:
        archive = FolderArchive(tmp_path / "archive")
        archive.put(KEY, b"bytes", "2040-02-01")
        archive.extend(KEY, "2041-02-01")
        archive.hold(KEY)
    finally:
        os.umask(before)
    parts = [tmp_path / "archive", *(tmp_path / "archive").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in parts if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in parts if path.is_file()} == {0o444}
    assert archive.prove().startswith("write-once folder")
