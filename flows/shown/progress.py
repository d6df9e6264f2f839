"""Progress for human eyes: a line on stderr for each thing that happens to a run."""

import contextlib
import sys

from medicore.records.identifiers import RunId


def show_progress(run: RunId, step: str, what: str) -> None:
    """Show on stderr what a run is doing; holds no data of patients.

    Nobody may be there to read it, as when the worker that began the run was killed: the run goes on.
    """
    with contextlib.suppress(OSError):
        print(f"{run!s:<26} {step:<12} {what}", file=sys.stderr, flush=True)  # noqa: T201 - progress belongs there
