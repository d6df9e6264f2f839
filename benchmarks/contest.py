"""Who is measured, in which environment, in which order."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ROOT / ".bench-venv" / "bin" / "python"
SUBJECTS = 5_000
REPLICATES = 1_000
GROWTH = (500, 5_000, 50_000, 500_000)
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM")
}


@dataclass(frozen=True, slots=True)
class Contestant:
    """A module and function of this folder, what it is called, and how many replicates are enough to time it."""

    key: str
    title: str
    replicates: int

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return PACKAGES if self.key.startswith("packages.") else Path(sys.executable)


@dataclass(frozen=True, slots=True)
class Measured:
    """The best of some measurements of one contestant."""

    contestant: Contestant
    subjects: int
    seconds_per_replicate: float
    estimate: float
    megabytes: float
    software: Mapping[str, str]


OURS = Contestant("batched.ate", "MediCore, ATE", REPLICATES)
TEXTBOOK = Contestant(
    "textbook.maximum_likelihood", "textbook loop: pandas, scikit-learn lbfgs, no penalty", 40
)
OTHERS = (
    TEXTBOOK,
    Contestant("textbook.defaults", "the same with scikit-learn's defaults (another estimate)", 40),
    Contestant("careful.scikit_learn", "loop: arrays, scikit-learn newton-cholesky", 100),
    Contestant("careful.statsmodels", "loop: arrays, statsmodels Logit and OLS", 100),
    Contestant("packages.crabbymetrics", "loop: arrays, crabbymetrics Logit and OLS (Rust)", 100),
    Contestant("packages.zepid", "loop: zEpid AIPTW", 40),
    Contestant("packages.causallib", "loop: causallib AIPW, scikit-learn lbfgs", 40),
    Contestant("packages.causallib_newton", "loop: causallib AIPW, scikit-learn newton-cholesky", 40),
)
TARGETS = (
    Contestant("batched.att", "MediCore, ATT", REPLICATES),
    Contestant("batched.ato", "MediCore, ATO", REPLICATES),
    Contestant("batched.observed", "MediCore, ATE, one outcome in five missing", REPLICATES),
)

FOLLOWED = 1_000
"""Subjects of the bootstrap of survival, whose tables are of subjects by times."""
SURVIVAL = Contestant("followed.batched", "MediCore, survival", REPLICATES)
LOOPS_OF_SURVIVAL = (
    Contestant("followed.one_by_one", "loop: MediCore's estimator of one sample", 40),
    Contestant("packages.lifelines", "loop: lifelines CoxPHFitter, scikit-learn newton-cholesky", 20),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """The best of one contestant, and the best of as many turns of ours, each just before one of its own."""

    ours: Measured
    theirs: Measured

    @property
    def ratio(self) -> float:
        """How many times as long as ours a replicate takes."""
        return self.theirs.seconds_per_replicate / self.ours.seconds_per_replicate


def contest(
    rounds: int,
    ours: Contestant = OURS,
    others: Sequence[Contestant] = (*OTHERS, *TARGETS),
    subjects: int = SUBJECTS,
) -> list[Pair]:
    """Return every contestant beside ours, which has a turn before each of its turns."""
    entered = [one for one in others if one.python.exists()]
    turns: dict[str, list[tuple[Measured, Measured]]] = {one.key: [] for one in entered}
    for turn in range(1, rounds + 1):
        for one in entered:
            _progress(f"turn {turn} of {rounds}: {one.title}")
            turns[one.key].append((_measured(ours, subjects), _measured(one, subjects)))
    return [Pair(*(_best(side) for side in zip(*pairs, strict=True))) for pairs in turns.values()]


def growth(rounds: int) -> list[Measured]:
    """Return our best of ``rounds`` for each number of subjects; the largest has one turn."""
    grown = []
    for subjects in GROWTH:
        _progress(f"n = {subjects:,}")
        times = 1 if subjects == max(GROWTH) else rounds
        grown.append(_best([_measured(OURS, subjects) for _ in range(times)]))
    return grown


def _best(turns: Sequence[Measured]) -> Measured:
    return min(turns, key=lambda found: found.seconds_per_replicate)


def _measured(contestant: Contestant, subjects: int) -> Measured:
    """Return one measurement, made by a process of its own on one thread."""
    command = [str(contestant.python), "-m", "benchmarks.measure", contestant.key]
    done = subprocess.run(  # noqa: S603 (an interpreter and names from this file)
        [*command, str(subjects), str(contestant.replicates)],
        cwd=ROOT,
        env=_environment(os.environ),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    told = json.loads(done.stdout)
    each = told["seconds"] / told["replicates"]
    return Measured(contestant, subjects, each, told["estimate"], told["megabytes"], told["software"])


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    return {**given, **ONE_THREAD}


def _progress(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
