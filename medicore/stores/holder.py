"""The name under which the workers of a state folder hold runs."""

import contextlib
import os
import secrets
import socket
from pathlib import Path

_FILE = "holder"


def holder_of(home: Path) -> str:
    """Return host and identifier of the state folder ``home``; the identifier is made when it is first asked for.

    Workers that share the folder share the name: among them its locks decide. A folder that cannot be written to, as an
    inspector's, has no identifier and holds no run.
    """
    path = home / _FILE
    with contextlib.suppress(OSError):
        scratch = home / f".{_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
        if not path.exists():
            scratch.write_text(secrets.token_hex(8), encoding="ascii")
            with contextlib.suppress(FileExistsError):
                os.link(scratch, path)  # only one of several who make it at once succeeds
            scratch.unlink()
    identifier = ""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        identifier = path.read_text(encoding="ascii").strip()
    return f"{socket.gethostname()}/{identifier or 'read-only'}"
