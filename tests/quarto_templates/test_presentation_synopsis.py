"""The synopsis: direction of benefit, relevance, arms, diagnostics, limitations, and the plot."""

from typing import Any

import pytest
from presentation.sections import synopsis

from tests.quarto_templates.says import says


def declared(inputs: Any, better: str, relevant: float | None, interval: tuple[Any, Any]) -> Any:
    """Return the report of an outcome with a direction, a relevant difference and this valid interval."""
    inputs.protocol["outcome"] |= {"better": better, "relevant": relevant, "decimals": 1}
    inputs.results["monitoring"] |= {"ci_low": interval[0], "ci_high": interval[1], "controlled": True}
    return inputs.report()


@pytest.mark.parametrize(
    ("better", "relevant", "interval", "words"),
    [
        ("higher", 1.5, (1.9, 4.8), "Every value of the valid interval is at least the smallest relevant difference, 1.5 kg."),
        ("lower", 1.5, (0.9, 4.8), "the estimate favours continuing to smoke. It reaches the smallest relevant difference"),
        ("higher", 4, (1.9, 4.8), "It is smaller than the smallest relevant difference, 4.0 kg."),
        ("higher", 3, ("-inf", "inf"), "which the valid interval does not show"),
        ("higher", 1.5, (-9.0, -8.0), "Every value"),
        ("higher", 0.25, (-0.3, 4.8), "0.25 kg, which the valid interval does not show"),
        ("higher", None, (1.9, 4.8), "the estimate favours quitting smoking."),
    ],
)  # fmt: skip
def test_direction_and_relevance_are_said(
    inputs: Any, better: str, relevant: float | None, interval: tuple[Any, Any], words: str
) -> None:
    """Which arm is favoured follows from sign and direction; relevance from estimate and valid interval."""
    assert says(synopsis.direction(declared(inputs, better, relevant, interval)), words)


def test_without_direction_nothing_is_said(inputs: Any) -> None:
    """A protocol that does not say which values are better gets no sentence, and no effect favours nobody."""
    assert synopsis.direction(inputs.report()) == ""
    report = declared(inputs, "higher", 1.0, (1.0, 2.0))
    report.results["primary"]["estimate"] = 0.0
    assert says(synopsis.direction(report), "favours neither arm")


def test_a_look_without_control_shows_no_relevance(inputs: Any) -> None:
    """Outside the plan of looks no interval is valid, so that no difference is shown by one."""
    report = declared(inputs, "higher", 1.5, (1.9, 4.8))
    report.results["monitoring"]["controlled"] = False
    assert says(synopsis.direction(report), "which the valid interval does not show")


def test_a_ratio_is_not_held_against_a_difference(inputs: Any) -> None:
    """The relevant difference is in the outcome's unit, which a ratio has not."""
    report = declared(inputs, "higher", 1.5, (1.9, 4.8))
    report.results["primary"] |= {"scale": "logarithm", "null": 1.0}
    made = synopsis.direction(report)
    assert says(made, "favours quitting smoking")
    assert not says(made, "relevant")


def test_the_arms_have_their_losses_and_their_means(inputs: Any) -> None:
    """Each arm has its subjects, those without an outcome that was due, and its mean with its interval."""
    made = synopsis.synopsis(inputs.report())
    assert says(
        made,
        "Treated arm",
        "428 analysed, 25 without an outcome that was due; mean 5.054 (95 % CI 4.187 to 5.922)",
    )
    assert says(made, "Control arm", "1,201 analysed, 38 without", "0 excluded", "every gate passed")
    inputs.protocol["outcome"]["type"] = "binary"
    assert says(synopsis.synopsis(inputs.report()), "due; risk 5.054")


def test_the_plot_has_the_analyses_farthest_from_the_primary(inputs: Any) -> None:
    """Of the sensitivity analyses with an estimate the three farthest from the primary one are drawn, the farthest first."""
    found = inputs.results["sensitivity"]["sensitivity"]
    estimate = inputs.results["primary"]["estimate"]
    for place, row in enumerate(found):
        row["estimate"] = estimate + 0.01 * (-1) ** place * place
    found[-1]["estimate"] = None
    made = synopsis.synopsis(inputs.report())
    shown = [row["name"] for row in found[-2:-5:-1]]
    assert "Figure 2.1" in made.replace("\\u{2e}", ".")
    assert [says(made, name) for name in shown] == [True, True, True]
    assert not says(made, found[0]["name"])
    inputs.results["primary"]["scale"] = "logarithm"
    assert says(synopsis.synopsis(inputs.report()), shown[0])


def test_limitations_of_the_protocol_are_printed(inputs: Any) -> None:
    """They stand in the synopsis where the protocol names some: as many as have room, and none is cut if one has room."""
    inputs.protocol["limitations"] = []
    assert not says(synopsis.synopsis(inputs.report()), "Limitations")
    inputs.protocol["limitations"] = ["Smoking was told and not measured.", "x " * 400]
    made = synopsis.synopsis(inputs.report())
    assert says(made, "Limitations", "Smoking was told and not measured. More in section 13.2.")
    assert not says(made, "x x")
    inputs.protocol["limitations"] = ["x " * 400]
    assert says(synopsis.synopsis(inputs.report()), "x x x…")


@pytest.mark.parametrize(
    ("phase", "of", "words"),
    [("IV", "observational", "Phase IV, observational"), ("Observational cohort", "observational", "Observational cohort"),
     ("III", "randomised", "Phase III, randomised"), ("Pilot", "randomised", "Pilot, randomised")],
)  # fmt: skip
def test_phase_and_design_stand_once(inputs: Any, phase: str, of: str, words: str) -> None:
    """A phase that names the design is not repeated, and a numeral is called a phase."""
    inputs.results["study"] |= {"phase": phase, "design": of}
    assert synopsis.design(inputs.report()) == words
