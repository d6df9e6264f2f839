"""A small file of data as a site sends it, drawn from a seed: for drafts, checks and previews."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

HEAD = ("Patient ID", "arm", "age", "bmi", "sex", "region", "visit date", "note", "died", "score")

Row = dict[str, str]
Change = Callable[[list[Row]], None]


def rows(n: int = 400, seed: int = 7) -> list[Row]:
    """Return rows of subjects whose arm depends a little on age and sex, and whose score on age and arm."""
    draw = np.random.default_rng(seed)
    age, female = draw.integers(30, 80, n), draw.random(n) < 0.5
    treated = draw.random(n) < 1 / (1 + np.exp(-(age - 55) / 40 - 0.3 * female))
    bmi, score = draw.normal(27, 4, n), draw.normal(0, 1, n) + 0.02 * age + 0.5 * treated
    died = draw.random(n) < 0.2
    region = draw.choice(["north", "south", "east"], n)
    return [
        {
            "Patient ID": f"P-{place:04d}",
            "arm": "new drug" if treated[place] else "control",
            "age": str(age[place]),
            "bmi": f"{bmi[place]:.1f}",
            "sex": "F" if female[place] else "M",
            "region": str(region[place]),
            "visit date": f"2024-03-{place % 28 + 1:02d}",
            "note": f"free words {place}",
            "died": "Yes" if died[place] else "No",
            "score": f"{score[place]:.3f}",
        }
        for place in range(n)
    ]


def written(
    folder: Path, found: Sequence[Row], *, head: Sequence[str] = HEAD, name: str = "site.csv"
) -> Path:
    """Write rows as a CSV file and return its path."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, head, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(found)
    path = folder / name
    path.write_text(stream.getvalue(), encoding="utf-8")
    return path
