"""Trials in a copy of the project: its files are changed there, and the tests run as anybody runs them."""

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.guards.breaking import ROOT, Attack

_OPTIONS = ("-q", "-x", "--tb=short", "-p", "no:cacheprovider", "-p", "no:randomly")
_PRINTED = 4000
"""So many characters of the end of what is printed are kept."""


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
