"""Write the data of a new workspace's example: ``python -m examples.workspace_example``; the subjects are invented."""

import csv
import io
from pathlib import Path

import numpy as np

SUBJECTS = 320
EFFECT = -5.0
"""The true effect of treatment on systolic pressure, in mmHg."""
SOURCE = Path("medicore/workspace_files/studies/sources/EXAMPLE-01")
HEADER = ("subject_id", "age", "sex", "smoker", "sbp0", "treatment", "sbp26")
_SEED = 20260101


def subjects() -> bytes:
    """Return the subjects as CSV: who is older and has a higher pressure is treated more often."""
    chance = np.random.default_rng(_SEED)
    age = chance.integers(40, 80, SUBJECTS)
    female = chance.random(SUBJECTS) < 0.5
    smoker = chance.random(SUBJECTS) < 0.3
    before = np.round(chance.normal(150, 12, SUBJECTS).clip(120, 190))
    lean = 0.02 * (age - 60) + 0.03 * (before - 150) + 0.3 * smoker
    treated = chance.random(SUBJECTS) < 1 / (1 + np.exp(-lean))
    mean = 148 + 0.5 * (before - 150) + 0.1 * (age - 60) + 2 * smoker + EFFECT * treated
    after = np.round(mean + chance.normal(0, 8, SUBJECTS)).clip(90, 210)
    buffer = io.StringIO(newline="")
    lines = csv.writer(buffer, lineterminator="\n")
    lines.writerow(HEADER)
    for place in range(SUBJECTS):
        words = ("female" if female[place] else "male", "yes" if smoker[place] else "no")
        arm = "usual care and drug" if treated[place] else "usual care"
        lines.writerow(
            (f"EX-{place + 1:04d}", int(age[place]), *words, int(before[place]), arm, int(after[place]))
        )
    return buffer.getvalue().encode()


if __name__ == "__main__":
    (SOURCE / "raw" / "subjects.csv").write_bytes(subjects())
