"""Files with keys and passphrases: each is written completely or not at all, and only its owner can read it."""

import os
import secrets
from pathlib import Path


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read; raise FileExistsError when it exists."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def replace_secret(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, completely or not at all."""
    scratch = path.with_suffix(f".{secrets.token_hex(4)}")
    write_secret(scratch, data)
    scratch.replace(path)
