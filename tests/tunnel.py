"""A tunnel: ``python tunnel.py FROM TO`` passes each connection at FROM on to TO, as ``ssh -L`` does between two hosts.

An end is ``HOST:PORT`` or the path of a Unix socket, which leads out of a network namespace.
"""

import asyncio
import contextlib
import sys

_PIECE = 1 << 16


async def serve(here: str, there: str) -> None:
    """Pass connections on until the process is ended."""

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back, forth = await _reached(there)
        except OSError:
            writer.transport.abort()  # nobody is there: who asked is told so at once
            return
        await asyncio.gather(_copied(reader, forth), _copied(back, writer))

    server = await (
        asyncio.start_unix_server(passed, here)
        if here.startswith("/")
        else asyncio.start_server(passed, *_place(here))
    )
    async with server:
        await server.serve_forever()


async def _reached(there: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if there.startswith("/"):
        return await asyncio.open_unix_connection(there)
    return await asyncio.wait_for(asyncio.open_connection(*_place(there)), 10)


async def _copied(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Copy until the source ends, then end the target's side too."""
    with contextlib.suppress(OSError):
        while piece := await source.read(_PIECE):
            target.write(piece)
            await target.drain()
    with contextlib.suppress(OSError):
        target.close()


def _place(end: str) -> tuple[str, int]:
    host, _, port = end.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(sys.argv[1], sys.argv[2]))
