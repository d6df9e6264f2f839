"""The environment of our own Prefect server, for people who use Prefect for other work too.

Such a server stores everything in the state folder and answers on loopback. The settings of the other work would
direct it, or its client, elsewhere.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping

from flows.serving.password import OF_SERVER
from medicore.stores.surroundings import ask_this_machine_directly

_PREFIX = "PREFECT_"
_KEPT = (OF_SERVER, "PREFECT_SERVER_SERVICES_", "PREFECT_WORKER_")
"""What an operator may set for our own server: its password, and the intervals of its services and of the worker."""


@contextlib.contextmanager
def own_environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Give this process and its children these settings of Prefect within the block, and no proxy for loopback."""
    before = dict(os.environ)
    for name in foreign_settings(before):
        del os.environ[name]
    os.environ.update(settings)
    ask_this_machine_directly()
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


def foreign_settings(names: Iterable[str]) -> tuple[str, ...]:
    """Return the variables that our own server and its clients do not obey; Prefect ignores upper and lower case."""
    return tuple(
        name for name in names if name.upper().startswith(_PREFIX) and not name.upper().startswith(_KEPT)
    )
