"""The process of one flow run: ``python -P engine.py``, with flow run and entrypoint in the environment.

It is Prefect's own engine except for the end. If the API says that a flow run is complete, Prefect's engine would
load its result, with a serialiser and from a place that the API names, and so execute what somebody put there.
"""

import gc
import os
from uuid import UUID

_COLLECT_AFTER = 50_000
"""The number of new objects between two garbage collections; the many that importing Prefect makes stay anyway."""


def main(identifier: UUID) -> None:
    """Execute the flow run."""
    gc.set_threshold(_COLLECT_AFTER)
    from prefect._internal.control_listener import configure_from_env
    from prefect.engine import handle_engine_signals
    from prefect.flow_engine import load_flow, load_flow_run, run_flow
    from prefect.logging.loggers import flow_run_logger

    configure_from_env()  # before the flow's code is loaded: a cancellation comes as this signal
    with handle_engine_signals(identifier):
        flow_run = load_flow_run(identifier)
        logger = flow_run_logger(flow_run)
        try:
            flow = load_flow(flow_run)
        except Exception:
            logger.exception("The flow of this checkout could not be loaded")
            raise
        run_flow(flow, flow_run=flow_run, return_type="state", error_logger=logger.logger)


if __name__ == "__main__":
    if "PREFECT__FLOW_ENTRYPOINT" not in os.environ:
        raise SystemExit("PREFECT__FLOW_ENTRYPOINT is not set; expected the worker to say which flow this is")
    main(UUID(os.environ["PREFECT__FLOW_RUN_ID"]))
