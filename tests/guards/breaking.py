"""The guards against each attack, and the trial of each: with the guard broken, the test of its attack must fail.

The registers beside this file name for every attack the guard that finds it, as a place in the code, a text in its place
that lets the attack pass, and the test that attacks. Where several guards find an attack, all of them are broken at once.
"""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REGISTERS = tuple(sorted(Path(__file__).parent.glob("*.toml")))
_OPTIONS = ("-q", "-x", "--tb=short", "-p", "no:cacheprovider", "-p", "no:randomly")
_PRINTED = 4000
"""So many characters of the end of what is printed are kept."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A place in the code that finds an attack, and the text that leaves the guard out.

    ``owner`` is the function, class or constant around it, as Python names it; it is empty in a file of another language.
    """

    file: str
    owner: str
    before: str
    after: str

    def broken(self, source: str) -> str:
        """Return the source without this guard; raise ValueError unless the guard stands in its owner exactly once."""
        first, last = _lines_of(source, self.owner) if self.owner else (0, len(source.splitlines()))
        lines = source.splitlines(keepends=True)
        own = "".join(lines[first:last])
        if (count := own.count(self.before)) != 1:
            raise ValueError(
                f"{self.file}: {self.owner or 'the file'} has {self.before!r} {count} times; expected once"
            )
        changed = own.replace(self.before, self.after)
        return "".join([*lines[:first], changed, *lines[last:]])

    def __str__(self) -> str:
        """Return the file and the owner in it."""
        return f"{self.file}::{self.owner}" if self.owner else self.file


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack, the test that makes it, and the guards that find it; ``subject`` is the register that names it."""

    subject: str
    what: str
    test: str
    guards: tuple[Guard, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The files that hold the guards."""
        return tuple(dict.fromkeys(guard.file for guard in self.guards))

    def sources(self, root: Path) -> dict[str, str]:
        """Return each of these files, by its name, with the guards broken."""
        found = {name: (root / name).read_text(encoding="utf-8") for name in self.files}
        for guard in self.guards:
            found[guard.file] = guard.broken(found[guard.file])
        return found


@dataclass(frozen=True, slots=True)
class Ended:
    """How the tests of a trial ended: how many passed, failed, did not come to their own lines, or were skipped."""

    passed: int
    failed: int
    errors: int
    skipped: int
    printed: str

    @property
    def left_out(self) -> bool:
        """Whether this machine lacks what the tests need, so that none of them was run."""
        return self.skipped > 0 and self.passed == self.failed == self.errors == 0


def attacks() -> tuple[Attack, ...]:
    """Return every attack of the registers."""
    return tuple(_attack(path.stem, entry) for path in REGISTERS for entry in _entries(path))


def _entries(register: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(register.read_text(encoding="utf-8"))["attack"]
    return found


def _attack(subject: str, entry: dict[str, Any]) -> Attack:
    return Attack(subject, entry["what"], entry["test"], tuple(Guard(**guard) for guard in entry["guard"]))


def _lines_of(source: str, owner: str) -> tuple[int, int]:
    """Return the first line of a function, class or constant, counted from nought, and the one after its last."""
    body: Sequence[ast.stmt] = ast.parse(source).body
    found: ast.stmt | None = None
    for name in owner.split("."):
        found = next((one for one in body if name in _names(one)), None)
        if found is None:
            raise ValueError(f"there is no {owner}")
        body = getattr(found, "body", [])
    if found is None or found.end_lineno is None:
        raise ValueError(f"there is no {owner}")
    return found.lineno - 1, found.end_lineno


def _names(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    targets = [*getattr(statement, "targets", []), getattr(statement, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


class Scratch:
    """A copy of the project in which guards are broken, one attack at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *tests: str) -> Ended:
        """Run tests against the copy as it is now."""
        with tempfile.TemporaryDirectory() as place:
            report = Path(place) / "report.xml"
            # No compiled file of an earlier trial may be taken for the present one: two edits within a second look alike.
            surroundings = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
            places = (f"--junitxml={report}", f"--basetemp={place}/tests")
            command = [sys.executable, "-m", "pytest", *_OPTIONS, *places, *tests]
            done = subprocess.run(
                command, cwd=self.root, env=surroundings, capture_output=True, text=True, check=False
            )
            counts = _counts(report)
        passed = counts["tests"] - counts["failures"] - counts["errors"] - counts["skipped"]
        printed = done.stdout[-_PRINTED:] + done.stderr[-_PRINTED:]
        return Ended(passed, counts["failures"], counts["errors"], counts["skipped"], printed)

    @contextmanager
    def broken(self, attack: Attack) -> Iterator[None]:
        """Break the guards against an attack for a while."""
        whole = {name: (self.root / name).read_text(encoding="utf-8") for name in attack.files}
        for name, source in attack.sources(self.root).items():
            (self.root / name).write_text(source, encoding="utf-8")
        try:
            yield
        finally:
            for name, source in whole.items():
                (self.root / name).write_text(source, encoding="utf-8")


def _counts(report: Path) -> dict[str, int]:
    suites = ET.parse(report).iter("testsuite") if report.exists() else ()  # noqa: S314 - pytest's own
    held = next((suite.attrib for suite in suites), {})
    return {key: int(held.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}


@contextmanager
def scratch() -> Iterator[Scratch]:
    """Yield a copy of the project's files as they are now."""
    with tempfile.TemporaryDirectory(prefix="guards-") as folder:
        root = Path(folder) / "project"
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True
        ).stdout.decode()
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        # The tests copy the project by asking git for its files.
        for command in (("init", "--quiet"), ("add", "--all")):
            subprocess.run(["git", *command], cwd=root, check=True)
        yield Scratch(root)
