"""Jobs: what takes seconds runs beside the pages, and a page shows that it runs and then what came of it."""

import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

KEPT = 64
"""So many jobs are remembered; the oldest that has ended is forgotten first."""
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: what it is, the person who asked, the template for its result, and its result to come."""

    title: str
    person: str
    template: str
    started_at: float
    result: "Future[dict[str, Any]]"

    @property
    def seconds(self) -> int:
        """The whole seconds since it was asked for."""
        return int(time.monotonic() - self.started_at)


class Jobs:
    """All jobs of this process, by a name that cannot be guessed; two run at a time."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="console")
        self._held: dict[str, Job] = {}
        self._lock = threading.Lock()

    def begin(self, title: str, person: str, template: str, work: Callable[[], dict[str, Any]]) -> str:
        """Begin a job and return its name."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            ended = [held for held, job in self._held.items() if job.result.done()]
            for held in ended[: max(0, len(self._held) + 1 - KEPT)]:
                del self._held[held]
            self._held[name] = Job(title, person, template, time.monotonic(), self._pool.submit(work))
        return name

    def of(self, name: str, person: str) -> Job | None:
        """Return a job of a person; None when it is another's, or forgotten."""
        with self._lock:
            job = self._held.get(name)
        return job if job is not None and job.person == person else None

    def close(self) -> None:
        """Take up no more work."""
        self._pool.shutdown(wait=False, cancel_futures=True)
