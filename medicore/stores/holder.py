"""The name under which the workers of a state folder hold runs."""

import contextlib
import os
import secrets
import socket
from pathlib import Path

_FILE = "holder"


def holder_of(home: Path) -> str:
    """Return host and identity of the state folder ``home``, separated by a slash; the identity is made at the first call.

    Workers that share the folder share its identity, on any host, and its locks decide among them. A copy of the
    folder has another identity, because the file's place on the disk (its inode) is part of it. A read-only folder,
    such as an inspector's, has no identity and holds no run.
    """
    path = home / _FILE
    with contextlib.suppress(OSError):
        scratch = home / f".{_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
        if not path.exists():
            scratch.write_text(secrets.token_hex(8), encoding="ascii")
            with contextlib.suppress(FileExistsError):
                os.link(scratch, path)  # only one of several processes succeeds in making it
            scratch.unlink()
    identifier = ""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        identifier = f"{path.read_text(encoding='ascii').strip()}-{path.stat().st_ino}"
    return f"{socket.gethostname()}/{identifier or 'read-only'}"
