"""Requests that our own Prefect server refused: taken from its file, and told once a minute at most."""

import json
import time
from collections import Counter
from pathlib import Path

_TOLD_EVERY_S = 60.0


class Refusals:
    """Counts what the server refused, by status, method and part of the API, until it is told."""

    def __init__(self, home: Path) -> None:
        self._file = refused_file(home)
        self._counts: Counter[str] = Counter()
        self._told = float("-inf")

    def due(self) -> dict[str, int]:
        """Return how often each kind was refused since it was told last; nothing where that is less than a minute ago.

        Each kind is a text such as ``401 POST flow_runs``.
        """
        self._take()
        if not self._counts or time.monotonic() - self._told < _TOLD_EVERY_S:
            return {}
        self._told = time.monotonic()
        counts, self._counts = dict(sorted(self._counts.items())), Counter()
        return counts

    def _take(self) -> None:
        """Take the lines that wait; the server goes on with a new file."""
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
                continue  # a line that a power cut left unfinished
        taken.unlink()


def refused_file(home: Path) -> Path:
    """Return the file of a state folder in which the server notes what it refuses."""
    return home / "prefect" / "refused.jsonl"
