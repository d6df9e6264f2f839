"""Which tests reach which lines of the modules under mutation, and how long each takes."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Line = tuple[str, int]


class Trace:
    """Collects the lines that run in the files of one folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.lines: set[Line] = set()

    def _enter(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG002
        name = frame.f_code.co_filename
        if not name.startswith(self.folder):
            return None
        self.lines.add((name, frame.f_code.co_firstlineno))
        return self._line

    def _line(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG002
        self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line

    @contextmanager
    def on(self) -> Iterator[None]:
        """Trace this thread and those that it starts."""
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]


@contextmanager
def timed(seconds: list[float]) -> Iterator[None]:
    """Append how much processor time the block took."""
    start = time.process_time()
    try:
        yield
    finally:
        seconds.append(time.process_time() - start)
