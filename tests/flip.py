"""A byte flipped in a file, as somebody does it who does not want it seen."""

import os
from pathlib import Path


def flip(path: Path, *, quietly: bool = True) -> None:
    """Flip one bit in the middle of a file; quietly, its mode and times are kept as they were, which deceives DVC."""
    before = path.stat()
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    if quietly:
        path.chmod(before.st_mode)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
