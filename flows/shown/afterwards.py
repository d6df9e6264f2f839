"""What follows a run's end may fail, and is told then in one line on stderr; the run stays as it ended."""

import contextlib
import sys
from collections.abc import Iterator

from medicore.errors import IntegrityError, MediCoreError
from medicore.records.identifiers import RunId

REPORT_MISSING = (
    "its report was not copied to where people read it; make room, then 'medicore review' copies it"
)
SIGNED_REPORT_MISSING = "its signed report was not copied to where people read it; make room, then the same 'medicore sign' copies it"


@contextlib.contextmanager
def afterwards(run: RunId, what: str) -> Iterator[None]:
    """Go on when what follows a run's end fails, and say so: ``what`` tells what is missing now, and what to do.

    Raises
    ------
    IntegrityError
        When something stored is not what was recorded: that is never passed over.
    """
    try:
        yield
    except IntegrityError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it undoes nothing of the run
        warn(f"{run} has ended, but {what} ({_cause(error)})")


def warn(words: str) -> None:
    """Say something in one line on stderr, where there may be nobody to read it."""
    with contextlib.suppress(OSError):
        print(f"medicore: {words}", file=sys.stderr, flush=True)  # noqa: T201 - diagnostics belong there


def _cause(error: Exception) -> str:
    """Return why something failed; words that are not ours could hold a value, and are left out."""
    if isinstance(error, MediCoreError):
        return str(error)
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
