"""A pytest plugin: once a moment has passed no further test begins, and what did not begin is listed by file.

The moment is in ``MEDICORE_TESTS_END``, in seconds of the machine's monotonic clock, which all workers share.
"""

import os
import time
from collections import Counter
from collections.abc import Iterable

import pytest

END = "MEDICORE_TESTS_END"
_OVER = "left out: the time of this run is over"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:  # noqa: ARG001 - named by pytest
    """Skip the test, before any fixture is made, when the time is over."""
    if END in os.environ and time.monotonic() >= float(os.environ[END]):
        pytest.skip(_OVER)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the files whose tests did not begin, with how many."""
    files = Counter(report.nodeid.partition("::")[0] for report in _left_out(terminalreporter))
    for name, count in sorted(files.items()):
        terminalreporter.write_line(f"left out, the time is over: {count} of {name}")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which no test began: it proves nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and any(_left_out(reporter)) and not {"passed", "failed", "error"} & set(reporter.stats):
        reporter.write_line("no test began before the time was over; run 'make test', or try again")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _left_out(reporter: pytest.TerminalReporter) -> Iterable[pytest.TestReport]:
    """Yield the reports of the tests that did not begin."""
    return (report for report in reporter.stats.get("skipped", []) if _OVER in str(report.longrepr))
