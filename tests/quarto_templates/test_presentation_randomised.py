"""Tests of what a randomised study's report says: its hypothesis, its randomisation, its estimator, no limit of imbalance."""

from typing import Any

import pytest
from presentation.portfolio import diagnostics
from presentation.sections import effect, methods, propensity, randomised, sensitivity, synopsis

from tests.quarto_templates.says import says
from tests.quarto_templates.test_references import covered, exhibits, moved

HYPOTHESIS: dict[str, Any] = {
    "kind": "non-inferiority",
    "benefit": "higher",
    "margin": 1.5,
    "sides": 2,
    "level": 0.95,
    "alpha": 0.025,
    "interval": "valid at every look",
    "limit_low": -1.5,
    "limit_high": None,
    "bound_low": 2.25,
    "bound_high": None,
    "p_below": 0.001,
    "p_above": None,
    "p_value": 0.001,
    "concluded": True,
}
RANDOMISATION: dict[str, Any] = {
    "scheme": "stratified",
    "strata": ["Sex", "Centre"],
    "number_of_strata": 6,
    "smallest_stratum": 12,
    "without_an_arm": 0,
    "arms": {
        "treated": {"n": 403, "share": 0.257, "planned": 0.25},
        "control": {"n": 1163, "share": 0.743, "planned": 0.75},
    },
    "p_value": 0.51,
}


def trial(inputs: Any) -> Any:
    """Return the inputs of a randomised study with hypothesis and randomisation, ANCOVA and no limit of imbalance."""
    inputs.results["study"]["design"] = "randomised"
    inputs.results |= {"hypothesis": dict(HYPOTHESIS), "randomisation": dict(RANDOMISATION), "evalue": None}
    inputs.results["balance"] |= {"threshold": None, "expected_false_alarm_rate": None}
    inputs.results["primary"]["estimator"] = "ANCOVA"
    inputs.protocol["inference"] |= {"estimator": "ancova", "heterogeneous": True}
    inputs.protocol["randomisation"] = {"scheme": "stratified", "strata": ["sex"], "allocation": None}
    return inputs


def test_a_hypothesis_that_holds_says_what_is_above_the_margin(inputs: Any) -> None:
    """Kind, margin, direction, the end of the interval and the limit stand in one paragraph."""
    made = randomised.hypothesis(trial(inputs).report())
    assert says(
        made,
        "Hypothesis: non-inferiority, margin 1.500 kg, higher values are the benefit.",
        "by the protocol's criterion",
        "the lower end of the interval, 2.250 kg, is above -1.500 kg".replace("-", "−"),
        "valid at every look, of level 95 % on two sides",
        "belongs to the level 0.025",
    )


def test_the_synopsis_has_the_verdict_and_the_models(inputs: Any) -> None:
    """The study at a glance says what was shown, which models were fitted, and that no limit was declared."""
    made = synopsis.synopsis(trial(inputs).report())
    assert says(made, "Non-inferiority, margin 1.500 kg", "one outcome model per arm", "no limit declared")
    inputs.protocol["inference"]["heterogeneous"] = False
    assert says(synopsis.synopsis(inputs.report()), "one outcome model of both arms")


def test_a_hypothesis_that_does_not_hold_is_not_shown(inputs: Any) -> None:
    """Equivalence has two ends; one that is outside says so, and nothing is said to be different."""
    report = trial(inputs)
    report.results["hypothesis"] |= {
        "kind": "equivalence", "benefit": None, "sides": 1, "concluded": False, "interval": "pointwise",
        "limit_low": -3.0, "limit_high": 3.0, "bound_low": 2.25, "bound_high": 4.5, "p_above": 0.8, "p_value": 0.8,
    }  # fmt: skip
    made = randomised.hypothesis(report.report())
    assert says(
        made, "It is not shown that", "is equivalent to", "is above", "4.500 kg, is not below 3.000 kg"
    )
    assert says(made, "on one side")


def test_an_end_without_bound_and_a_look_outside_the_plan(inputs: Any) -> None:
    """An infinite end has no bound, and a look outside the plan concludes nothing."""
    report = trial(inputs)
    report.results["hypothesis"] |= {
        "kind": "superiority",
        "margin": None,
        "bound_low": "-inf",
        "concluded": None,
    }
    made = randomised.hypothesis(report.report())
    assert says(
        made, "the lower end of the interval has no bound", "A look outside the plan concludes nothing"
    )


def test_the_randomisation_is_a_table(inputs: Any) -> None:
    """Each arm has its share beside the planned one; scheme, factors and test stand in the note."""
    made = randomised.allocation(trial(inputs).report())
    assert says(
        made, "Subjects were randomised in permuted blocks within strata. Factors: Sex, Centre; 6 strata"
    )
    assert says(made, "25.7 %", "25.0 %", "the smallest with 12 analysed subjects")
    assert made.count("cited(") == 3  # each arm's row, and the note
    inputs.results["randomisation"] |= {"scheme": "simple", "strata": [], "number_of_strata": None}
    assert says(
        randomised.allocation(inputs.report()), "Subjects were randomised without restriction. Exact test"
    )


def test_without_them_nothing_is_said(inputs: Any) -> None:
    """A report of a study that declares neither has neither."""
    report = inputs.report()
    assert (randomised.hypothesis(report), randomised.allocation(report), randomised.method(report)) == (
        "",
        "",
        "",
    )


def test_the_scheme_is_among_the_methods(inputs: Any) -> None:
    """What balance takes off, or what is calibrated, is written down; simple randomisation needs no word."""
    trial(inputs)
    assert says(randomised.method(inputs.report()), "The scheme balances the arms within strata")
    inputs.protocol["randomisation"]["scheme"] = "minimisation"
    assert says(randomised.method(inputs.report()), "Minimisation balances the arms in a way that is unknown")
    inputs.protocol["randomisation"]["scheme"] = "simple"
    assert randomised.method(inputs.report()) == ""


@pytest.mark.parametrize(
    ("estimator", "heterogeneous", "words"),
    [
        ("ancova", True, "the baseline covariates and their interactions, averaged over everybody"),
        ("ancova", False, "the baseline covariates, averaged over everybody"),
        ("g-computation", True, "predictions of the outcome model of each arm under either arm"),
        (
            "g-computation",
            False,
            "predictions of the outcome model, with the arm as a term, under either arm",
        ),
    ],
)
def test_the_method_names_the_declared_estimator(
    inputs: Any, estimator: str, heterogeneous: bool, words: str
) -> None:
    """ANCOVA and g-computation are described as themselves, a ratio with its delta method."""
    trial(inputs)
    inputs.protocol["inference"] |= {"estimator": estimator, "heterogeneous": heterogeneous}
    inputs.protocol["estimand"]["measure"] = "odds ratio"
    made = methods.primary_estimator(inputs.report())
    assert says(made, words, "The odds ratio is made of the two arms' means")
    inputs.protocol["estimand"]["measure"] = "difference"
    assert not says(methods.primary_estimator(inputs.report()), "odds ratio")
    named = "HC2 of the coefficients" if estimator == "ancova" else "Influence function, corrected"
    assert says(effect.primary_table(inputs.report()), f"{named}")


def test_imbalance_without_a_limit_is_described(inputs: Any) -> None:
    """The figure says that no limit is declared, and the portfolio says it, too; there is no E-value."""
    report = trial(inputs).report()
    balance = propensity.love_plot(report)
    assert says(balance, "The protocol declares no limit")
    assert "cited()" not in balance
    assert says(balance, "No limit.")
    assert sensitivity.evalue(report) == ""
    study = {
        "study": "X",
        "findings": [],
        "diagnostics": {
            "effective_sample_size": None, "arms": {"treated": 3, "control": 4}, "smd_before": 0.2, "smd_after": 0.1,
            "smd_limit": None, "c_statistic": 0.5,
        },
    }  # fmt: skip
    assert "0.100 (no limit)" in diagnostics._cells(study)


def test_every_number_of_them_is_cited(inputs: Any) -> None:
    """Whatever number of hypothesis and randomisation is changed, what then reads otherwise cites its place."""
    report = trial(inputs).report()
    references = inputs.results["references"]
    assert {"hypothesis", "randomisation"} <= set(references)
    before = dict(exhibits(report))
    for path in (
        "hypothesis.bound_low",
        "hypothesis.p_value",
        "randomisation.p_value",
        "randomisation.smallest_stratum",
    ):
        with moved(inputs.results, path):
            changed = {line: made for line, made in exhibits(inputs.report()) if made != before[line]}
        assert changed
        assert all(covered(path, made, references) for made in changed.values())


def test_scores_that_enter_no_primary_estimate_are_said_to_halt_nothing(inputs: Any) -> None:
    """Under ANCOVA the diagnostics name the rows that use the scores; under AIPW there is no such sentence."""
    words = "No score enters the primary estimator, so that neither scores nor weights halt the analysis"
    assert not says(propensity.diagnostics(inputs.report()), words)
    assert words in propensity.diagnostics(trial(inputs).report())
