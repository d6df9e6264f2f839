"""Tests of negative controls in the report: each as a row, the error in words, and the calibrated effect beside the primary."""

from typing import Any

from presentation.sections import controls

from tests.quarto_templates.says import says


def test_the_controls_are_told_in_words(inputs: Any) -> None:
    """How many could be estimated, how many differ, the systematic error with its interval and limit, and what can be found."""
    made = controls.diagnostics(inputs.report())
    found = inputs.results["negative_controls"]
    error = found["systematic_error"]
    assert says(
        made,
        "12 outcomes that the treatment does not affect; 11 could be estimated, before the primary effect was computed",
        f"Of these {found['differing']}",
        "differ between the arms at p < 0.05; the limit is 25.0 %",
        f"mean {found['null']['mean']:.3f} and standard deviation {found['null']['deviation']:.3f}",
        f"Its expected absolute size is {error['value']:.3f} (95 % interval {error['ci_low']:.3f} to {error['ci_high']:.3f})",
        "the limit is 0.1",
        f"With a power of 80 % the study finds a difference of {found['detectable']['effect']:.3g} kg or more",
        f"with the spread of the systematic error, {found['detectable']['calibrated']:.3g} kg",
        "The protocol sets no limit.",
    )


def test_every_control_is_a_row(inputs: Any) -> None:
    """The table has each with its own reference; what cannot be estimated says why."""
    report = inputs.report()
    made = controls.diagnostics(report)
    assert says(
        made,
        "Table 14.1.6",
        "Fractured wrist",
        "Wart removal",
        "its outcome model separates or did not converge",
    )
    paths = {report.results["references"][number - 1] for number in report.cited}
    assert paths == {
        "negative_controls",
        "negative_controls.null",
        "negative_controls.systematic_error",
        "negative_controls.detectable",
        *(f"negative_controls.controls.{place}" for place in range(12)),
    }


def test_the_calibrated_effect_stands_beside_the_primary(inputs: Any) -> None:
    """Estimate, interval and p-value in the unit of the outcome, with what they rest on."""
    found = inputs.results["calibration"]
    report = inputs.report()
    assert says(
        controls.calibrated(report),
        f"Calibrated by the 11 negative controls, the effect is {found['estimate']:.3f} kg",
        f"95 % CI {found['ci_low']:.3f} to {found['ci_high']:.3f}",
        "pointwise, not valid at every look",
        "holds as far as the two share their confounding",
    )
    assert says(controls.method(report), "Schuemie et al. 2014, 2018", "Bloom 1995")


def test_too_few_controls_say_so_and_calibrate_nothing(inputs: Any) -> None:
    """The number that is needed stands in the text; there is no error and no calibrated effect."""
    found = inputs.results["negative_controls"]
    found |= {"too_few": "9 of 12", "estimated": 0, "share": None, "null": None, "systematic_error": None}
    found["detectable"]["calibrated"] = None
    found["limits"]["detectable_effect"] = 2.0
    inputs.results["calibration"] = None
    report = inputs.report()
    made = controls.diagnostics(report)
    assert says(
        made,
        "That is too few: 10 are needed, and nothing is calibrated.",
        "The protocol sets the limit 2 kg.",
    )
    assert "expected absolute size" not in made
    assert "with the spread" not in made
    assert controls.calibrated(report) == ""
    found["detectable"] = None
    assert "power" not in controls.diagnostics(inputs.report())


def test_a_ratio_has_no_unit(inputs: Any) -> None:
    """The detectable effect and the calibrated one are ratios, named as such."""
    inputs.protocol["estimand"]["measure"] = "risk ratio"
    inputs.results["negative_controls"]["detectable"] |= {"effect": 1.25, "calibrated": 1.5}
    report = inputs.report()
    assert says(
        controls.diagnostics(report),
        "the study finds a risk ratio of 1.25 or more; with the spread of the systematic error, 1.5.",
    )
    assert "kg" not in controls.calibrated(report)


def test_a_protocol_without_controls_says_so(inputs: Any) -> None:
    """No table, no effect and no method stand where none is declared, nor in results of before there were any."""
    inputs.results["negative_controls"] = inputs.results["calibration"] = None
    report = inputs.report()
    assert says(controls.diagnostics(report), "The protocol declares no negative controls.")
    assert (controls.calibrated(report), controls.method(report)) == ("", "")
    del inputs.results["negative_controls"], inputs.results["calibration"]
    assert says(controls.diagnostics(inputs.report()), "The protocol declares no negative controls.")
