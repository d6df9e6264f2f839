"""Following: signed decisions are carried out by the same command as everywhere, in a process of its own.

So the console may end at any instant: what was signed stands in the ledger, and is carried out again when asked.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from medicore.records.identifiers import RunId

Follow = Callable[[RunId], tuple[list[str], Path]]
"""What returns the command that carries out a run's decisions, and the folder that it runs in."""


def command_of(root: Path) -> Follow:
    """Return the command of the checkout at ``root``."""
    return lambda run: ([sys.executable, "-m", "medicore", "follow", str(run)], root)


def _environment() -> dict[str, str]:
    """Return the environment of this process without passphrases; the command needs Prefect's password and the EDC's secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MEDICORE_PASSPHRASE")}


class Following:
    """The processes that carry out decisions, one a run."""

    def __init__(self, follow: Follow) -> None:
        self._follow = follow
        self._held: dict[str, tuple[subprocess.Popen[bytes], IO[bytes]]] = {}
        self._lock = threading.Lock()

    def begin(self, run: RunId) -> None:
        """Carry out the decisions on a run, unless that is being done already."""
        with self._lock:
            if self._busy(str(run)):
                return
            command, folder = self._follow(run)
            words = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was read
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and verb
                command,
                cwd=folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=words,
            )
            self._let_go(str(run))
            self._held[str(run)] = process, words

    def busy(self, run: RunId) -> bool:
        """Say whether a run's decisions are being carried out now."""
        with self._lock:
            return self._busy(str(run))

    def trouble(self, run: RunId) -> str:
        """Return what went wrong when a run's decisions were last carried out here; empty when nothing did."""
        with self._lock:
            process, words = self._held.get(str(run), (None, None))
            if process is None or words is None or not process.poll():
                return ""
            words.seek(0)
            last = words.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            return last[0] if last else f"medicore follow ended with {process.returncode}"

    def close(self) -> None:
        """Let go of the processes that have ended; one that has not goes on by itself."""
        with self._lock:
            for process, words in self._held.values():
                words.close()
                if process.poll() is None:
                    process.returncode = 0  # it goes on without this process
            self._held.clear()

    def _let_go(self, run: str) -> None:
        if run in self._held:
            self._held.pop(run)[1].close()

    def _busy(self, run: str) -> bool:
        held = self._held.get(run)
        return held is not None and held[0].poll() is None
