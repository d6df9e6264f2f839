"""A state folder whose file system does not lock for all is named before two runs can meet there."""

import errno
import os
from pathlib import Path

import pytest

from medicore.errors import InfrastructureError
from medicore.stores import locking
from medicore.stores.locking import prove_locks

NFS = "50 28 0:45 / {place} rw,relatime shared:1 - nfs4 server:/state rw,vers=4.2,{option},proto=tcp"
ROOT = "28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw"


def test_a_file_system_that_locks_is_named(tmp_path: Path) -> None:
    """The locks of this machine are found, and nothing of the trial is left."""
    assert prove_locks(tmp_path).endswith(", files are locked")
    assert list(tmp_path.iterdir()) == []
    assert prove_locks(tmp_path, ROOT) == "ext4, files are locked"
    assert prove_locks(tmp_path, "a line\nof something else") == "unknown, files are locked"


@pytest.mark.parametrize("option", ["nolock", "local_lock=all", "local_lock=flock", "local_lock=posix"])
def test_locks_that_other_hosts_do_not_see_are_refused(tmp_path: Path, option: str) -> None:
    """The mount that holds the folder counts, also through a link and with a blank in its path; a mount beside it does not."""
    place = tmp_path / "a state"
    place.mkdir()
    (tmp_path / "link").symlink_to(place)
    mounts = f"{ROOT}\n{NFS.format(place=str(place).replace(' ', chr(92) + '040'), option=option)}"
    for folder in (place, tmp_path / "link"):
        with pytest.raises(
            InfrastructureError, match=rf"\(nfs4\) is mounted with '{option}'.*docs/operate.md"
        ):
            prove_locks(folder, mounts)
    assert prove_locks(place, mounts.replace(option, "local_lock=none")).startswith("nfs4")
    assert prove_locks(tmp_path, mounts).startswith("ext4")


def test_a_file_system_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel answers there is told, whichever of the two kinds of lock is missing."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    for kind in ("flock", "lockf"):
        with monkeypatch.context() as patch:
            patch.setattr(locking.fcntl, kind, refuse)
            with pytest.raises(
                InfrastructureError, match="does not lock files: No locks available; expected"
            ):
                prove_locks(tmp_path)


def test_a_lock_that_two_hold_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that agrees to everything is found by asking twice."""
    monkeypatch.setattr(locking.fcntl, "flock", lambda *_: None)
    with pytest.raises(InfrastructureError, match="grants the same lock twice"):
        prove_locks(tmp_path)
