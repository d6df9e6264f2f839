"""Randomised studies with repeated visits: subjects leave early, the sooner the worse they fare."""

from typing import Any

import numpy as np

from tests.whole_house.prepared_study import SEED, SIZE, PreparedStudy

VISITS = ("week_4", "week_12", "change")


def visited(study: str = "TEST-VISITED", **keys: Any) -> PreparedStudy:
    """Return a randomised study with three visits, in which a quarter lacks the last one; ``keys`` are of its visits."""
    made = PreparedStudy(study)
    chance = np.random.default_rng(SEED + 18)
    last = made.numbers("change")
    early = 0.4 * last + chance.normal(0, 2, SIZE)
    middle = 0.7 * last + 0.3 * early + chance.normal(0, 1.5, SIZE)
    gone = chance.random(SIZE) < 1 / (1 + np.exp(1.2 + 0.2 * (early - early.mean())))
    sooner = gone & (chance.random(SIZE) < 0.5)
    columns = [
        {**column, "required": False} if column["name"] in VISITS else column
        for column in made.protocol["contract"]["columns"]
    ]
    columns.append(
        {"name": "week_12", "type": "number", "timing": "follow-up", "unit": "points", "required": False}
    )
    return (
        made.planned("design", "randomised")
        .planned("contract.columns", columns)
        .planned("contract.missing", [""])
        .planned("outcome.missing", {"method": "complete cases"})
        .planned("outcome.visits", {"columns": list(VISITS), "by_visit": ["severity"], **keys})
        .planned("inference.estimator", "ancova")
        .planned("gates", {"smd": None, "missing_share": 0.5, "missing_difference": 0.5})
        .column("week_4", [f"{one:.5f}" for one in early])
        .column("week_12", _with_gaps(middle, sooner))
        .column("change", _with_gaps(last, gone))
    )


def _with_gaps(values: np.ndarray, gone: np.ndarray) -> list[str]:
    return ["" if away else f"{one:.5f}" for one, away in zip(values, gone, strict=True)]
