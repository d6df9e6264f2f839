"""Tests of monitoring in the reports: the valid interval leads, the pointwise one is called so, every look is listed."""

import re
from pathlib import Path
from typing import Any

from presentation.sections import effect, monitoring

from tests.quarto_templates.says import says


def test_the_headline_is_the_valid_interval_and_the_pointwise_one_is_called_so(inputs: Any) -> None:
    """Headline and claim sentence name both intervals by what they are."""
    report = inputs.report()
    low, high = (inputs.results["monitoring"][f"ci_{end}"] for end in ("low", "high"))
    for made in (effect.headline(report), effect.conclusion(report)):
        assert says(made, f"95 % interval valid at every look {low:.3f} to {high:.3f}, sequential p <")
        assert says(made, "pointwise 2.457 to 4.331, p <")
    assert says(effect.primary_table(report), "Pointwise 95 % CI")


def test_every_look_is_a_row(inputs: Any) -> None:
    """Rerun, kind, run and boundary of each look stand in the table."""
    made = monitoring.looks(inputs.report())
    assert says(
        made,
        "This is look 3 at the study",
        "1 of them reruns that spend nothing",
        "tightest at 1,566 subjects",
        "1: REF-NHEFS/2025-01/1 (sealed)",
        "3: REF-NHEFS/2025-03/1 (candidate, rerun of look 2)",
        "Its boundary is crossed, above no effect; the protocol declares that nothing is stopped by it.",
    )
    inputs.results["monitoring"]["action"] = "board"
    inputs.results["monitoring"]["looks"][0]["other_design"] = True
    made = monitoring.looks(inputs.report())
    assert says(
        made, "above no effect; the monitoring board decides.", "Made by another design or by none: 1;"
    )


def test_a_look_without_control_has_no_valid_interval(inputs: Any) -> None:
    """Outside the planned month, and before the plan speaks, the sentence says that no interval is valid."""
    found = inputs.results["monitoring"]
    found |= {
        "controlled": False,
        "ci_low": "-inf",
        "ci_high": "inf",
        "boundary": "inf",
        "sequential_p": None,
    }
    found |= {"crossed": False, "method": "single", "design": {"month": "2025-06"}, "first_crossing": None}
    report = inputs.report()
    assert says(
        effect.conclusion(report), "a look without control, outside the planned month", "pointwise 2.457"
    )
    assert says(monitoring.looks(report), "single, 2025-06", "It is a look without control.")
    assert says(monitoring.method(report), "One month of analysis is planned")
    found["controlled"] = True
    assert says(effect.conclusion(inputs.report()), "at which the plan claims nothing yet")


def test_alpha_spending_tells_its_bounds_and_its_end(inputs: Any) -> None:
    """Information, bounds for harm and futility and the stage-wise estimate are told in words."""
    inputs.results["monitoring"] |= {
        "method": "alpha spending",
        "design": {"function": "obrien-fleming", "sides": 2},
        "fraction": 0.7,
        "crossed": False,
        "first_crossing": 2,
        "harm": {"boundary": -1.8, "crossed": False, "nominal_level": 0.03, "spent": 0.02},
        "futility": {"boundary": 0.4, "crossed": True},
        "stage_wise": {"estimate": 3.1, "ci_low": 1.5, "ci_high": 4.2, "level": 0.95, "p_value": 0.004},
    }
    report = inputs.report()
    assert says(
        monitoring.looks(report),
        "two-sided, by the O'Brien–Fleming-type function, 70.0 % of the planned information",
        "That of look 2 was.",
        "The bound for harm, −1.800, is not crossed.",
        "The bound for futility, 0.400, is crossed.",
        "the median-unbiased estimate is 3.100 (95 % interval 1.500 to 4.200; p = 0.0040)",
    )
    assert says(monitoring.method(report), "Lan & DeMets 1983", "arrive late")


def test_the_method_tells_what_was_simulated(inputs: Any) -> None:
    """The figure stands beside the method; a plan that nobody simulated says so."""
    found = inputs.results["monitoring"]
    assert says(monitoring.method(inputs.report()), "in 1.4 % of the studies at most", "did so in 29.6 %")
    found |= {"method": "alpha spending", "design": {"function": "pocock", "sides": 2}}
    assert says(monitoring.method(inputs.report()), "in 4.5 % of the studies at most")
    found["design"]["function"] = "power"
    assert says(monitoring.method(inputs.report()), "the power function, was not among those simulated")


def test_what_was_simulated_is_what_the_page_holds() -> None:
    """Each figure of the report is the largest of its plan in ``docs/simulation.md``."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "simulation.md").read_text(encoding="utf-8")
    section = page.split("## Monthly looks")[1].split("\n## ")[0]
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \| ([0-9.]+)% ", section, re.MULTILINE)
    names = {
        "O'Brien–Fleming-type spending": "alpha spending, obrien-fleming",
        "Pocock-type spending": "alpha spending, pocock",
    }
    largest: dict[str, float] = {}
    for plan, share in rows:
        name = names.get(plan, plan)
        largest[name] = max(largest.get(name, 0.0), float(share))
    assert len(rows) == 3 * len(monitoring.SIMULATED)
    assert {name: f"{share} %" for name, share in largest.items()} == monitoring.SIMULATED


def test_the_claims_stand_beside_those_of_the_second_implementation(inputs: Any) -> None:
    """Boundary, limits and p-value are printed twice, with how far they are apart; bounds where there are some."""
    made = monitoring.verification(inputs.report())
    assert says(
        made,
        "Table 14.2.6",
        "3.035235312",
        "mixture of likelihood ratios by the trapezoidal rule",
        "Sequential p",
        "accepted up to 1e−05; of levels and p-values",
    )
    assert not says(made, "Level spent")
    found = inputs.results["monitoring"]
    found["looks"][-1]["spent"], found["verification"]["spent"] = 0.0123456789, 0.0123456781
    for name, one in (("harm", {"boundary": -1.8, "spent": 0.02}), ("futility", {"boundary": "-inf"})):
        found[name] = {**one, "crossed": False}
        found["verification"][name] = {**one, "boundary": -1.8000000001}
    ended = {"estimate": 3.1, "ci_low": 1.5, "ci_high": 4.2, "p_value": 0.0041}
    found["stage_wise"], found["verification"]["stage_wise"] = {**ended, "level": 0.95}, ended
    made = monitoring.verification(inputs.report())
    assert says(made, "Interval after the stop, upper limit", "4.200000", "p after the stop", "0.004100")
    assert says(
        made,
        "0.012345679",
        "Bound for harm",
        "−1.800000000",
        "Bound for futility",
        "−∞",
        "Level spent on harm",
    )


def test_a_tiny_claim_is_no_row_of_zeros(inputs: Any) -> None:
    """A sequential p-value and a spent level far below the decimals keep two digits, and the table of looks a bound."""
    found = inputs.results["monitoring"]
    found["sequential_p"], found["verification"]["sequential_p"] = 7.4321e-14, 7.4322e-14
    found["looks"][-1] |= {"spent": 4.12e-12, "sequential_p": 7.4321e-14}
    found["verification"]["spent"] = 4.13e-12
    made = monitoring.verification(inputs.report())
    assert says(made, "7.4e−14", "4.1e−12")
    assert not says(made, "0.000000000")
    assert says(monitoring.looks(inputs.report()), "<0.0001")
    assert not says(monitoring.looks(inputs.report()), "0.0000")
