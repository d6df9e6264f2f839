"""A process that runs as long as this one: it is started again when it ends, and ended when this one ends."""

import ctypes
import functools
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from flows.serving.rotating import rotate
from medicore.errors import ConfigurationError
from medicore.stores.command import inherited

_STOP_LIMIT_S = 15.0
_PR_SET_PDEATHSIG = 1
_ENDS, _WITHIN_S = 5, 600.0


class Attended:
    """A child process that is watched.

    ``name`` is its name in messages, ``command`` its arguments, ``log`` the file for its output. ``folder`` is by
    default that of this process, ``environment`` by default what every program inherits from this process.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        self._name = name
        self._command = command
        self._folder = folder
        self._environment = dict(inherited() if environment is None else environment)
        self._ends: deque[float] = deque(maxlen=_ENDS)
        self.process = self._start()

    def attend(self) -> str:
        """Start the process again if it has ended, and return a message about that; an empty text while it runs.

        Its log is rotated.

        Raises
        ------
        ConfigurationError
            When it ends so often that it cannot be chance.
        """
        rotate(self.log)
        ended = self.process.poll()
        if ended is None:
            return ""
        self._ends.append(time.monotonic())
        how = f"by signal {-ended}" if ended < 0 else f"with {ended}"
        if len(self._ends) == _ENDS and self._ends[-1] - self._ends[0] < _WITHIN_S:
            raise ConfigurationError(
                f"{self._name} ended {_ENDS} times within {_WITHIN_S / 60:.0f} minutes, at last {how}; "
                f"its last output is in {self.log.parent.name}/{self.log.name} of the state folder"
            )
        self.process = self._start()
        return f"{self._name} ended {how} and was started again"

    def stop(self) -> None:
        """End the process, and wait for it; kill it when it does not end."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - the caller's own argument list
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=functools.partial(_end_with, os.getpid()),
            )


def _end_with(parent: int) -> None:
    """Ask the kernel to end this child when its parent ends, even by ``kill -9``; end it here if the parent has ended."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)  # the parent ended before the request, so the kernel sends no signal
