"""Estimates over the months in the portfolio report: one figure of the studies that have three, a table of the others."""

from typing import Any

import pytest
from presentation.portfolio.inputs import Portfolio
from presentation.portfolio.months import comparable, introduction, panels, short_series
from presentation.portfolio.words import estimate

from tests.quarto_templates.portfolio_sample import contents, identity


def portfolio_of(*studies: Any) -> Portfolio:
    """Return the sample's portfolio with these studies alone."""
    return Portfolio({**contents(), "studies": list(studies)}, identity())


def first_study() -> dict[str, Any]:
    """Return the first study of the sample, to be changed at will."""
    return dict(contents()["studies"][0])


def test_all_studies_with_three_months_are_in_one_figure() -> None:
    """Five studies have months: four are panels of one figure over the same months, the one with a single month is a row."""
    (call,) = panels(Portfolio(contents(), identity())).calls
    drawn = call.arguments[3].arguments[0]
    assert call.arguments[0] == "Figure 3.1"
    assert [panel["name"] for panel in drawn] == [f"MED-2024-{number:04d}" for number in range(1, 5)]
    assert {len(panel["marks"]) for panel in drawn} == {11}
    assert {panel["marks"][0]["words"] for panel in drawn} == {"05"}
    table, missing = short_series(Portfolio(contents(), identity())).calls
    (row,) = table.arguments[5]
    assert row["cells"][0].arguments == ("MED-2024-0005", "mmol/L")
    assert row["cells"][1:5] == ("2025-03", "released", "−56.85", "−72.15 to −50.35")
    assert row["cells"][5:] == ("−68.11 to −54.39", "0.0040")
    assert "MED-2024-0006, MED-2024-0007, MED-2024-0008" in missing.arguments[0]


def test_studies_in_their_first_two_months_are_not_drawn() -> None:
    """Where no study has three months there is no figure, and every month is in the table."""
    study = first_study()
    shown = portfolio_of({**study, "months": study["months"][-2:]})
    assert panels(shown) == ""
    assert "until then it is in the table" in introduction(shown)
    assert "are drawn" in introduction(portfolio_of(study))
    (table,) = short_series(shown).calls
    assert [row["cells"][1] for row in table.arguments[5]] == ["2025-01", "2025-03"]
    assert short_series(portfolio_of(study)) == "\n```{=typst}\n\n```\n"


def test_a_panel_says_which_direction_is_better_and_what_is_relevant() -> None:
    """The smallest relevant difference is drawn on the side of benefit; a ratio, or a protocol without it, has no such line."""
    study = first_study()
    (drawn,) = panels(portfolio_of(study)).calls
    (panel,) = drawn.arguments[3].arguments[0]
    assert panel["unit"] == "mmol/L; lower is better"
    assert 0 < panel["limit"] < panel["zero"]
    study["months"][-1]["protocol"]["outcome"]["better"] = "higher"
    (drawn,) = panels(portfolio_of(study)).calls
    (panel,) = drawn.arguments[3].arguments[0]
    assert panel["limit"] > panel["zero"]
    for month in study["months"]:
        month["scale"] = "logarithm"
    (drawn,) = panels(portfolio_of(study)).calls
    assert drawn.arguments[3].arguments[0][0]["limit"] is None


def test_ratios_stand_about_one_and_months_of_another_question_are_left_out() -> None:
    """No effect is at 1 for a ratio, and a month of another measure is not drawn beside those of this one."""
    first = first_study()
    ratio = {"measure": "risk ratio", "scale": "logarithm", "null": 1.0, "unit": ""}
    ends = {"ci_low": 1.1, "ci_high": 1.8, "valid_low": 1.05, "valid_high": 1.9}
    for month in first["months"][2:]:
        month |= {**ratio, **ends, "estimate": 1.4}
    assert comparable(first["months"]) == first["months"][2:]
    printed = panels(portfolio_of(first))
    assert f"{len(first['months']) - 2} months" in printed.replace("\\u{2c}", ",")
    assert '"risk ratio; lower is better"'.replace(";", "\\u{3b}") in printed.replace(";", "\\u{3b}")
    assert '"1.0"' in printed


@pytest.mark.parametrize(
    ("change", "words", "drawn"),
    [
        ({"valid_low": None, "valid_high": None, "claim": None}, "(pointwise −", True),
        ({"valid_low": "-inf", "valid_high": "inf"}, "(−∞ to ∞)", False),
        ({"valid_low": None, "valid_high": None}, "(no valid interval)", False),
    ],
)
def test_only_what_is_bounded_has_a_bar(change: dict[str, Any], words: str, drawn: bool) -> None:
    """An old month is told as pointwise; a month that claims nothing yet, or whose look was not planned, has no bar."""
    first = first_study()
    for month in first["months"]:
        month |= change
    assert words in estimate(first["months"][-1])
    (call,) = panels(portfolio_of(first)).calls
    (panel,) = call.arguments[3].arguments[0]
    marks = [mark for mark in panel["marks"] if mark["shape"]]
    assert {mark["shape"] for mark in marks} == {"dot", "ring"}
    assert {mark["low"] < mark["high"] for mark in marks} == {drawn}
