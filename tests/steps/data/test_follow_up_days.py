"""The days from time zero to the visit are described by arm, among the eligible who have both dates."""

from datetime import timedelta

import numpy as np

from medicore.steps.data.follow_up_days import follow_up_days
from tests.steps.data.test_outcome_states import ANCHORED, START, extract, planned

DAYS = [54, 60, 71, None, 90]


def test_days_are_described_by_arm() -> None:
    """Median, quartiles and range are those of the known days; who lacks a date is counted, who is not compared is left out."""
    table = extract(
        enrolled=[START] * 5,
        seen=[None if days is None else START + timedelta(days=days) for days in DAYS],
    )
    compared = np.array([True, True, True, True, False])
    found = follow_up_days(planned(ANCHORED), table, compared, np.array([True, True, False, False, False]))
    part = found["follow_up_days"]
    assert (part["from"], part["to"]) == ("enrolled", "seen")
    assert part["arms"]["treated"] == {
        "n": 2, "without": 0, "median": 57.0, "lower_quartile": 55.5, "upper_quartile": 58.5, "minimum": 54.0, "maximum": 60.0,
    }  # fmt: skip
    assert (part["arms"]["control"]["n"], part["arms"]["control"]["without"]) == (1, 1)
    overall = part["arms"]["overall"]
    assert (overall["n"], overall["median"], overall["maximum"]) == (3, 60.0, 71.0)


def test_without_dates_nothing_is_described() -> None:
    """No date, or that of the visit alone, gives no days; an arm in which nobody has both dates has counts alone."""
    nobody, table = np.array([True, True]), extract(seen=[START, START])
    for plan in (planned(), planned({"visit": "seen"})):
        assert follow_up_days(plan, table, nobody, nobody) == {"follow_up_days": None}
    found = follow_up_days(planned(ANCHORED), table, nobody, nobody)["follow_up_days"]["arms"]["treated"]
    assert (found["n"], found["without"], found["median"], found["minimum"]) == (0, 2, None, None)
