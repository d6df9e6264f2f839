"""What the verification of one archived run costs beside what it cannot do without: reading and hashing every stored byte.

``python -m benchmarks.verified RUN ROUNDS`` measures both by turns in one process, on the state folder of its environment.
"""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.project import founded, python
from medicore.cases.proof.verify import verify
from medicore.records.identifiers import RunId
from medicore.settings import read_settings
from medicore.wiring import open_house

STUDY, MONTH = "REF-NHEFS", "2025-03"
KEPT = ("archive", "dvc", "records.git", "people", "ledger.db")
"""What of a state folder holds records; its other files serve the work."""

_ROUNDS = 5
_NOTE = (
    "One archived month of the reference study. `verify RUN` is its use case, called in one process that has imported "
    "everything; beside it, the same process reads every file of archive, content store, record repository, ledger and "
    "people, and makes its SHA-256. Both take turns; seconds are of the processor, with those of programs that it starts "
    "(git), and the least of {rounds} rounds counts."
)


@dataclass(frozen=True, slots=True)
class Verified:
    """Seconds of the processor, the least of so many rounds, and how much was stored and checked."""

    rounds: int
    checks: int
    megabytes: float
    reading: float
    verifying: float

    @property
    def ratio(self) -> float:
        """How many times as much the verification takes as reading and hashing."""
        return self.verifying / self.reading


def verified(rounds: int = _ROUNDS) -> Verified:
    """Return what verification costs on a run that is made, released and archived in a scratch folder."""
    with tempfile.TemporaryDirectory(prefix="medicore-verified-") as scratch:
        root, home = Path(scratch) / "project", Path(scratch) / "state"
        os.environ.pop("PREFECT_API_URL", None)
        founded(root, home)
        python(root, home, "benchmarks.direct", STUDY, MONTH, "--release")
        return Verified(
            **json.loads(python(root, home, "benchmarks.verified", f"{STUDY}/{MONTH}/1", str(rounds)))
        )


def measured(run: str, rounds: int) -> dict[str, float]:
    """Return the fields of ``Verified`` for a run of the state folder in the environment."""
    settings = read_settings()
    house, named = open_house(settings), RunId.parse(run)
    checks = verify(house, named)  # a first one, not timed, pays for late imports
    if failed := [check.subject for check in checks if not check.passed]:
        raise SystemExit(f"{len(failed)} check(s) failed, first {failed[0]}; expected a sound run")
    reading, verifying = [], []
    for _ in range(rounds):
        reading.append(_processor_seconds(lambda: hashed(settings.home)))
        verifying.append(_processor_seconds(lambda: verify(house, named)))
    megabytes = hashed(settings.home) / 1e6
    return {
        "rounds": rounds,
        "checks": len(checks),
        "megabytes": megabytes,
        "reading": min(reading),
        "verifying": min(verifying),
    }


def hashed(home: Path) -> int:
    """Read every stored byte, make the SHA-256 of each file, and return how many bytes there are."""
    found = 0
    for name in KEPT:
        place = home / name
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                hashlib.sha256(data).digest()
                found += len(data)
    return found


def _processor_seconds(work: Callable[[], object]) -> float:
    """Return the seconds of the processor that this process and those that it starts take for some work."""
    before = os.times()
    work()
    after = os.times()
    used = zip(after[:4], before[:4], strict=True)
    return sum(now - then for now, then in used)


def page(found: Verified) -> str:
    """Return the table and the ratio."""
    return "\n".join(
        (
            "# What a verification costs\n",
            f"{_NOTE.format(rounds=found.rounds)}\n",
            f"{found.megabytes:.1f} MB stored, {found.checks} checks.\n",
            "| work | milliseconds | times reading and hashing |",
            "|---|--:|--:|",
            f"| every stored byte read and hashed | {found.reading * 1000:.0f} | 1.00 |",
            f"| `verify RUN` | {found.verifying * 1000:.0f} | {found.ratio:.1f} |",
            "",
        )
    )


def main() -> None:
    """Measure and print."""
    sys.stdout.write(page(verified()))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))
