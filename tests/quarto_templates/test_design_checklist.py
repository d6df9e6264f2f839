"""Tests of the checklists of the reporting guidelines: each place exists, and the design chooses the guidelines."""

import re
from pathlib import Path
from typing import Any

import pytest
from presentation.design import checklist
from presentation.design.guidelines import CONSORT, STROBE, TARGET, TITLE
from presentation.writing.html import html

from medicore.stores.report.pdf_text import pages_of
from tests.quarto_templates.says import says

TEMPLATE = Path(__file__).resolve().parents[2] / "quarto_templates" / "regulatory_report.qmd"


@pytest.mark.parametrize(("items", "last", "parts"), [(TARGET, 21, 39), (CONSORT, 30, 42), (STROBE, 22, 34)])
def test_every_place_is_a_section_of_the_report(items: Any, last: int, parts: int) -> None:
    """Items are those of the published checklists, without gap, and each section that one names has its anchor."""
    headings = set(
        re.findall(
            r"^#{1,2} ([\d.]+) .*\{#section-[\d-]+\}$", TEMPLATE.read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert {section for _, _, sections in items for section in sections} - {TITLE} <= headings
    numbers = [int(re.match(r"\d+", item)[0]) for item, _, _ in items]  # type: ignore[index] # each begins with one
    assert sorted(set(numbers)) == list(range(1, last + 1))
    assert numbers == sorted(numbers)
    assert len({item for item, _, _ in items}) == len(items) == parts


@pytest.mark.parametrize(
    ("design", "names", "topic"),
    [
        ("observational", ("TARGET 2025", "STROBE, cohort studies"), "Why a target trial is emulated"),
        ("randomised", ("CONSORT 2025",), "Blinding, of whom"),
    ],
)
def test_the_design_chooses_the_guidelines(
    inputs: Any, design: str, names: tuple[str, ...], topic: str
) -> None:
    """An emulated target trial has TARGET and STROBE, a trial CONSORT; an absent item is said to be absent."""
    inputs.results["study"]["design"] = design
    made = checklist.items(inputs.report())
    assert says(made, *(f"Items of {name}" for name in names), topic, "not in this report")
    page = "".join(html(code) for code in made.calls)  # type: ignore[attr-defined]
    assert '<a href="#section-11-4">Section 11.4</a>' in page


def test_what_the_protocol_does_not_declare_has_no_place(inputs: Any) -> None:
    """Ethics, registration, discussion and limitations are said to be undeclared where the protocol has none."""
    keys = ("ethics", "registration", "discussion", "limitations")
    inputs.protocol |= dict.fromkeys(keys, ("Declared.",))
    assert not says(checklist.items(inputs.report()), "not declared in the protocol")
    for key in keys:
        inputs.protocol |= {**dict.fromkeys(keys, ("Declared.",)), key: None}
        assert says(checklist.items(inputs.report()), "not declared in the protocol"), key


def test_each_item_has_its_page(pdf: bytes) -> None:
    """The PDF names the page on which the heading of the section stands."""
    pages = pages_of(pdf)
    (results,) = [
        number for number, page in enumerate(pages, start=1) if "11.4Primaryanalysis" in page and number > 3
    ]
    assert f"Section11.4,page{results}" in "".join(pages[-2:])
