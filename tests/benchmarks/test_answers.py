"""The bench of answers: its page says what was measured and whether it is soon enough."""

from benchmarks.answers import Answered, page
from benchmarks.report import REPORT


def test_page_says_what_is_met_and_what_not() -> None:
    """Commands with a target are judged by it; the others are only shown."""
    seconds = {
        "run STUDY MONTH": 20.0,
        "explain RUN primary.estimate": 9.9,
        "reproduce RUN": 31.0,
        REPORT: 1.2,
    }
    text = page(Answered(5000, 4191, seconds))
    assert "5,000 patients exported, 4,191 analysed" in text
    assert "| `run STUDY MONTH` | 20.0 |  |  |" in text
    assert "| `explain RUN primary.estimate` | 9.9 | 10 | met |" in text
    assert "| `reproduce RUN` | 31.0 | 30 | NOT MET |" in text
    assert "| `report, embedded renderer` | 1.2 | 4 | met |" in text
