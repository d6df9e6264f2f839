"""The command line: verbs, results to stdout, progress and trouble to stderr, documented exit codes."""

import errno
import os
import sys

from medicore.cli.app import app
from medicore.errors import ConfigurationError, MediCoreError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def main() -> None:
    """Run the command line, and leave; at once where Prefect's client would go on trying for a server that is away."""
    try:
        _run()
    except SystemExit as end:
        server = sys.modules.get("flows.serving.server")
        if server is None or not server.untold():
            raise
        print("medicore: Prefect was not told everything: its server is away", file=sys.stderr)  # noqa: T201
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 0)


def _run() -> None:
    """Run the command line; the one place that turns an error into an exit."""
    import medicore.cli.answers
    import medicore.cli.archive
    import medicore.cli.diff
    import medicore.cli.edc
    import medicore.cli.explain
    import medicore.cli.export
    import medicore.cli.ledger
    import medicore.cli.people
    import medicore.cli.questions
    import medicore.cli.report
    import medicore.cli.request
    import medicore.cli.review
    import medicore.cli.work  # noqa: F401 - each module adds its verbs to the app

    try:
        app(standalone_mode=True)
    except MediCoreError as error:
        print(f"medicore: {error}", file=sys.stderr)  # noqa: T201 - the one message a user meets
        sys.exit(error.exit_code)
    except OSError as error:
        # A disk can be full wherever something is written; every command may be repeated.
        if error.errno not in _FULL:
            raise
        words = f"the disk takes no more ({error.strerror}); make room, then run the same command again"
        print(f"medicore: {words}", file=sys.stderr)  # noqa: T201
        sys.exit(ConfigurationError.exit_code)
    except KeyboardInterrupt:
        print("medicore: interrupted; run the same command again to resume", file=sys.stderr)  # noqa: T201
        sys.exit(130)
