"""Files are whole or not there; tables come back as they were; a lock is one process's alone."""

import errno
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medicore.errors import BusyError, ConfigurationError, IntegrityError
from medicore.stores.files import FolderFiles, FolderLocks, read_parquet, write_atomically
from tests.conftest import ROOT

TABLE = pd.DataFrame(
    {
        "subject": ["001", "NA", "نور"],
        "score": [0.1, np.nan, 1e-300],
        "count": pd.array([1, None, 2**62 + 1], dtype="Int64"),
        "retained": [True, False, True],
    }
)


def full_disk(*_: Any) -> None:
    """Fail as a write to a full disk does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_bytes_come_back_and_others_may_read_them(tmp_path: Path) -> None:
    """A file is written into folders that did not exist, to the byte, readable by everyone."""
    path = tmp_path / "new" / "folder" / "file.bin"
    write_atomically(path, b"\x00\r\n\xff")
    assert path.read_bytes() == b"\x00\r\n\xff"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [entry.name for entry in path.parent.iterdir()] == ["file.bin"]


@pytest.mark.parametrize("fails", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.chmod"])
@pytest.mark.parametrize("before", [None, b"the old file"])
def test_full_disk_leaves_the_old_file_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, before: bytes | None
) -> None:
    """Where writing fails, what was there stays whole and no scratch file is left (FAULTS 64)."""
    path = tmp_path / "file"
    if before is not None:
        path.write_bytes(before)
    with monkeypatch.context() as patched:
        patched.setattr(fails, full_disk)
        with pytest.raises(ConfigurationError, match="file could not be written: No space left"):
            write_atomically(path, b"the new file")
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == ([] if before is None else [before])


def test_reader_never_sees_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the bytes are on the disk, the name still holds the old file."""
    path, seen = tmp_path / "file", []
    path.write_bytes(b"old")
    sync = os.fsync

    def look_first(handle: int) -> None:
        seen.append(path.read_bytes())
        sync(handle)

    monkeypatch.setattr("os.fsync", look_first)
    write_atomically(path, b"new")
    assert (seen, path.read_bytes()) == ([b"old"], b"new")


def test_interrupted_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of writing is a failure like others."""

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", b"bytes")
    assert list(tmp_path.iterdir()) == []


def test_lock_may_lie_elsewhere(tmp_path: Path) -> None:
    """The data lock keeps its name in the record folder, wherever it lies."""
    files = FolderFiles(tmp_path / "record", tmp_path / "frozen")
    assert not files.exists("lock")
    files.write("lock/raw/a.csv", b"1")
    files.write("check.json", b"{}")
    assert (tmp_path / "frozen" / "raw" / "a.csv").read_bytes() == files.read("lock/raw/a.csv") == b"1"
    assert files.exists("lock")
    assert files.names("lock") == ("lock/raw/a.csv",)
    assert not (tmp_path / "record" / "lock").exists()


def test_names_are_sorted_and_without_hidden_files(tmp_path: Path) -> None:
    """Listing a folder gives every file below it, and no scratch or hidden ones."""
    files = FolderFiles(tmp_path)
    for name in ("b.json", "a/c.json", "a/.b.json.x1", ".git/config", "lock/z"):
        files.write(name, b"")
    assert files.names() == ("a/c.json", "b.json", "lock/z")
    assert files.names("a") == ("a/c.json",)
    assert files.names("nothing") == ()


def test_missing_file_is_an_integrity_error(tmp_path: Path) -> None:
    """A file that a step needs and nobody wrote is named."""
    with pytest.raises(IntegrityError, match=r"^cohort\.json is missing from the record folder"):
        FolderFiles(tmp_path).read("cohort.json")


def test_table_comes_back_and_gives_the_same_bytes(tmp_path: Path) -> None:
    """A table keeps its values, texts, missing ones and 64-bit integers, and always has the same bytes."""
    first, second = FolderFiles(tmp_path / "1"), FolderFiles(tmp_path / "2")
    first.write_table("t.parquet", TABLE)
    second.write_table("t.parquet", TABLE.iloc[[0, 1, 2]])
    assert first.read("t.parquet") == second.read("t.parquet")
    found = first.read_table("t.parquet")
    assert list(found.columns) == list(TABLE.columns)
    assert found["subject"].tolist() == ["001", "NA", "نور"]
    assert found["score"].isna().tolist() == [False, True, False]
    assert found["score"].iloc[2] == 1e-300
    assert str(found["count"].dtype) == "Int64"
    assert (found["count"].iloc[2], bool(found["count"].isna().iloc[1])) == (2**62 + 1, True)
    assert found["retained"].tolist() == [True, False, True]


def test_damaged_table_is_an_integrity_error(tmp_path: Path) -> None:
    """Bytes that are no Parquet file, or half of one, are refused by name."""
    files = FolderFiles(tmp_path)
    files.write_table("t.parquet", TABLE)
    whole = files.read("t.parquet")
    for data in (b"", b"PAR1", whole[: len(whole) // 2]):
        with pytest.raises(IntegrityError, match=r"^t\.parquet is not a readable Parquet file"):
            read_parquet(data, "t.parquet")


def test_lock_names_its_holder(tmp_path: Path) -> None:
    """Who comes second learns who is at work; other studies and months are free (FAULTS 66)."""
    locks = FolderLocks(tmp_path / "locks")
    with locks.hold("REF-NHEFS", "2025-01", "run 1"):
        expected = rf"^REF-NHEFS 2025-01 is at work in run 1 \(process {os.getpid()} on {socket.gethostname()}\); wait"
        with pytest.raises(BusyError, match=expected), locks.hold("REF-NHEFS", "2025-01", "run 2"):
            pass
        with locks.hold("REF-NHEFS", "2025-02", "run 1"), locks.hold("MED-2024-0147", "2025-01", "run 1"):
            pass
    with locks.hold("REF-NHEFS", "2025-01", "run 2"):
        assert "run 2" in (tmp_path / "locks" / "REF-NHEFS.2025-01").read_text()


def test_lock_is_released_when_the_work_fails(tmp_path: Path) -> None:
    """An error inside lets the next one in."""
    locks = FolderLocks(tmp_path)
    with pytest.raises(ZeroDivisionError), locks.hold("REF-NHEFS", "2025-01", "run 1"):
        raise ZeroDivisionError
    with locks.hold("REF-NHEFS", "2025-01", "run 2"):
        pass


def test_lock_dies_with_its_process(tmp_path: Path) -> None:
    """After kill -9 of the holder the month is free again, with nothing to clean up (FAULTS 65)."""
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom medicore.stores.files import FolderLocks\n"
        "with FolderLocks(Path(sys.argv[1])).hold('REF-NHEFS', '2025-01', 'run 9'):\n"
        "    print('held', flush=True)\n    time.sleep(60)\n"
    )
    locks = FolderLocks(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(BusyError, match=rf"run 9 \(process {holder.pid} on "),
            locks.hold("REF-NHEFS", "2025-01", "run 10"),
        ):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        with locks.hold("REF-NHEFS", "2025-01", "run 10"):
            pass
