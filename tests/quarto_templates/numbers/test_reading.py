"""What the readers of rendered numbers find, and that a number which cannot be looked up is told."""

import pytest

from medicore.errors import ProtocolError
from tests.quarto_templates.numbers.html_units import html_units
from tests.quarto_templates.numbers.pdf_units import pdf_units
from tests.quarto_templates.numbers.rendered_numbers import Rendered, lost, rendered_numbers
from tests.quarto_templates.numbers.unit import FOOT, HEAD, cited_together, unit

PLACES = {"3.37": ["primary.estimate"], "12": ["cohort.arms.treated.n"]}
PATHS = {"R1": "primary", "R2": "cohort.arms.control"}
PAGE = b"""<html><head><title>1</title></head><body><nav><p>Page 4</p></nav><div class="exhibit"><table><caption>Table 1</caption>
<thead><tr><th>n = 12</th></tr></thead><tbody><tr><th>Mean <span class="cited">[<a>R1</a>&#x2013;<a>R3</a>]</span></th><td>3.37</td>
</tr></tbody></table><p class="remarks">n <span class="cited">[<a>R2</a>]</span></p></div><svg aria-label="5 rows"></svg></body></html>"""


def test_a_unit_has_its_numbers_and_references() -> None:
    """Signs, thousands, percentages and bounds belong to a number; pages, words and references are none."""
    read = unit("tr", "HbA1c \u22122.4 to 1,204 (95 % CI), p < 0.0001, section 11.4, page 7 [R3\u2013R5, R9]")
    assert read.references == (3, 4, 5, 9)
    assert read.numbers == ["\u22122.4", "1,204", "95 %", "< 0.0001", "11.4"]


def test_what_has_no_reference_has_that_of_its_note() -> None:
    """A headline is cited by the next line, the head of a table by its foot, and not by its first row."""
    units = [
        unit("P", "94 mL"),
        unit("P", "n [R1]"),
        unit(HEAD, "n = 12"),
        unit("TR", "3 [R5]"),
        unit(FOOT, "Note [R7]"),
    ]
    assert [one.references for one in cited_together(units)] == [(1,), (1,), (7,), (5,), (7,)]


def test_a_number_that_leads_elsewhere_is_told() -> None:
    """Only what moves with the results is theirs; it must be found by itself and below a path that is cited with it."""
    here = [unit("TR", "In 2025 3.37 of 12 [R1]"), unit("TR", "12 [R2]"), unit("TR", "4.4 [R1]")]
    moved = [unit("TR", "In 2025 3.42 of 13 [R1]"), unit("TR", "13 [R2]"), unit("TR", "4.5 [R1]")]
    numbers = rendered_numbers(here, moved)
    assert [number.text for number in numbers] == ["3.37", "12", "12", "4.4"]

    def places(text: str) -> list[str]:
        if text not in PLACES:
            raise ProtocolError("no result")
        return PLACES[text]

    told = lost(numbers, places, PATHS.__getitem__)
    assert [one.split(" in ")[0] for one in told] == ["12", "12", "4.4"]
    assert lost([Rendered("3.37", "", (1,))], places, PATHS.__getitem__) == []
    with pytest.raises(AssertionError, match="with other results"):
        rendered_numbers([unit("P", "1")], [unit("P", "none")])


def test_html_is_read_by_rows(pdf: bytes) -> None:
    """Rows, head and foot of a table are units; so are those of the PDF, most of whose rows of results have references."""
    assert [(one.kind, one.references, one.numbers) for one in html_units(PAGE)] == [
        ("caption", (), ["1"]), (HEAD, (), ["12"]), ("tr", (1, 2, 3), ["3.37"]), (FOOT, (2,), []), ("svg", (), ["5"]),
    ]  # fmt: skip
    read = pdf_units(pdf)
    assert sum(one.kind == "TR" and bool(one.references) for one in read) > 100
    assert {HEAD, FOOT, "Figure"} <= {one.kind for one in read}
    assert not [one for one in read if one.text.startswith("3 Contents")]
