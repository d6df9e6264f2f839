"""``make deep``: the simulations and drills in pieces, one after the other, and a table of what each did.

``make deep PIECE=gaps`` runs one. On two processors that do nothing else, each piece ends within twenty minutes.
"""

import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MINUTES = 20
"""A piece that takes longer is named, to be split."""
PIECES: Mapping[str, tuple[str, ...]] = {
    "alarms": ("tests/simulation/test_alarms.py",),
    "clusters": ("tests/simulation/test_clusters.py",),
    "combinations": ("tests/steps/test_combinations.py",),
    "controls": ("tests/simulation/test_controls.py",),
    "drawn": ("tests/simulation/test_drawn.py",),
    "drills": (
        "tests/line/attacks",
        "tests/line/failures",
        "tests/line/keeping",
        "tests/stores/test_ledger_writers.py",
    ),
    "environments": ("tests/line/journeys",),
    "families": ("tests/simulation/test_families.py",),
    "files": ("tests/records/test_real_files.py",),
    "effects": ("tests/simulation/test_true_effect.py",),
    "flexible": ("tests/simulation/test_flexible.py",),
    "gaps": ("tests/simulation/test_gaps.py",),
    "generations": ("tests/generations",),
    "guards": ("tests/guards",),
    "looks": ("tests/simulation/test_looks.py",),
    "numbers": ("tests/quarto_templates/numbers",),
    "many": ("tests/simulation/test_many_subjects.py",),
    "rates": ("tests/simulation/test_rates.py",),
    "reference": ("tests/reference",),
    "rare": ("tests/simulation/test_rare_events.py",),
    "randomised": ("tests/simulation/test_randomised.py",),
    "simulation": ("tests/simulation/test_simulation.py",),
    "survival": ("tests/simulation/test_survival.py",),
    "unobserved": ("tests/simulation/test_unobserved.py",),
    "visits": ("tests/simulation/test_visits.py",),
    "nulls": ("tests/simulation/test_nulls.py",),
    "wheel": ("tests/test_workspace.py",),
    "wins": ("tests/simulation/test_wins.py",),
}
_OPTIONS = ("-m", "deep", "--timeout=3600", "-s", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True)
class Done:
    """What a piece did: how many tests it has, how many of them failed or were skipped, and the minutes it took."""

    piece: str
    tests: int
    failed: int
    skipped: int
    minutes: float
    status: int

    @property
    def passed(self) -> bool:
        """Whether there were tests and none of them failed."""
        return self.status == 0 and self.tests > 0 and self.failed == 0

    @property
    def result(self) -> str:
        """How the piece ended, in words."""
        words = (
            "passed"
            if self.passed
            else f"FAILED: {self.failed}"
            if self.failed
            else "FAILED: nothing was proved"
        )
        words += f", {self.skipped} skipped" if self.skipped else ""
        return words + (f"; longer than {MINUTES} minutes, split it" if self.minutes > MINUTES else "")


def main(names: Sequence[str], pieces: Mapping[str, tuple[str, ...]] = PIECES, root: Path = ROOT) -> int:
    """Run the named pieces, or all, print the table, and return the exit status."""
    unknown = [name for name in names if name not in pieces]
    if unknown:
        words = f"there is no piece {unknown[0]!r}; expected one of: {', '.join(pieces)}"
        print(words, file=sys.stderr)  # noqa: T201 - its answer
        return 2
    done = []
    for name in names or pieces:
        print(f"\n{name}: {' '.join(pieces[name])}", flush=True)  # noqa: T201 - its answer
        done.append(run(name, pieces[name], root))
    print(f"\n{table(done)}")  # noqa: T201 - its answer
    return int(not all(piece.passed for piece in done))


def run(name: str, paths: Sequence[str], root: Path) -> Done:
    """Run the deep tests of one piece and return what it did."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        command = [sys.executable, "-m", "pytest", *_OPTIONS, f"--junitxml={report}", *paths]
        status = subprocess.run(command, cwd=root, check=False).returncode
        suites = ET.parse(report).iter("testsuite") if report.exists() else ()  # noqa: S314 - pytest's own
        counts = next((suite.attrib for suite in suites), {})
    tests, failures, errors, skipped = (
        int(counts.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")
    )
    return Done(name, tests, failures + errors, skipped, (time.monotonic() - begun) / 60, status)


def table(done: Sequence[Done]) -> str:
    """Return the table of the pieces: name, tests, minutes, result."""
    rows = [("piece", "tests", "minutes", "result")]
    rows += [(piece.piece, str(piece.tests), f"{piece.minutes:.1f}", piece.result) for piece in done]
    return "\n".join(f"{name:<12} {tests:>6} {minutes:>8}  {result}" for name, tests, minutes, result in rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
