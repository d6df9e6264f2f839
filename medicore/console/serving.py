"""Serving: the console on loopback, until it is ended."""

import socket
from functools import partial

import uvicorn

from medicore.cases.answers.notifying import tell_of_return
from medicore.console.app import application
from medicore.console.console import Console
from medicore.console.following import command_of
from medicore.errors import ConfigurationError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.settings import Settings
from medicore.stores.report.rendition import render_html
from medicore.stores.webhook import post
from medicore.wiring import open_house

LOOPBACK = "127.0.0.1"


def console_for(settings: Settings) -> Console:
    """Return the console of a state folder."""
    console = Console(lambda: open_house(settings), render_html, command_of(settings.root))
    if settings.notify is not None:
        console.tell = partial(_tell, settings.notify)
    return console


def _tell(address: str, house: House, run: RunId) -> None:
    tell_of_return(house, run, partial(post, address))


def hosts_of(port: int) -> tuple[str, ...]:
    """Return the names by which a browser on this machine may call the console."""
    return tuple(f"{name}:{port}" for name in (LOOPBACK, "localhost"))


def require_free(port: int) -> None:
    """Raise ConfigurationError when something else answers at a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise ConfigurationError(
                f"port {port}, for the console, is taken; expected a free one; choose another"
            ) from error


def serve(settings: Settings, port: int) -> None:
    """Serve the console on loopback until Ctrl-C.

    Raises
    ------
    ConfigurationError
        When the port is taken.
    """
    require_free(port)
    console = console_for(settings)
    console.open_house()  # a state folder that is missing is told before a port is taken
    server = uvicorn.Server(
        uvicorn.Config(
            application(console, hosts_of(port)),
            host=LOOPBACK,
            port=port,
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            lifespan="off",
        )
    )
    try:
        server.run()
    finally:
        console.close()
