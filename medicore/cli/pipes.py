"""Pipes: the reader of our output may stop before the end, as ``head`` does; this is not an error."""

import contextlib
import os
import select
import sys

READER_LEFT = 141
"""The exit code when the reader stopped: a shell's code for SIGPIPE, 128 + 13."""


class Streams:
    """Stdout and stderr at the beginning of a command, to find out later whether somebody still reads them."""

    def __init__(self) -> None:
        self._places: dict[int, tuple[int, int]] = {}
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):  # a stream in memory is not a pipe
                self._places[stream.fileno()] = _place(stream.fileno())

    def reader_left(self) -> bool:
        """Return whether one of them has lost its reader; rich then writes to nowhere instead."""
        asked = select.poll()
        for number in self._places:
            asked.register(number, 0)
        broken = any(event & select.POLLERR for _, event in asked.poll(0))
        return broken or any(_place(number) != place for number, place in self._places.items())


def flushed(code: int) -> int:
    """Return the exit code after writing all output; 141 instead of 0 when its reader has stopped.

    Without this, Python itself would print an error at its end.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return code or READER_LEFT
    return code


def _place(number: int) -> tuple[int, int]:
    found = os.fstat(number)
    return found.st_dev, found.st_ino
