"""The Prefect API and UI of ``medicore serve``: ``python -P full_server.py PORT REFUSED``.

REFUSED is a file. The server adds a line to it for each request that it refuses, and the process that watches the
server counts them in the ledger.
"""

import contextlib
import gc
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_COLLECT_AFTER = 50_000
"""The number of new objects between two garbage collections; the many that importing Prefect makes stay anyway."""

_REFUSED = frozenset({401, 403})
"""Statuses of a request without the password, and without the permission."""
_NOT_ALLOWED = 422
"""Status of a request for something that its deployment does not allow; for a request that only reads it has no meaning."""
_LARGEST = 1 << 16
"""The largest size of the file in bytes; further refusals are not counted, so that nobody can fill the disk."""


def noting_refusals(app: App, refused: Path) -> App:
    """Return the application; it adds a line to the file for each request that it refuses.

    A line has the status, the method, and the first part of the path after ``/api``. It has nothing that the caller
    chose, such as an identifier or a body, so nobody can write their own texts into the ledger.
    """
    from prefect.server.api import server

    parts = frozenset(router.prefix.strip("/") for router in server.API_ROUTERS)

    async def noting(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and _refused(message["status"], scope["method"]):
                _note(
                    refused,
                    {"status": message["status"], "method": scope["method"], "part": _part(scope, parts)},
                )
            await send(message)

        await app(scope, receive, sending)

    return noting


def _refused(status: int, method: str) -> bool:
    return status in _REFUSED or (status == _NOT_ALLOWED and method != "GET")


def _part(scope: Message, parts: frozenset[str]) -> str:
    """Return the part of the API that a request is for; empty when there is no such part."""
    words = str(scope["path"]).strip("/").split("/")
    return words[1] if len(words) > 1 and words[0] == "api" and words[1] in parts else ""


def _note(refused: Path, told: Mapping[str, Any]) -> None:
    """Add the line of a refused request, unless the file is too long already."""
    # The request is refused even if there is no room for the line.
    with contextlib.suppress(OSError), open(refused, "ab", opener=_own_file) as file:
        if file.tell() < _LARGEST:
            file.write(f"{json.dumps(told)}\n".encode())


def _own_file(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def main(port: int, refused: Path) -> None:
    """Serve on this port of loopback until the process is ended."""
    usual = gc.get_threshold()
    gc.set_threshold(_COLLECT_AFTER)
    import uvicorn
    from prefect.server.api import server

    app = noting_refusals(server.create_app(), refused)
    gc.freeze()
    gc.set_threshold(*usual)  # an interrupted request holds its transaction until it is collected
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", timeout_keep_alive=5)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
