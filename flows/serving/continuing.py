"""A run of an earlier commit is continued by that commit: cloned, with its own packages, in a process of its own."""

import os
import subprocess
import tempfile
from pathlib import Path

from flows.serving.worker_environment import cloned, surroundings
from medicore.records.identifiers import RunId
from medicore.settings import Settings


def follow_by(settings: Settings, commit: str, run: RunId) -> int:
    """Carry out the signed decisions on a run by the code of this commit; return the exit code.

    Its progress and its messages go to this process's standard error. It sees no passphrase.

    Raises
    ------
    ConfigurationError
        When the repository has no such commit, or the packages of its lock file are not available.
    """
    with tempfile.TemporaryDirectory(prefix="medicore-commit-") as scratch:
        code = cloned(settings, commit, Path(scratch))
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("MEDICORE_PASSPHRASE")
        }
        return subprocess.run(  # noqa: S603 - a fixed argument list
            [str(code.python), "-m", "medicore", "follow", str(run), "--json"],
            cwd=code.root,
            env={**kept, **surroundings(settings.home, code)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the caller prints the run's new state from the ledger
            check=False,
        ).returncode
