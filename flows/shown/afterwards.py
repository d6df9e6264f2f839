"""The work after a run's end may fail; then one line on stderr reports it, and the run stays as it ended."""

import contextlib
import sys
from collections.abc import Iterator

from medicore.errors import IntegrityError, MediCoreError
from medicore.records.identifiers import RunId

REPORT_MISSING = (
    "its report was not copied to the folder for readers; 'medicore review' copies it when this is mended"
)
SIGNED_REPORT_MISSING = "its signed report was not copied to the folder for readers; the same 'medicore sign' copies it when this is mended"


@contextlib.contextmanager
def afterwards(run: RunId, what: str) -> Iterator[None]:
    """Continue when the work after a run's end fails, and report it: ``what`` says what is missing, and what to do.

    Raises
    ------
    IntegrityError
        When something stored differs from what was recorded: such an error is never ignored.
    """
    try:
        yield
    except IntegrityError:
        raise
    except Exception as error:  # noqa: BLE001 - no error here changes how the run ended
        warn(f"{run} has ended, but {what} ({_cause(error)})")


def warn(words: str) -> None:
    """Print one line on stderr, even if nobody can read it there."""
    with contextlib.suppress(OSError):
        print(f"medicore: {words}", file=sys.stderr, flush=True)  # noqa: T201 - diagnostics belong there


def _cause(error: Exception) -> str:
    """Return why something failed; messages that are not ours could hold a value, and are left out."""
    if isinstance(error, MediCoreError):
        return str(error)
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
