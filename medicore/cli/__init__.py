"""The command line: verbs; results to stdout, progress and errors to stderr; documented exit codes."""

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

from medicore.cli.app import app
from medicore.cli.panels import arrange
from medicore.cli.pipes import READER_LEFT, Streams, flushed
from medicore.errors import ConfigurationError, MediCoreError
from medicore.stores.files import is_full
from medicore.stores.surroundings import (
    ask_this_machine_directly,
    leave_out_socks,
    print_everything,
    require_utf8,
)

if TYPE_CHECKING:
    from flows.serving.server import PrefectSession

_COLLECT_AFTER = 50_000
"""The number of new objects between two garbage collections; the many that imports make stay anyway."""


def main() -> None:
    """Run the command line and exit; exit at once if Prefect's client would still wait for an unreachable server."""
    require_utf8()
    print_everything()
    ask_this_machine_directly()
    for name in leave_out_socks():
        _say(f"warning: {name} names a SOCKS proxy, which MediCore does not support; it is not used")
    gc.set_threshold(_COLLECT_AFTER)
    os.umask(
        0o077
    )  # the files of MediCore are open to its own account alone, whatever the umask of the shell
    sessions: list[PrefectSession] = []
    code = flushed(_run(sessions))
    if any(session.undelivered for session in sessions):
        _say("Prefect does not show everything: its server is unreachable")
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _run(sessions: "list[PrefectSession]") -> int:
    """Run the command line, which notes its sessions with Prefect; print its errors; return the exit code."""
    import medicore.cli.answers
    import medicore.cli.archive
    import medicore.cli.diff
    import medicore.cli.edc
    import medicore.cli.explain
    import medicore.cli.export
    import medicore.cli.ledger
    import medicore.cli.looks
    import medicore.cli.people
    import medicore.cli.questions
    import medicore.cli.report
    import medicore.cli.request
    import medicore.cli.reviewing.returning
    import medicore.cli.reviewing.review
    import medicore.cli.reviewing.seeing
    import medicore.cli.serving.fleet
    import medicore.cli.study
    import medicore.cli.work
    import medicore.cli.workspace  # noqa: F401 - each module adds its verbs to the app

    arrange(app)
    streams = Streams()
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # see __main__; from here on it has to be told
            signal.signal(signal.SIGINT, signal.default_int_handler)
        app(standalone_mode=True, obj=sessions)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            return _pipe_broke(streams, end.__context__)
        return end.code if isinstance(end.code, int) else 0
    except MediCoreError as error:
        _say(str(error))
        return error.exit_code
    except OSError as error:
        _say(_told(error))
        return ConfigurationError.exit_code
    except KeyboardInterrupt:
        _say("interrupted; run the same command again to resume")
        return 130
    return 0


def _told(error: OSError) -> str:
    """Return one line about an error that any command can meet; raise it again when it is another.

    Any write can find the disk full, and any file can belong to another account.
    """
    if is_full(error):
        return f"the disk is full ({error.strerror}); make room, then run the same command again"
    if isinstance(error, PermissionError) and error.filename:
        return (
            f"{error.filename} may not be used by this account ({error.strerror}); expected a file of the account that runs "
            "MediCore: run the command as its owner, or have the file given to this account"
        )
    raise error


def _pipe_broke(streams: Streams, error: BrokenPipeError) -> int:
    """Return the exit code after a pipe was closed; print nothing when it was the pipe of our own output."""
    if streams.reader_left():
        return flushed(READER_LEFT)
    _say(f"a connection was closed by the other side ({error.strerror}); run the same command again")
    return MediCoreError.exit_code


def _say(words: str) -> None:
    print(f"medicore: {words}", file=sys.stderr)  # noqa: T201 - the one message a user meets
