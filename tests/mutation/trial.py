"""Tries mutants: each in a process forked from one that has collected the tests, until the first test fails."""

import os
import pickle
import resource
import signal
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.mutation.graft import NotImportableError, graft
from tests.mutation.mutants import MODULES, STATS, Mutant
from tests.mutation.reach import Line, Trace, timed

OWN_SECONDS = 5.0
"""A module's own test that takes longer than this is left to ``make test``."""
OTHER_SECONDS = 6.0
"""Processor time for tests of other modules that reach a mutant which its own tests let live."""
HUNG_SECONDS = 120
"""After so much wall time a mutant hangs; after three times the processor time of its tests it runs away."""

Fate = Literal["killed", "survived", "not importable"]
FATES: dict[int, Fate] = {0: "survived", 3: "not importable"}


@dataclass(frozen=True)
class Tested:
    """What a test reached without any mutant, and the processor time that it took."""

    index: int
    lines: frozenset[Line]
    seconds: float


@dataclass
class Trials:
    """A pytest plugin that runs, in the place of the tests, the trials of mutants; ``fates`` are their outcomes."""

    mutants: Sequence[Mutant]
    fates: dict[int, Fate] = field(default_factory=dict)
    processes: int = min(2, os.cpu_count() or 1)

    def pytest_sessionstart(self) -> None:
        """Stop hypothesis at the first counterexample: which one is the least does not matter."""
        from hypothesis import Phase, settings  # pytest must be the first to import its plugin

        settings.register_profile(
            "mutation",
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
        )
        settings.load_profile("mutation")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Measure the tests, and try every mutant."""
        tested = self._measured(session)
        running: dict[int, int] = {}
        for number, mutant in enumerate(self.mutants):
            if len(running) == self.processes:
                self._await(running)
            chosen = _chosen(mutant, session, tested)
            limit = 10 + 3 * sum(test.seconds for test in chosen)
            running[_forked(_trial(session, mutant, [test.index for test in chosen]), int(limit))] = number
        while running:
            self._await(running)
        return True

    def _await(self, running: dict[int, int]) -> None:
        process, status = os.wait()
        number = running.pop(process)
        self.fates[number] = FATES.get(os.waitstatus_to_exitcode(status), "killed")
        if self.fates[number] == "survived":
            print(f"survived: {self.mutants[number]}", flush=True)  # noqa: T201

    def _measured(self, session: pytest.Session) -> list[Tested]:
        """Return what the tests reach; those that fail without any mutant are an error of the run."""
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / str(number) for number in range(self.processes)]
            for number, file in enumerate(files):
                _forked(_measure(session, number, self.processes, file), 3600)
            failed = [os.wait()[1] for _ in files]
            if any(failed):
                names = ", ".join(name for file in files if (name := _failed(file)))
                raise pytest.UsageError(f"tests fail without any mutant, make them pass first: {names}")
            return sorted((test for file in files for test in _read(file)), key=lambda test: test.index)


def _read(file: Path) -> Iterable[Tested]:
    found: list[Tested] = pickle.loads(file.read_bytes())  # noqa: S301 - written by our own child just now
    return found


def _failed(file: Path) -> str:
    """Return the name of the test that was running when measuring ended, if it ended early."""
    note = file.with_suffix(".running")
    return note.read_text("utf-8") if note.is_file() else ""


def _forked(work: Callable[[], int], seconds: int) -> int:
    """Return the process that does the work, silently, within so much processor time, and exits with its number."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(max(HUNG_SECONDS, 3 * seconds))
        status = work()
    finally:
        os._exit(status)


def _trial(session: pytest.Session, mutant: Mutant, chosen: Sequence[int]) -> Callable[[], int]:
    def work() -> int:
        try:
            graft(mutant)
        except NotImportableError:
            return 3
        return int(any(not _passes(session, index) for index in chosen))

    return work


def _measure(session: pytest.Session, number: int, processes: int, file: Path) -> Callable[[], int]:
    def work() -> int:
        measured = []
        for index in range(number, len(session.items), processes):
            trace, seconds = Trace(str(STATS)), list[float]()
            file.with_suffix(".running").write_text(session.items[index].nodeid, "utf-8")
            with timed(seconds), trace.on():
                if not _passes(session, index):
                    return 1
            measured.append(Tested(index, frozenset(trace.lines), seconds[0]))
        file.write_bytes(pickle.dumps(measured))
        file.with_suffix(".running").unlink(missing_ok=True)
        return 0

    return work


def _passes(session: pytest.Session, index: int) -> bool:
    """Return whether a test passes, with its fixtures set up for it alone."""
    item: Any = session.items[index]
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
    return session.testsfailed == 0


def module_of(test_file: Path) -> str:
    """Return the module that a file of tests is about: the longest name that its own begins with."""
    stem = test_file.stem.removeprefix("test_")
    return max((name for name in MODULES if f"{stem}_".startswith(f"{name}_")), key=len, default="")


def _chosen(mutant: Mutant, session: pytest.Session, tested: Sequence[Tested]) -> list[Tested]:
    """Return the tests to try: the module's own, those that reach the mutant first; then others that reach it."""
    file = str(MODULES[mutant.module])
    first, last = mutant.lines
    statement = {(file, line) for line in range(first, last + 1)}
    constant = mutant.owner.isupper()

    def reaches(test: Tested) -> bool:
        return bool(test.lines & statement) or (constant and any(name == file for name, _ in test.lines))

    own = [test for test in tested if module_of(session.items[test.index].path) == mutant.module]
    own = sorted(
        (test for test in own if test.seconds <= OWN_SECONDS),
        key=lambda test: (not reaches(test), test.seconds),
    )
    others, total = [], 0.0
    mine = {test.index for test in own}
    for test in sorted(tested, key=lambda test: test.seconds):
        if test.index not in mine and reaches(test) and total + test.seconds <= OTHER_SECONDS:
            others.append(test)
            total += test.seconds
    return own + others
