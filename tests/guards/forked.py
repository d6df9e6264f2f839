"""Trials in one process: each in a fork of a process that has collected the tests, run them once, and keeps their houses.

A guard is exchanged in the modules that were imported, as ``tests/mutation`` exchanges a mutant. What a fork cannot try
is tried in a copy of the project: see ``scratch``.
"""

import ast
import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import typst

from tests.guards.breaking import ROOT, Attack
from tests.mutation.graft import NotImportableError, exchange, made_again

HUNG_SECONDS = 120
"""After so much time a trial hangs, and is made again in a copy."""
_PASSED, _FAILED, _CANNOT = 0, 1, 3
"""The exit codes of a trial: its tests passed, one failed, or a fork cannot make it."""
SOUND = frozenset({"passed", "skipped", "setup passed", "teardown passed"})
"""How the phases of a test end that finds nothing wrong, or is skipped."""
_CODE = ("medicore/", "flows/")
_SEPARATE = ("medicore/offline/", "medicore/cli/")
_TESTS = ("tests/cases/", "tests/contracts/", "tests/flows/", "tests/records/", "tests/stores/")
_SERVED = ("tests/flows/serving/test_server.py",)
OPTIONS = ["-q", "--tb=short", "-m", "not deep", "-o", "addopts=--strict-markers --import-mode=importlib"]
OPTIONS += [
    part for plugin in ("randomly", "cacheprovider", "timeout", "cov") for part in ("-p", f"no:{plugin}")
]


def can_be_forked(attack: Attack) -> bool:
    """Return whether guards and test are in one process: no program is started that reads the guard's file."""
    within = all(
        guard.file.startswith(_CODE)
        and not guard.file.startswith(_SEPARATE)
        and guard.file.endswith(".py")
        and guard.owner
        for guard in attack.guards
    )
    return within and attack.test.startswith(_TESTS) and not attack.test.startswith(_SERVED)


@dataclass(eq=False)
class Forked:
    """A pytest plugin that runs the tests of attacks once, and then each in a fork whose guard is broken.

    ``verdicts`` says by the words of an attack how its trial ended, and ``unsound`` names the tests that fail with every
    guard in its place. An attack that has no verdict, since its tests cannot be forked or pass in the fork, is to be tried
    in a copy.
    """

    attacks: Sequence[Attack]
    told: Callable[[str], None]
    verdicts: dict[str, str] = field(default_factory=dict)
    unsound: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def pytest_sessionstart(self) -> None:
        """Let hypothesis stop at the first counterexample: which one is the least does not matter."""
        from hypothesis import Phase, settings  # pytest must be the first to import its plugin

        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("guards", derandomize=True, deadline=None, database=None, phases=phases)
        settings.load_profile("guards")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how each phase of a test ended."""
        self._seen.add(
            report.outcome if report.when == "call" or report.skipped else f"{report.when} {report.outcome}"
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every test with all guards in place, and then those of each attack without its guards."""
        for number, item in enumerate(session.items):
            following: Any = session.items[number + 1] if number + 1 < len(session.items) else session
            if self._ends(item, following) - SOUND:
                self.unsound.append(item.nodeid)
        for attack in self.attacks:
            chosen = [item for item in session.items if _is_of(item, attack)]
            verdict = self._tried(attack, chosen)
            if verdict is not None:
                self.verdicts[attack.what] = verdict
                self.told(f"{verdict}: {attack.what}")
        return True

    def _ends(self, item: pytest.Item, following: Any) -> set[str]:
        """Return how the phases of a test ended; what it shares with the following node stays set up."""
        self._seen.clear()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return set(self._seen)

    def _tried(self, attack: Attack, chosen: Sequence[pytest.Item]) -> str | None:
        """Return the verdict of an attack's trial; None when a fork cannot try it."""
        if any(item.nodeid in self.unsound for item in chosen):
            return "UNSOUND"
        # A house that was made before the fork may show a guard that was in place then: only a copy says "NOT FOUND".
        sound = self._forked(None, chosen) == _PASSED
        return "found" if sound and self._forked(attack, chosen) == _FAILED else None

    def _forked(self, attack: Attack | None, chosen: Sequence[pytest.Item]) -> int:
        """Return the exit code of a trial in a fork, with the guards of an attack broken or with all in place."""
        sys.stdout.flush()
        process = os.fork()
        if not process:
            self._end(attack, chosen)
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

    def _end(self, attack: Attack | None, chosen: Sequence[pytest.Item]) -> None:
        """Break the guards in this process, run the tests until one fails, and end with the code of the trial."""
        code = _CANNOT
        try:
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(HUNG_SECONDS)
            # Its threads, which do not survive a fork, would be waited for without end.
            typst.compile = lambda *_, **__: os._exit(_CANNOT)
            if attack is not None:
                leave_out(attack)
            seen: set[str] = set()
            # After the last test nothing is taken down that the parent process uses.
            for item, following in zip(chosen, [*chosen[1:], chosen[-1]], strict=True):
                seen |= self._ends(item, following)
                if "failed" in seen:
                    break
            code = _code(seen)
        except (NotImportableError, ValueError):  # the code has other free variables, and cannot be exchanged
            code = _CANNOT
        finally:
            os._exit(code)


def _code(seen: set[str]) -> int:
    """Return the exit code of a trial by how the phases of its tests ended."""
    if "failed" in seen:
        return _FAILED
    return _PASSED if seen <= SOUND - {"skipped"} else _CANNOT


def leave_out(attack: Attack) -> None:
    """Break the guards against an attack in the modules that this process has imported."""
    for name, source in attack.sources(ROOT).items():
        module = importlib.import_module(name.removesuffix(".py").replace("/", "."))
        fresh = made_again(module, ast.parse(source), name)
        for owner in dict.fromkeys(
            guard.owner.partition(".")[0] for guard in attack.guards if guard.file == name
        ):
            exchange(module, fresh, owner)


def _is_of(item: pytest.Item, attack: Attack) -> bool:
    return item.nodeid == attack.test or item.nodeid.startswith(f"{attack.test}[")
