"""The bench of the month: its page says how long eight studies take, whether that is soon enough, and where it goes."""

from benchmarks.month import Measured, page


def test_page_says_where_the_time_goes() -> None:
    """The parts are sorted, and what the ledger does not tell is the rest, so that they add up to the whole."""
    found = Measured(5000, 50.0, 70.0, {"effect.completed": 10.0, "report.completed": 15.0})
    text = page(found)
    assert "8 studies of 5,000 patients" in text
    assert "| `portfolio`, one process | 50.0 | 60 | met |" in text
    assert "| eight requests through the worker | 70.0 | | |" in text
    rows = [line for line in text.splitlines() if line.endswith("% |")]
    assert rows == [
        "| `start, end and the rest` | 25.0 | 50% |",
        "| `report.completed` | 15.0 | 30% |",
        "| `effect.completed` | 10.0 | 20% |",
    ]


def test_a_month_that_takes_too_long_says_so() -> None:
    """Over the target is not met."""
    assert "| 60.1 | 60 | NOT MET |" in page(Measured(5000, 60.1, 70.0, {}))
