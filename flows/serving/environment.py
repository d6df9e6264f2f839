"""The environment of a Prefect server of our own, for a person who uses Prefect for other work as well.

Such a server keeps all that it knows in the state folder and answers on loopback; the settings of that other work would
send it, or its client, elsewhere.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping

from flows.serving.password import OF_SERVER
from medicore.stores.surroundings import ask_this_machine_directly

_PREFIX = "PREFECT_"
_KEPT = (OF_SERVER, "PREFECT_SERVER_SERVICES_", "PREFECT_WORKER_")
"""What an operator may set for a server of our own: its password, and how often its services and the worker look."""


@contextlib.contextmanager
def own_environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Give this process, and what it starts, these settings of Prefect within the block, and no proxy to loopback."""
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
    """Return those of the variables that a server of our own and its clients do not obey; Prefect heeds no case."""
    return tuple(
        name for name in names if name.upper().startswith(_PREFIX) and not name.upper().startswith(_KEPT)
    )
