"""The process of one flow run: ``python -P engine.py``, with flow run and entrypoint in the environment.

It is Prefect's own engine except for two things. If the API says that a flow run is complete, Prefect's engine would
load its result, with a serialiser and from a place that the API names, and so execute what somebody put there. And where
MEDICORE_HEARTBEAT says how often, it tells the server that it lives; the automations of ``flows/serving/fleet.py`` watch
this. Prefect's own heartbeats come every 30 s at the shortest, only from the flow's beginning on, and nothing after the
last one says that the process ended by itself.

Nothing of our packages is imported here: the code that runs may be that of an earlier commit.
"""

import contextlib
import contextvars
import gc
import os
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO
from uuid import UUID

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

ALIVE, ENDED = "medicore.flow-run.heartbeat", "medicore.flow-run.ended"
"""The events of a process that lives, and of one that ends by itself, whatever the end."""

_COLLECT_AFTER = 50_000
"""The number of new objects between two garbage collections; the many that importing Prefect makes stay anyway."""
_DELIVERY_LIMIT_S = 15.0


def main(identifier: UUID) -> None:
    """Execute the flow run."""
    sys.stdout, sys.stderr = _Lasting(sys.stdout), _Lasting(sys.stderr)
    gc.set_threshold(_COLLECT_AFTER)
    from prefect._internal.control_listener import configure_from_env
    from prefect.engine import handle_engine_signals
    from prefect.flow_engine import load_flow, load_flow_run, run_flow
    from prefect.logging.loggers import flow_run_logger

    configure_from_env()  # before the flow's code is loaded: a cancellation comes as this signal
    with handle_engine_signals(identifier):
        flow_run = load_flow_run(identifier)
        logger = flow_run_logger(flow_run)
        with heartbeats(flow_run, float(os.environ.get("MEDICORE_HEARTBEAT") or 0)):
            try:
                flow = load_flow(flow_run)
            except Exception:
                logger.exception("The flow of this checkout could not be loaded")
                raise
            run_flow(flow, flow_run=flow_run, return_type="state", error_logger=logger.logger)


class _Lasting:
    """An output that its reader may leave: a run goes on when its worker, which reads it, is killed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text while somebody reads."""
        with contextlib.suppress(OSError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what waits while somebody reads."""
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


@contextlib.contextmanager
def heartbeats(flow_run: "FlowRun", every: float) -> Iterator[None]:
    """Tell the server at once, and then each ``every`` seconds, that the flow run's process lives; at the end, that it ended.

    The end is told by the same connection as the rest, so the server never hears of a heartbeat after it. With 0 seconds,
    or for a flow run without a work pool, nothing is told.
    """
    if every <= 0 or flow_run.work_pool_id is None:
        yield
        return
    ending = threading.Event()

    def beat() -> None:
        while not ending.is_set():
            _tell(ALIVE, flow_run)
            ending.wait(every)

    # The context has Prefect's settings, which a new thread would not see.
    beating = threading.Thread(target=contextvars.copy_context().run, args=(beat,), daemon=True)
    beating.start()
    try:
        yield
    finally:
        ending.set()
        beating.join()
        _tell(ENDED, flow_run)
        with contextlib.suppress(Exception):
            from prefect.events.worker import EventsWorker

            EventsWorker.drain_all(timeout=_DELIVERY_LIMIT_S)


def _tell(event: str, flow_run: "FlowRun") -> None:
    """Send an event about the flow run that names its work pool; a server that is away ends no run."""
    from prefect.events import emit_event

    pool = {
        "prefect.resource.id": f"prefect.work-pool.{flow_run.work_pool_id}",
        "prefect.resource.role": "work-pool",
        "prefect.resource.name": str(flow_run.work_pool_name),
    }
    about = {"prefect.resource.id": f"prefect.flow-run.{flow_run.id}", "prefect.resource.name": flow_run.name}
    with contextlib.suppress(Exception):
        emit_event(event, resource=about, related=[pool])


if __name__ == "__main__":
    main(UUID(os.environ["PREFECT__FLOW_RUN_ID"]))
