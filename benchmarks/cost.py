"""What a run costs beside its statistics: provenance, and the way by command and Prefect. Of the processor, in one run."""

import os
import resource
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.project import copy_project, founded, python
from medicore.steps.way import STEP_NAMES

STUDY, MONTH = "REF-NHEFS", "2025-03"
STEPS, SEALED, ARCHIVED, COMMAND = (
    "steps alone",
    "use cases, to the sealed record",
    "use cases, to the archive",
    "`medicore run`, to the sealed record",
)
TARGET = 2.0
"""How many times the processor time of its use cases a command may take."""

_ROUNDS = 3
_NOTE = (
    "One month of the reference study: 1,629 patients, 1,000 bootstrap replicates, all planned analyses, the report as "
    "PDF. Each way is a process of its own; seconds are of the processor, of that process and all that it starts, with "
    "the start of the interpreter, and for the command with a Prefect server of its own. The ways take turns; the least "
    "of {rounds} rounds counts, after a first command, which makes Prefect's database. Steps alone have neither ledger, signature, DVC, git nor archive."
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the processor by way, the least of so many rounds."""

    rounds: int
    seconds: Mapping[str, float]

    def ratio(self, way: str, other: str) -> float:
        """Return how many times as much one way takes as another."""
        return self.seconds[way] / self.seconds[other]


def cost(rounds: int = _ROUNDS) -> Cost:
    """Return what each way costs, in a scratch folder."""
    with tempfile.TemporaryDirectory(prefix="medicore-cost-") as scratch:
        # The steps write into the checkout that they run in, and a regulatory run refuses one with changes.
        bare, root, home = (Path(scratch) / name for name in ("bare", "project", "state"))
        copy_project(bare)
        founded(root, home)
        way = partial(_processor_seconds, root, home)
        ways: Mapping[str, Callable[[], float]] = {
            STEPS: partial(_processor_seconds, bare, home, "medicore", "step", *STEP_NAMES),
            SEALED: partial(way, "benchmarks.direct", STUDY, MONTH),
            ARCHIVED: partial(way, "benchmarks.direct", STUDY, MONTH, "--release"),
            COMMAND: partial(way, "medicore", "run", STUDY, MONTH, "--as", "analyst"),
        }
        os.environ.pop("PREFECT_API_URL", None)  # the command starts a server of its own
        ways[COMMAND]()  # once for all a state's first command makes Prefect's database
        found: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, measure in ways.items():
                found[way].append(measure())
        return Cost(rounds, {way: min(seconds) for way, seconds in found.items()})


def _processor_seconds(root: Path, home: Path, *module: str) -> float:
    """Return the seconds that a module of the copied project takes of the processor, with all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    python(root, home, *module)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def page(found: Cost) -> str:
    """Return the table and the ratios, with the target."""
    lines = ["# What a run costs\n", f"{_NOTE.format(rounds=found.rounds)}\n"]
    lines += ["| way | seconds | times the steps alone |", "|---|--:|--:|"]
    for way, seconds in found.seconds.items():
        lines.append(f"| {way} | {seconds:.1f} | {found.ratio(way, STEPS):.2f} |")
    way = found.ratio(COMMAND, SEALED)
    verdict = "met" if way <= TARGET else "NOT MET"
    lines += [
        "",
        f"- One run by command takes {way:.2f} times the processor time of its use cases called directly; at most "
        f"{TARGET:g}: {verdict}",
        f"- Provenance, from signature to archive, makes the bare analysis {found.ratio(ARCHIVED, STEPS):.2f} times as dear.",
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print; the first argument is the number of rounds."""
    sys.stdout.write(page(cost(*map(int, arguments[:1]))))
