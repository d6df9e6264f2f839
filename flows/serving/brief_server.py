"""The Prefect API for as long as one command runs: ``python -P brief_server.py PORT``.

Nobody looks at it and no worker asks it, so that it has neither the UI nor the services that plan, watch and tidy the
flow runs of others. What is said to it is kept as any server of the same folder keeps it.
"""

import gc
import os
import sys

_COLLECT_AFTER = 50_000
"""Objects made between two looks for garbage; the many that importing Prefect makes are there to stay."""

_LEFT_OUT = {
    # Types of blocks are registered by the server that people look at, and with each block that is saved.
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
    "PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false",  # else all blocks are imported to be counted
    "PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED": "false",  # to those who watch
}

_ASKED = frozenset({"/admin", "/csrf-token", "/flows", "/flow_runs", "/artifacts", "/logs", "/events"})
"""The parts of the API that a command asks."""


def main(port: int) -> None:
    """Serve on this port of loopback until the process is ended."""
    gc.set_threshold(_COLLECT_AFTER)
    os.environ |= _LEFT_OUT
    import uvicorn
    from prefect.server.api import server

    # FastAPI tries the routes in their order, and builds each that it tries; all are served, whatever is asked for.
    routers = sorted(server.API_ROUTERS, key=lambda router: router.prefix not in _ASKED)
    server.API_ROUTERS = tuple(routers)  # type: ignore[assignment] # the type names each place
    app = server.create_app(ephemeral=True)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", timeout_keep_alive=5)


if __name__ == "__main__":
    main(int(sys.argv[1]))
