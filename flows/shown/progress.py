"""Progress for people: a line on stderr for each thing that happens to a run, with the seconds since the command began."""

import contextlib
import sys
import time

from medicore.records.identifiers import RunId

_STARTED = time.monotonic()


def show_progress(run: RunId, step: str, what: str) -> None:
    """Show on stderr what a run is doing; the line contains no data of patients.

    The run continues even if nobody can read the line, for example after the worker that began the run was killed.
    """
    with contextlib.suppress(OSError):
        spent = time.monotonic() - _STARTED
        print(f"{spent:6.1f} s  {run!s:<26} {step:<12} {what}", file=sys.stderr, flush=True)  # noqa: T201 - progress belongs there


def show_waiting(what: str) -> None:
    """Show on stderr what a command waits for before its first run begins: to people at a terminal, and to nobody else."""
    with contextlib.suppress(OSError):
        if sys.stderr.isatty():
            spent = time.monotonic() - _STARTED
            print(f"{spent:6.1f} s  {what} ...", file=sys.stderr, flush=True)  # noqa: T201 - progress belongs there
