"""Fifteen years of eight studies: how long the questions take, and how that grows with the records."""

import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.console_pages import BOARD, RUN_PAGE
from benchmarks.project import Taken, copy_project, medicore, python, timed
from benchmarks.years_studies import PASSPHRASE, STUDIES, protocol

SIZES = (90, 360, 1440)
TARGETS = {"status": 1.0, "explain --value": 1.0, "verify --all": 180.0, BOARD: 0.3, RUN_PAGE: 0.5}
"""Seconds at the largest size."""

LINEAR = 1.15
"""The steepest growth of processor time, as an exponent of the number of records, that counts as linear."""

_MEMORY = Path("/dev/shm")  # noqa: S108 - only the time to build depends on it
_ROOM = 8_000_000
"""Bytes that must be free in memory for each record; without them the records are made on the disk."""

_NOTE = (
    "Each record is archived: sealed, signed, released, copied and read back. The first month of every study went the "
    "whole line; the others are its files under their own month, through the same ledger, seal, signature, release and "
    "archive. Seconds are of the "
    "wall, of one command with its start; the index is made by the command in its row, from nothing; those of the console's pages "
    "are the server's, of a run's page with report and panel after its first reader. Growth is of the processor's seconds, which other work does not lengthen."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Seconds that each question took at a number of records, and how much the state folder and ledger hold."""

    records: int
    events: int
    megabytes: float
    seconds: Mapping[str, Taken]


def years(sizes: Sequence[int] = SIZES) -> tuple[Asked, ...]:
    """Return how long each question takes at each of the sizes, on records made in a scratch folder."""
    free = shutil.disk_usage(_MEMORY).free if _MEMORY.is_dir() else 0
    place = _MEMORY if free > _ROOM * max(sizes) else None
    with tempfile.TemporaryDirectory(prefix="medicore-years-", dir=place) as scratch:
        root, home = Path(scratch) / "project", Path(scratch) / "state"
        copy_project(root, {study: protocol(study) for study in STUDIES})
        return tuple(_asked(root, home, size) for size in sizes)


def page(found: Sequence[Asked]) -> str:
    """Return the table, with targets and growth."""
    questions = list(found[0].seconds)
    lines = ["# Questions over the years\n", f"{_NOTE}\n"]
    lines.append("| records | events | state MB | " + " | ".join(questions) + " |")
    lines.append("|---" * (3 + len(questions)) + "|")
    for one in found:
        cells = " | ".join(f"{one.seconds[name].wall:.2f} s" for name in questions)
        lines.append(f"| {one.records:,} | {one.events:,} | {one.megabytes:,.0f} | {cells} |")
    if len(found) > 1:
        first, last = found[0], found[-1]
        exponents = {name: _exponent(first, last, name) for name in questions}
        lines.append("| growth | | | " + " | ".join(f"n^{exponents[name]:.2f}" for name in questions) + " |")
        lines.append("")
        for name, limit in TARGETS.items():
            met = last.seconds[name].wall <= limit and exponents[name] <= LINEAR
            lines.append(
                f"- {name} of {last.records:,} records within {limit:g} s, not steeper than linear: "
                f"{last.seconds[name].wall:.2f} s, n^{exponents[name]:.2f}, {'met' if met else 'NOT MET'}"
            )
    return "\n".join(lines) + "\n"


def main(sizes: Sequence[int] = SIZES) -> None:
    """Measure and print."""
    sys.stdout.write(page(years(sizes)))


def _asked(root: Path, home: Path, size: int) -> Asked:
    started = time.monotonic()
    _build(root, home, size)
    sys.stderr.write(f"{size} records after {time.monotonic() - started:.0f} s\n")
    (home / "index.db").unlink(missing_ok=True)
    seconds = {"index made": timed(root, home, "status")}
    seconds["status"] = min(timed(root, home, "status") for _ in range(3))
    seconds["explain --value"] = min(
        timed(root, home, "explain", "--value", _printed(root, home)) for _ in range(3)
    )
    seconds["verify --all"] = timed(root, home, "verify", "--all")
    pages = json.loads(python(root, home, "benchmarks.console_pages", str(home), PASSPHRASE))
    seconds |= {name: Taken(*taken) for name, taken in pages.items()}
    head = json.loads(medicore(root, home, "ledger", "verify", "--json"))
    held = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    return Asked(size, int(head["events"]), held / 1e6, seconds)


def _printed(root: Path, home: Path) -> str:
    """Return a primary estimate as a report prints it."""
    rows = json.loads(medicore(root, home, "status", STUDIES[0], "--json"))
    return f"{rows[-1]['estimate']:.2f}".replace("-", "\u2212")


def _exponent(first: Asked, last: Asked, question: str) -> float:
    return math.log(last.seconds[question].processor / first.seconds[question].processor) / math.log(
        last.records / first.records
    )


def _build(root: Path, home: Path, size: int) -> None:
    """Bring the state folder to ``size`` records: the first month, then both halves of the studies at once."""
    python(root, home, "benchmarks.years_build", str(home), str(min(size, len(STUDIES))))
    halves = [
        subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "benchmarks.years_build", str(home), str(size), part],
            cwd=root,
            stdin=subprocess.DEVNULL,
        )
        for part in ("0", "1")
    ]
    if any([half.wait() for half in halves]):
        raise SystemExit(f"the {size} records could not be made")
