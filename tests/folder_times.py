"""The seconds that the tests of each folder took, printed at the end of a run, so that growth is seen."""

from collections import defaultdict
from pathlib import PurePath

import pytest


class FolderTimes:
    """Adds up set-up, call and tear-down of every test; under xdist, what all its processes tell."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._tests: defaultdict[str, set[str]] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one part of a test to its folder, ``tests/FOLDER``."""
        path = PurePath(report.nodeid.partition("::")[0])
        folder = "/".join(path.parent.parts[:2])
        self._seconds[folder] += report.duration
        self._tests[folder].add(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print a line for each folder, the dearest first."""
        if not self._seconds:
            return
        terminalreporter.section("seconds by folder, set-up included")
        rows = sorted(self._seconds.items(), key=lambda row: -row[1])
        for folder, seconds in [*rows, ("all", sum(self._seconds.values()))]:
            tests = sum(map(len, self._tests.values())) if folder == "all" else len(self._tests[folder])
            terminalreporter.write_line(f"{seconds:9.1f} s {tests:6d} tests  {folder}")
