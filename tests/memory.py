"""Where the files of a test session lie: in the machine's memory where there is room for them, else on its disk.

A project with its state folder has thousands of small files. They are copied and removed in memory in a quarter of the
processor's time, and no event of a ledger waits for the disk.
"""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

_PLACE = Path("/dev/shm")  # noqa: S108 - the folder made in it is one session's alone
_ROOM = 4 << 30
"""So many bytes must be free there, and in the machine: containers often have 64 MB."""
_REMOVE = """
import contextlib, os, select, shutil, sys, time
with contextlib.suppress(ProcessLookupError):
    select.select([os.pidfd_open(int(sys.argv[1]))], [], [])
for _ in range(50):
    shutil.rmtree(sys.argv[2], ignore_errors=True)
    if not os.path.exists(sys.argv[2]):
        break
    time.sleep(0.2)
"""


def folder_in_memory() -> Path | None:
    """Return a new folder in the machine's memory, None where there is no room.

    A process of its own removes it when this one has ended, however that comes, and its servers with it.
    """
    if not _has_room():
        return None
    folder = tempfile.mkdtemp(prefix="medicore-tests-", dir=_PLACE)
    quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    arguments = [sys.executable, "-I", "-S", "-c", _REMOVE, str(os.getpid()), folder]
    os.posix_spawn(sys.executable, arguments, dict(os.environ), file_actions=quiet, setsid=True)
    return Path(folder)


def _has_room() -> bool:
    """Say whether programs may be run there, and both it and the machine have the room."""
    if not os.access(_PLACE, os.W_OK) or os.statvfs(_PLACE).f_flag & os.ST_NOEXEC:
        return False
    available = re.search(
        r"^MemAvailable:\s+(\d+) kB$", Path("/proc/meminfo").read_text("ascii"), re.MULTILINE
    )
    return available is not None and min(int(available[1]) << 10, shutil.disk_usage(_PLACE).free) > _ROOM
