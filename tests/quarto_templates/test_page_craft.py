"""Tests of the craft of pages: how full they are, how small their text is, how tables go on, what a reader copies."""

from io import BytesIO
from typing import Any

import pikepdf
import pytest
import typst
from presentation.writing.exhibits import Column, Group, Row, table

from medicore.stores.report.pdf_text import pages_of, tight
from tests.quarto_templates import portfolio_sample
from tests.quarto_templates.page_extent import half_empty, pages

LEAST_SIZE = 7.95
"""8 pt, less what the scales of a page round off."""


@pytest.fixture(scope="module")
def many(inputs_of_many_terms: Any) -> bytes:
    """The report of a study with sixty terms and two dozen subgroups."""
    made: bytes = inputs_of_many_terms.render()
    return made


@pytest.fixture(scope="module")
def inputs_of_many_terms() -> Any:
    """The sample with thirty covariates that have long names, each with its square, and two dozen subgroups."""
    from tests.quarto_templates.conftest import Inputs

    inputs = Inputs()
    label = "History of myocardial infarction or unstable angina before randomisation"
    words = "measured_at_the_screening_visit_by_the_central_laboratory"
    inputs.protocol["covariates"] = [
        {
            "column": f"c{index}",
            "label": f"{label} {index} {words if index == 7 else ''}".strip(),
            "terms": ["linear", "square"],
        }
        for index in range(30)
    ]
    term = inputs.results["balance"]["terms"][0]
    names = [f"c{index}{power}" for index in range(30) for power in ("", "^2")]
    inputs.results["balance"]["terms"] = [{**term, "term": name} for name in names]
    row = inputs.results["sensitivity"]["supplementary"][0]
    inputs.results["sensitivity"]["supplementary"] = [
        {**row, "name": f"{label}: {index}"} for index in range(24)
    ]
    return inputs


def test_a_page_left_half_empty_is_found() -> None:
    """The measure that the next tests use says which page of a document is left half empty, and how full it is."""
    source = (
        '#set document(title: "x")\n#set page(paper: "a4", margin: (x: 25mm, top: 31mm, bottom: 25mm))\n'
        "= First\n#v(170mm)\nEnd\n#pagebreak()\nShort\n#pagebreak()\n#v(1fr)\n#text(size: 6pt)[small]\n#pagebreak()\n= Last"
    )
    made = typst.compile(source.encode(), format="pdf", pdf_standards=["ua-1"], ignore_system_fonts=True)
    (found,) = half_empty(made)
    assert found.startswith("page 2: ")
    assert 0 < int(found.removeprefix("page 2: ").removesuffix("%")) < 5
    assert min(mark.size for mark in pages(made)[2].marks if mark.size) == pytest.approx(6.0, abs=0.01)


def test_no_page_is_left_half_empty(pdf: bytes, many: bytes) -> None:
    """Every page but a section's last is used for 60 % of its height, with sixty terms to plot as with eighteen."""
    assert half_empty(pdf) == []
    assert half_empty(many) == []


@pytest.mark.parametrize("criteria", [2, 8, 14])
def test_the_flow_stands_where_a_page_has_room(criteria: int, inputs: Any) -> None:
    """However long the disposition is, no page is left half empty, and each exhibit of the section is printed once."""
    inputs.results["cohort"]["criteria"] = [
        {"name": f"Criterion {number}", "excluded": 0, "remaining": 1629} for number in range(criteria)
    ]
    made = inputs.describe().render()
    assert half_empty(made) == []
    text = "".join(pages_of(made))
    shown = [
        text.rindex(tight(name))
        for name in ("Table 14.1.1 Disposition", "Figure 14.1.1 Flow", "Table 14.1.1.1 Outcomes")
    ]
    assert shown[0] == min(shown)


def test_no_text_is_smaller_than_eight_points(pdf: bytes) -> None:
    """Every text outside a formula, references and identifiers included, is set in 8 pt or more."""
    read = pages(pdf)
    small = {
        (page.number, round(mark.size, 1), mark.font)
        for page in read
        for mark in page.marks
        if mark.size is not None and mark.size < LEAST_SIZE and "Math" not in mark.font
    }
    assert small == set()
    assert sum(mark.size is not None for page in read for mark in page.marks) > 1000


def test_contents_and_lists_of_exhibits_are_on_one_page(pdf: bytes) -> None:
    """The sections, the tables and the figures are listed on the page of the contents alone."""
    listed = [
        page for page in pages_of(pdf) if tight("3 Contents") in page or "16.5Referencestotheresults2" in page
    ]
    assert len(listed) == 1
    assert tight("Figure 14.2.3") in listed[0]
    assert tight("Table 16.4") in listed[0]


def test_a_table_that_goes_on_says_so_above_its_repeated_head(many: bytes) -> None:
    """Each further page has number, title, (continued) and heads of columns; each page has the note, and rows above it."""
    goes_on = tight("Table 14.2.4 Supplementary analyses: other estimands and subgroups (continued)")
    first = tight("Table 14.2.4 Supplementary analyses: other estimands and subgroups Analysis")
    read = pages_of(many)
    assert sum(goes_on in page for page in read) >= 2
    assert sum(first in page for page in read) == 1
    assert all("Analysisestimand·estimator·variance" in page for page in read if goes_on in page)
    parts = [
        page[max(page.find(goes_on), page.find(first)) :] for page in read if goes_on in page or first in page
    ]
    above = [part[: part.index("Source:sensitivity.supplementary")] for part in parts]
    assert all("notestimable,forthereasongiven" in part for part in above)
    assert all("ATE" in part.partition("notestimable")[0] for part in above)


def test_a_group_that_goes_on_has_its_title_again(pdf: bytes, inputs: Any) -> None:
    """The first row of a page on which the baseline goes on is the title of a covariate; no title stands above rows beside it."""
    goes_on = tight("Table 14.1.2 Baseline characteristics of the analysis set (continued)")
    titles = {tight(row["label"]) for row in inputs.results["baseline"]}
    found = [page.partition(goes_on)[2].partition("SMD")[2] for page in pages_of(pdf) if goes_on in page]
    assert found
    assert all(any(rest.startswith(title) for title in titles) for rest in found)
    rows = [Group("A"), Row(("1",), "indented"), Group("B"), Row(("2",), "indented"), Row(("3",), "total")]
    shown = table("9", "T", (Column(("x",)),), rows).arguments[5]
    assert [row["repeated"] for row in shown if row["kind"] == "group"] == [True, False]


def test_a_plot_that_goes_on_has_title_heads_and_axis_on_each_page(many: bytes) -> None:
    """A plot of sixty terms fills pages; each has the legend and the axis, each further one the title, continued."""
    title = tight("Figure 14.1.2 Balance of covariates before and after weighting, farthest first")
    read = pages_of(many)
    drawn = [page for page in read if tight("Absolute standardised mean difference") in page]
    assert len(drawn) >= 3
    assert all(tight("unweighted weighted") in page for page in drawn)
    assert [title + tight("(continued)") in page for page in drawn] == [False, *[True] * (len(drawn) - 1)]
    rows = [page.count("Historyofmyocardial") for page in drawn]
    assert sum(rows) >= 60
    assert min(rows[0], rows[-1]) >= 5


def test_what_a_reader_copies_holds_no_invisible_space(pdf: bytes) -> None:
    """No font maps a glyph to a space without width, and a long identifier is written in one piece for a search."""
    with pikepdf.open(BytesIO(pdf)) as document:
        maps = [
            font.ToUnicode.read_bytes().lower()
            for page in document.pages
            for font in page.resources.get("/Font", {}).values()
        ]
    assert maps
    assert not any(b"<200b>" in one for one in maps)
    assert "negative_controls.controls." in "".join(pages_of(pdf))


def test_what_a_screen_reader_says_holds_no_marks_of_typesetting(many: bytes) -> None:
    """The words for figures hold a long identifier in one piece, and no mark for line breaks or directions."""
    with pikepdf.open(BytesIO(many)) as document:
        told = [
            str(one.Alt)
            for one in document.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/S") in ("/Figure", "/Formula")
        ]
    assert any("measured_at_the_screening_visit_by_the_central_laboratory" in words for words in told)
    assert not any(mark in words for words in told for mark in "\u200b\u200e\u2067\u2069")


def test_the_portfolio_has_full_pages_and_readable_text() -> None:
    """The report across studies keeps the same two rules."""
    made = portfolio_sample.render(portfolio_sample.contents())
    assert half_empty(made) == []
    sizes = [
        mark.size for page in pages(made) for mark in page.marks if mark.size and "Math" not in mark.font
    ]
    assert min(sizes) >= LEAST_SIZE
