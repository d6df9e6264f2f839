"""What a design of repeated looks costs: each part is the core's own, and what does not exist is None."""

import pytest

from medicore.cases.answers.planned_looks import (
    planned_binomial,
    planned_poisson,
    planned_sequence,
    planned_spending,
)
from medicore.errors import EstimationError
from medicore.stats.monitoring.boundaries import AlphaSpending
from medicore.stats.monitoring.confidence_sequence import ConfidenceSequence
from medicore.stats.monitoring.spending import Spending

EXACT = 1e-9
PRINTED = 5e-5
TWO_SIDED = AlphaSpending(Spending("obrien-fleming"), 0.05)
ONE_SIDED = AlphaSpending(Spending("power", 2), 0.025, 1)
THIRDS = (1 / 3, 2 / 3, 1.0)


def test_two_sided_looks() -> None:
    """Boundaries on both sides, levels that add up, and a width of 1.0363 at the last of five equal looks."""
    answer = planned_spending(TWO_SIDED, (0.2, 0.4, 0.6, 0.8, 1.0))
    rows = answer["looks"]
    assert [row["upper"] for row in rows] == pytest.approx(
        [4.8769, 3.3570, 2.6803, 2.2898, 2.0310], abs=PRINTED
    )
    assert [row["lower"] for row in rows] == [-row["upper"] for row in rows]
    assert sum(row["level_spent_here"] for row in rows) == pytest.approx(0.05, abs=EXACT)
    assert rows[-1]["level_spent"] == pytest.approx(0.05, abs=EXACT)
    assert rows[-1]["width"] == pytest.approx(2.0310 / 1.959964, abs=PRINTED)
    assert not {"harm", "futility", "power"} & set(rows[0])
    assert {key: answer[key] for key in ("method", "function", "parameter", "sides", "alpha", "drift")} == {
        "method": "alpha spending",
        "function": "obrien-fleming",
        "parameter": None,
        "sides": 2,
        "alpha": 0.05,
        "drift": None,
    }


def test_one_sided_looks_with_all_bounds() -> None:
    """No lower boundary; bounds for harm and futility below; power that rises and is right at one look."""
    rows = planned_spending(ONE_SIDED, THIRDS, harm=0.05, futility=0.1, drift=3.4)["looks"]
    assert [row["lower"] for row in rows] == [None] * 3
    assert rows[0]["harm"] < rows[1]["harm"] < rows[2]["harm"] < 0
    assert rows[0]["futility"] < rows[1]["futility"] < rows[2]["futility"] == rows[2]["upper"]
    power = [row["power"] for row in rows]
    assert power == sorted(power)
    (single,) = planned_spending(ONE_SIDED, (1.0,), drift=1.959964 + 0.841621)["looks"]
    assert single["power"] == pytest.approx(0.8, abs=1e-6)


def test_a_bound_that_does_not_exist_is_none() -> None:
    """After the level is used up a look has no boundary, and a level of one half has no width."""
    rows = planned_spending(TWO_SIDED, (1.0, 1.2))["looks"]
    assert (rows[1]["upper"], rows[1]["lower"], rows[1]["width"]) == (None, None, None)
    half = AlphaSpending(Spending("pocock"), 0.5, 1)
    assert planned_spending(half, (1.0,))["looks"][0]["width"] is None


def test_bounds_below_are_for_one_side() -> None:
    """A two-sided design with one is refused, and so is futility without an effect."""
    for bound in ({"harm": 0.05}, {"futility": 0.1, "drift": 3.0}):
        with pytest.raises(EstimationError, match="two-sided design has bounds"):
            planned_spending(TWO_SIDED, THIRDS, **bound)
    with pytest.raises(EstimationError, match="futility has no drift"):
        planned_spending(ONE_SIDED, THIRDS, futility=0.1)


def test_a_sequence() -> None:
    """1.5486 times as wide as one look where it is tuned; silent before its first number of subjects."""
    answer = planned_sequence(ConfidenceSequence(0.05, 300, 200), (100, 300))
    assert answer["rho_squared"] == pytest.approx(0.027373, abs=5e-7)
    assert answer["looks"][0] == {"n": 100, "multiple": None, "width": None}
    assert answer["looks"][1]["multiple"] == pytest.approx(3.0351, abs=PRINTED)
    assert answer["looks"][1]["width"] == pytest.approx(3.0351 / 1.959964, abs=PRINTED)
    assert (answer["tuned_at"], answer["first"], answer["sides"], answer["alpha"]) == (300, 200, 2, 0.05)


def test_counts_with_an_expectation() -> None:
    """One expected count is the end of looks after every event, several are the looks."""
    always = planned_poisson((10.0,), 0.05, 1)
    assert always["critical_value"] == pytest.approx(3.467952, abs=5e-7)
    assert always["looks"] == []
    months = planned_poisson((1.0, 2.0, 3.0), 0.05, 3)
    assert months["critical_value"] < always["critical_value"]
    assert months["type_one_error"] <= 0.05
    assert [row["look"] for row in months["looks"]] == [1, 2, 3]
    assert all(row["signal"] >= max(3, row["expected"]) for row in months["looks"])


def test_exposed_among_events() -> None:
    """The limit and error of ten events, one unexposed per exposed."""
    answer = planned_binomial(10, 1.0, 0.05, 1)
    assert answer["critical_value"] == pytest.approx(3.098835762452, abs=EXACT)
    assert answer["type_one_error"] == pytest.approx(0.041015625, abs=EXACT)
    assert (answer["method"], answer["events"], answer["ratio"], answer["looks"]) == (
        "MaxSPRT, binomial",
        10,
        1.0,
        [],
    )
