"""What the portfolio's verb prints of families across studies."""

from pathlib import Path

import pytest

from medicore.cli import families
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.prepared_study import MONTH


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> WholeHouse:
    """A house without studies."""
    return found_whole_house(tmp_path_factory.mktemp("house"))


def test_each_family_is_a_table(
    whole: WholeHouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row for each study with p-values, decision and reason; no table where no family is declared."""
    monkeypatch.setattr(families, "settings", lambda: None)
    monkeypatch.setattr(families, "house", lambda _: whole.house)
    families.show_families(MONTH, ())
    assert capsys.readouterr().out == ""
    path: Path = whole.root / "studies" / "families.yaml"
    path.write_text("families: [{name: pair, studies: [TEST-A, TEST-B], method: hochberg, alpha: 0.05}]")
    whole.commit("A family")
    families.show_families(MONTH, ())
    shown = capsys.readouterr().out
    assert "Family pair: hochberg, level 0.05, declared in commit" in shown
    assert shown.count("not rejected") == 2
    assert all(text in shown for text in ("TEST-A", "TEST-B", "not sealed"))
