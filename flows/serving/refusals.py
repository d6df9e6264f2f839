"""Requests that our own Prefect server refused: read from its file, and reported at most once a minute."""

import json
import time
from collections import Counter
from pathlib import Path

_TOLD_EVERY_S = 60.0


class Refusals:
    """Counts the refused requests by status, method and part of the API, until they are reported."""

    def __init__(self, home: Path) -> None:
        self._file = refused_file(home)
        self._counts: Counter[str] = Counter()
        self._told = float("-inf")

    def due(self) -> dict[str, int]:
        """Return how often each kind was refused since the last report; nothing within a minute of that report.

        Each kind is a text such as ``401 POST flow_runs``.
        """
        self._take()
        if not self._counts or time.monotonic() - self._told < _TOLD_EVERY_S:
            return {}
        self._told = time.monotonic()
        counts, self._counts = dict(sorted(self._counts.items())), Counter()
        return counts

    def _take(self) -> None:
        """Take the lines of the file; the server then begins a new file."""
        taken = self._file.with_suffix(".taken")
        try:
            self._file.replace(taken)
        except FileNotFoundError:
            return
        for line in taken.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                told = json.loads(line)
                self._counts[f"{int(told['status'])} {told['method']} {told['part']}".strip()] += 1
            except (ValueError, KeyError, TypeError):
                continue  # a line that a power cut left incomplete
        taken.unlink()


def refused_file(home: Path) -> Path:
    """Return the file of a state folder in which the server notes the requests that it refuses."""
    return home / "prefect" / "refused.jsonl"
