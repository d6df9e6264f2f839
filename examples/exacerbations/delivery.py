"""Write the delivery of the example: ``python -m examples.exacerbations.delivery FOLDER``; the subjects are invented."""

import csv
import io
import sys
from pathlib import Path

import numpy as np

SUBJECTS = 480
RATIO = 0.75
"""The true ratio of the rates, ferolast against placebo."""
HEADER = ("subject_id", "age", "fev1", "earlier", "smoker", "arm", "exacerbations", "years")
_SEED = 20250404


def rows() -> list[tuple[object, ...]]:
    """Return the subjects, a row each in the order of ``HEADER``: a year of follow-up that ends early for some.

    Counts vary more than Poisson's, as each subject has a frailty, and who fares badly leaves earlier.
    """
    chance = np.random.default_rng(_SEED)
    age = chance.integers(45, 81, SUBJECTS)
    fev1 = np.round(chance.normal(52, 11, SUBJECTS).clip(25, 80), 1)
    earlier = chance.poisson(1.4, SUBJECTS)
    smoker = chance.random(SUBJECTS) < 0.35
    active = chance.permutation(SUBJECTS) < SUBJECTS // 2
    rate = 1.1 * np.exp(-0.015 * (fev1 - 52) + 0.18 * (earlier - 1.4) + 0.2 * smoker + np.log(RATIO) * active)
    left = chance.exponential(4 * np.exp(0.02 * (fev1 - 52)), SUBJECTS)
    years = np.round(np.clip(left, 0.04, 1.0), 3)
    counts = chance.poisson(rate * years * chance.gamma(2.5, 1 / 2.5, SUBJECTS))
    return [
        (
            f"EX-{place:04d}",
            int(age[place]),
            float(fev1[place]),
            int(earlier[place]),
            "current" if smoker[place] else "former",
            "ferolast" if active[place] else "placebo",
            int(counts[place]),
            float(years[place]),
        )
        for place in range(SUBJECTS)
    ]


def write(folder: Path) -> Path:
    """Write ``subjects.csv`` into the folder and return its path."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([HEADER, *rows()])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "subjects.csv"
    path.write_bytes(buffer.getvalue().encode())
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))  # noqa: T201 - its answer
