"""A study that is looked at every month for a year: it grows, and has an effect that its looks find in their own time."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.whole_house.prepared_study import PreparedStudy

LOOKED = "TEST-LOOKED"
YEAR = (*(f"2024-{month:02d}" for month in range(4, 13)), "2025-01", "2025-02", "2025-03")
PLAN: Mapping[str, Any] = {
    "method": "alpha spending",
    "function": "obrien-fleming",
    "sides": 2,
    "alpha": 0.05,
    "maximum_information": 9.5,
    "first_subjects": 60,
}
SIZES = (70, 80, 90, 100, 110, 120, 200, 220, 240, 260, 280, 300)
"""The subjects of each month: a second group of sites joins in the seventh."""
SMALLER = 1.2
"""What is taken from the effect of the sound study, so that no look before the seventh finds it."""


def looked(study: str = LOOKED, smaller: float = SMALLER, **plan: Any) -> PreparedStudy:
    """Return the study with all its subjects; ``plan`` changes keys of its monitoring."""
    made = PreparedStudy(study)
    made = made.column("change", (made.numbers("change") - smaller * made.active).tolist())
    # few subjects: what a gate finds by chance is no matter here
    wide = {"smd": 0.9, "weight_share": 0.9, "variance_disagreement": 0.9, "estimate_change": 9.0}
    made = made.planned("calendar.first_month", YEAR[0]).planned("gates", wide)
    return made.planned("monitoring", {**PLAN, **plan})


def by_month(made: PreparedStudy, month: str) -> PreparedStudy:
    """Return the study as it stands in a month of its year."""
    n = SIZES[YEAR.index(month)]
    return replace(made, texts={name: texts[:n] for name, texts in made.texts.items()})
