"""Every number that a report prints from its results can be looked up, by the number itself and by its reference."""

import copy
from typing import Any

import pytest

from tests.quarto_templates.printed_numbers import printed_numbers, unresolved
from tests.quarto_templates.test_references import enriched


@pytest.mark.parametrize(("design", "scale"), [("observational", "identity"), ("randomised", "logarithm")])
def test_every_printed_number_is_found(inputs: Any, design: str, scale: str) -> None:
    """What is printed is a result when it is read back, and stands below one of the paths that are cited beside it."""
    enriched(inputs)
    inputs.results["study"]["design"] = design
    inputs.results["primary"]["scale"] = scale
    report = inputs.report()
    assert len(printed_numbers(report)) > 800
    assert unresolved(report) == []


def test_a_number_unlike_its_value_is_told(inputs: Any) -> None:
    """A number that is not what its place holds is named, and so is one that some other place holds."""
    report = inputs.report()
    held = copy.deepcopy(report.results)
    held["primary"]["mean_treated"] = 987.654
    held["propensity"]["iterations"] = 4711
    held["propensity"]["c_statistic"] = held["primary"]["mean_control"]
    lost = {number.cited: reason for number, reason in unresolved(report, held)}
    assert "is not cited beside it" in lost["primary.mean_treated",]
    assert ("propensity.c_statistic",) in lost
    assert lost["propensity.iterations",].startswith("is ")
