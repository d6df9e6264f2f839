"""``make quick``: the tests that the change concerns, within a minute; and what was left out.

Chosen by reading: ``tests/tiers/choosing.py`` says by what rules. ``make test`` is the proof, this is the first look.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.tiers.budget import END
from tests.tiers.choosing import Choice, changed_files, choose, sources_of

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 45
"""After so long no further test begins; those that have begun end within the minute."""
FILES = 60
"""So many test files are run, the nearest to the change first: to collect all would take the minute."""
_OPTIONS = ("-q", "-m", "not deep", "-p", "tests.tiers.budget", "-p", "no:randomly", "--dist", "loadfile")


def main(root: Path, seconds: float = SECONDS) -> int:
    """Run what the change concerns, print what was left out, and return the exit status."""
    until = time.monotonic() + seconds
    changed = changed_files(root)
    choice = choose(changed, sources_of(root))
    print(summary(len(changed), choice), flush=True)  # noqa: T201 - its answer
    if not choice.chosen:
        return 0
    workers = ("-n", str(min(2, os.cpu_count() or 1)), "--no-loadscope-reorder")
    command = [sys.executable, "-m", "pytest", *_OPTIONS, *workers, *[*choice.chosen][:FILES]]
    done = subprocess.run(command, cwd=root, env={**os.environ, END: str(until)}, check=False)
    print(left_out(choice))  # noqa: T201 - its answer
    return done.returncode


def summary(changed: int, choice: Choice) -> str:
    """Return what is run and why, a line for each test file."""
    head = f"{changed} file(s) changed since the main line; {len(choice.chosen)} test file(s) concern them"
    return "\n".join([head, *_lines(choice.chosen)[:FILES]])


def left_out(choice: Choice) -> str:
    """Return what concerns the change and was not run, with the command that runs it."""
    lines = ["Left out: tests that reach the change through other modules only; 'make test' runs all."]
    if len(choice.chosen) > FILES:
        lines += ["Left out, since there are too many for a minute:", *_lines(choice.chosen)[FILES:]]
    if choice.slow:
        lines += ["Left out, since they start whole commands:", *_lines(choice.slow)]
        lines.append(f"To run these: .venv/bin/python -m pytest {' '.join(choice.slow)}")
    return "\n".join(lines)


def _lines(reasons: Mapping[str, str]) -> list[str]:
    return [f"  {test}: {reason}" for test, reason in reasons.items()]


if __name__ == "__main__":
    sys.exit(main(ROOT))
