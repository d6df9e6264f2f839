"""Memory of the bootstrap, measured as the bench measures it, and the page that a run prints."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.contest import (
    GROWTH,
    LOOPS_OF_SURVIVAL,
    OTHERS,
    OURS,
    SURVIVAL,
    TARGETS,
    Contestant,
    Measured,
    Pair,
)
from benchmarks.page import page

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 200
"""Megabytes: the project's limit for 50,000 subjects with 6 covariates."""


def test_the_bootstrap_of_fifty_thousand_subjects_stays_below_200_megabytes() -> None:
    """The peak of a process that resamples them in two chunks, interpreter and data included."""
    command = [sys.executable, "-m", "benchmarks.measure", "batched.ate", "50000", "128"]
    told = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    assert told["replicates"] == 128
    assert 50_000 * 64 * 2 / 1e6 < told["megabytes"] < MEMORY  # one chunk's counts alone take 6.4 MB


def test_every_contestant_is_a_function_of_this_folder() -> None:
    """No name in the list leads nowhere."""
    for one in (OURS, *OTHERS, *TARGETS, SURVIVAL, *LOOPS_OF_SURVIVAL):
        module, function = one.key.split(".")
        source = (ROOT / "benchmarks" / f"{module}.py").read_text(encoding="utf-8")
        assert f"def {function}(study: Study, replicates: int) -> Timed:" in source


def test_the_page_says_which_targets_are_missed() -> None:
    """A textbook loop 89 times as slow, and a process of 201 MB, are not met; 11 times the fastest is."""
    contest = [
        Pair(_measured(OURS, 2.0), _measured(one, 2 * ratio))
        for one, ratio in zip(OTHERS[:3], (89.0, 500.0, 11.0), strict=True)
    ]
    text = page(contest, [_measured(OURS, 1.0, subjects, 201.0) for subjects in GROWTH], 3)
    assert "textbook loop: 89 times, NOT MET" in text
    assert f"({OTHERS[2].title}): 11 times, met" in text
    assert "n = 50,000: 201 MB, NOT MET" in text
    assert "| 500,000 | 1.00 | 1.000 | 201 |" in text


def test_the_page_has_the_bootstrap_of_survival() -> None:
    """Each loop is beside ours, with how many times as long it takes."""
    contest = [Pair(_measured(OURS, 2.0), _measured(one, 200.0)) for one in OTHERS[:3]]
    survival = [Pair(_measured(SURVIVAL, 9.0), _measured(one, 90.0)) for one in LOOPS_OF_SURVIVAL]
    growth = [_measured(OURS, 1.0, subjects) for subjects in GROWTH]
    text = page(contest, growth, 3, survival)
    assert f"| {LOOPS_OF_SURVIVAL[1].title} | 20 | 90.00 | 9.00 | 10.0 |" in text
    assert f"{SURVIVAL.title}: 2.000000" in text
    assert "## Survival" not in page(contest, growth, 3)


def _measured(
    one: Contestant, milliseconds: float, subjects: int = 5_000, megabytes: float = 60.0
) -> Measured:
    return Measured(one, subjects, milliseconds / 1000, 2.0, megabytes, {"numpy": "2.4.6"})
