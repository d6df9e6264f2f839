"""What changed since the latest earlier month, in the console: the same answer as ``medicore diff``, drawn."""

from pathlib import Path

from medicore.cases.answers.diff import diff
from medicore.records.identifiers import RunId
from tests.cases.console.browser import words_of
from tests.cases.console.conftest import Desk
from tests.whole_house.house import found_whole_house
from tests.whole_house.planned_studies import moved, moving
from tests.whole_house.prepared_study import MONTH

BEFORE, AFTER = f"{moving().study}/2025-02/1", f"{moving().study}/{MONTH}/1"


def test_the_change_is_drawn(tmp_path: Path) -> None:
    """Everybody sees which part moved the estimate by how much, and how data and protocol changed; the first month has none."""
    whole = found_whole_house(tmp_path / "house")
    for month, study in (("2025-02", moving()), (MONTH, moved(1.0).planned("estimand.target", "ATT"))):
        whole.prepare(study.planned("gates.estimate_change", 100.0), month=month)
        assert whole.run(study.study, month).state == "candidate"
    found = diff(whole.house, RunId.parse(BEFORE), RunId.parse(AFTER), tmp_path / "scratch")
    assert found.attribution is not None
    desk = Desk(whole, tmp_path)
    browser = desk.browser("rita")
    assert "<button>What changed</button>" in browser.get(f"/runs/{AFTER}").text
    page = browser.done(browser.act(f"/runs/{AFTER}/changes"))
    assert page.text.count("<rect") == 2 + len(found.attribution.contributions)
    told = words_of(page)
    for one in found.attribution.contributions:
        assert f"{one.parts[0]} {one.value:+.4g}".replace("-", "\u2212") in told
    for words in (
        f"Compared with {BEFORE}",
        "300 subjects, then 300",
        "estimand.target changed",
        "ATE, then ATT",
    ):
        assert words in told, words
    assert moving().told_in(told) + moved(1.0).told_in(told) == []
    first = browser.done(browser.act(f"/runs/{BEFORE}/changes"))
    assert "No earlier month" in words_of(first)
    desk.console.close()
