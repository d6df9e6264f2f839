"""Logs of the processes that run for months: a log that has grown makes room, and the last ones stay."""

import contextlib
import shutil
from pathlib import Path

LONGEST_BYTES = 10 * 1024**2
KEPT = 3
"""How many earlier parts of a log stay: ``NAME.1`` is the last, ``NAME.3`` the first of them."""


def rotate(log: Path, longest: int = LONGEST_BYTES) -> bool:
    """Copy a log that is longer than ``longest`` bytes to ``NAME.1`` and empty it, and return whether that was done.

    The processes that write to it have it open, and append; so the file stays, and a line that is written between copy
    and emptying is lost. A full disk or a missing file is no reason to end anything: then nothing is done.
    """
    with contextlib.suppress(OSError):
        if log.stat().st_size <= longest:
            return False
        for number in range(KEPT, 1, -1):
            earlier = _part(log, number - 1)
            if earlier.exists():
                earlier.replace(_part(log, number))
        shutil.copy2(log, _part(log, 1))
        with log.open("ab") as stream:
            stream.truncate(0)
        return True
    return False


def _part(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
