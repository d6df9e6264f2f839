"""Whether a folder's file system locks files for every process that works there, on this host and on others."""

import fcntl
import os
import tempfile
from pathlib import Path

from medicore.errors import InfrastructureError

_MOUNTS = Path("/proc/self/mountinfo")
_OF_THIS_HOST = frozenset(
    {"nolock", "local_lock=all", "local_lock=flock", "local_lock=posix", "localflocks", "nolocks"}
)
"""Options of a mounted network file system by which other hosts do not see this host's locks (nfs(5), Lustre)."""
_DO = "keep the state folder on one that does, such as NFS 4, see docs/operate.md"


def prove_locks(folder: Path, mounts: str | None = None) -> str:
    """Return the file system of a folder, after proving that two holders cannot have the same lock there.

    ``mounts`` is the text of Linux's ``/proc/self/mountinfo``; by default that of this process.

    Raises
    ------
    InfrastructureError
        When the file system refuses locks, grants one lock twice, or is mounted so that other hosts do not see them.
    """
    kind, options = _mounted(folder, _text() if mounts is None else mounts)
    if unseen := sorted(options & _OF_THIS_HOST):
        raise InfrastructureError(
            f"the file system of the state folder ({kind}) is mounted with {unseen[0]!r}, so that other hosts do not see its "
            f"locks; expected locks for all; {_DO}"
        )
    with (
        tempfile.NamedTemporaryFile(dir=folder, prefix=".locks-") as first,
        Path(first.name).open("r+b") as second,
    ):
        for lock in (fcntl.flock, fcntl.lockf):
            try:
                lock(first.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise InfrastructureError(
                    f"the file system of the state folder ({kind}) does not lock files: {error.strerror}; expected one that "
                    f"does; {_DO}"
                ) from error
        try:
            # A lock of flock belongs to the open file, so that the second one is refused within one process too.
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return f"{kind}, files are locked"
    raise InfrastructureError(
        f"the file system of the state folder ({kind}) grants the same lock twice; expected one holder at a time; {_DO}"
    )


def _text() -> str:
    return _MOUNTS.read_text(encoding="utf-8") if _MOUNTS.exists() else ""


def _mounted(folder: Path, mounts: str) -> tuple[str, frozenset[str]]:
    """Return kind and options of the mount that holds a folder: the last one at the longest path (proc_pid_mountinfo(5))."""
    place, found, depth = os.path.realpath(folder), ("unknown", frozenset[str]()), 0
    for line in mounts.splitlines():
        mount, _, store = line.partition(" - ")
        words, kind = mount.split(), store.split()
        if len(words) < 6 or len(kind) < 3:
            continue
        path = words[4].encode().decode("unicode_escape")
        if os.path.commonpath([place, path]) == path and len(path) >= depth:
            options = frozenset(words[5].split(",")) | frozenset(kind[2].split(","))
            found, depth = (kind[0], options), len(path)
    return found
