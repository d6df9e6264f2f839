"""Tests of the checklist of the reporting guideline: each location exists, and the design chooses the guideline."""

import re
from pathlib import Path
from typing import Any

import pytest
from presentation.design import checklist

from tests.quarto_templates.test_presentation_randomised import says

TEMPLATE = Path(__file__).resolve().parents[2] / "quarto_templates" / "regulatory_report.qmd"


@pytest.mark.parametrize("items", [checklist.STROBE, checklist.CONSORT])
def test_every_location_is_a_section_of_the_report(items: Any) -> None:
    """Items are numbered without gap, and each section that one names is a heading of the template."""
    headings = set(re.findall(r"^#{1,3} ([\d.]+) ", TEMPLATE.read_text(encoding="utf-8"), re.MULTILINE))
    assert {section for _, _, section in items if section} <= headings
    assert [number for number, _, _ in items] == [str(index + 1) for index in range(len(items))]


@pytest.mark.parametrize(
    ("design", "name", "last"),
    [("observational", "STROBE", "Funding"), ("randomised", "CONSORT 2025", "Blinding")],
)
def test_the_design_chooses_the_guideline(inputs: Any, design: str, name: str, last: str) -> None:
    """An observational study has the items of STROBE, a trial those of CONSORT; an absent item is said to be absent."""
    inputs.results["study"]["design"] = design
    made = checklist.items(inputs.report())
    assert says(made, f"Items of {name}", last, "Section 11.4", "not in this report")
