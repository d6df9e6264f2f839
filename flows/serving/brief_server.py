"""The Prefect API for as long as one command runs: ``python -P brief_server.py PORT``.

Nobody looks at it and no worker calls it. So it has neither the UI nor the services that plan, watch and tidy other
flow runs. It stores the same data as any other server of the same folder.
"""

import gc
import os
import sys

_COLLECT_AFTER = 50_000
"""The number of new objects between two garbage collections; the many that importing Prefect makes stay anyway."""

_LEFT_OUT = {
    # Types of blocks are registered by the server with the UI, and with each block that is saved.
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
    "PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false",  # otherwise all blocks are imported to be counted
    "PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED": "false",  # to clients that watch
}

_ASKED = frozenset({"/admin", "/csrf-token", "/flows", "/flow_runs", "/artifacts", "/logs", "/events"})
"""The parts of the API that a command uses."""


def main(port: int) -> None:
    """Serve on this port of loopback until the process is ended."""
    gc.set_threshold(_COLLECT_AFTER)
    os.environ |= _LEFT_OUT
    import uvicorn
    from prefect.server.api import server

    # FastAPI tries the routes in order, and builds each one that it tries; so the routes that a command uses come first.
    routers = sorted(server.API_ROUTERS, key=lambda router: router.prefix not in _ASKED)
    server.API_ROUTERS = tuple(routers)  # type: ignore[assignment] # the type names each place
    app = server.create_app(ephemeral=True)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", timeout_keep_alive=5)


if __name__ == "__main__":
    main(int(sys.argv[1]))
