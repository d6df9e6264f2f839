"""Tests of the HTML that data become: texts stay texts, and whatever the PDF says has an HTML of its own."""

import html as standard
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from presentation.writing import rendition
from presentation.writing.html import UnwritableError, html
from presentation.writing.html_text import escaped
from presentation.writing.typst import Code, block, call, joined, mono, printable

from tests.quarto_templates.conftest import TEMPLATES
from tests.quarto_templates.pages import elements, name_of, parsed, words
from tests.quarto_templates.test_references import enriched, exhibits

_OF = {"record_commit": "1c" * 20, "results_sha256": "2d" * 32, "report_sha256": "3e" * 32}


def html_of(made: Any) -> list[str]:
    """Return the HTML of each call of a block."""
    return [html(code) for code in made.calls]


@given(st.text())
def test_text_is_harmless_to_every_reader_on_the_way(text: str) -> None:
    """Escaped text has letters, digits, a few signs and references only, and says what the PDF says."""
    made = escaped(text).replace("<bdi>", "").replace("</bdi>", "")
    assert re.fullmatch(r"(?:[A-Za-z0-9 .,;:()-]|&#x[0-9a-f]+;)*", made)
    told = re.sub(r"&#x([0-9a-f]+);", lambda point: chr(int(point[1], 16)), made)
    assert told.replace("\u00a0", " ") == printable(text).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("95 % of 12", "95~% of 12"),
        ("with n = 1,629 and p < 0.0001", "with n~=~1,629 and p~<~0.0001"),
        ("see Table 14.2.1 or section 10.1", "see Table~14.2.1 or section~10.1"),
        ("Table of 3 kinds; an = sign", "Table of 3 kinds; an = sign"),
    ],
)
def test_a_line_break_parts_no_number_from_its_sign(text: str, expected: str) -> None:
    """A per cent, a letter with its value and the number of an exhibit stay on one line; other blanks can break."""
    assert standard.unescape(escaped(text)) == expected.replace("~", "\u00a0")


def test_whatever_is_wide_scrolls_by_keyboard_and_has_a_name(monkeypatch: Any) -> None:
    """Tables, figures and formulas are regions that take the focus; the remarks below them do not scroll away."""
    monkeypatch.chdir(TEMPLATES)
    table = call("facts-table", "Table 9.1", "Facts", [["a", "b"]], whole=True, note="A note")
    drawing = call("drawing", "Figure 2.1", "Estimates", "A square.", Code("rect()"))
    formula = call("formula", "x squared", Code("$x^2$"))
    for made, name, inside in (
        (table, "Table 9.1", "table"),
        (drawing, "Figure 2.1", "svg"),
        (formula, "Formula", "svg"),
    ):
        part = parsed(html(made).encode())
        (region,) = [one for one in elements(part, "div") if one.get("role") == "region"]
        assert (region.get("tabindex"), region.get("aria-label").replace("\u00a0", " ")) == ("0", name)
        assert [name_of(child) for child in region] == [inside]
    assert "A note" not in "".join(next(elements(parsed(html(table).encode()), "table")).itertext())


def test_only_identifiers_may_break_inside_a_word() -> None:
    """The style lets code alone break anywhere, so a narrow screen scrolls a table and breaks none of its words."""
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", style)
    breaking = [
        name.strip() for name, rule in rules if re.search(r"overflow-wrap: anywhere|word-break|hyphens", rule)
    ]
    assert breaking == ["code"]


def test_no_text_of_the_page_is_smaller_than_twelve_pixels() -> None:
    """Each size is at least 0.75 of the root's 16 px; one that is relative to its surroundings names this as its least."""
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    sizes = re.findall(r"(?:font-size:|font:)\s*([^;}/]+)", style)
    small = [size for size in sizes if (least := re.search(r"([\d.]+)rem", size)) and float(least[1]) < 0.75]
    relative = [size for size in sizes if re.search(r"[\d.]em", size) and "max(" not in size]
    assert len(sizes) > 10
    assert (small, relative) == ([], [])


def test_what_scrolls_keeps_its_title_and_the_heads_of_its_rows() -> None:
    """On a narrow screen the title of a table, the heads of its rows and the titles of its groups do not scroll away."""
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    narrow = style[style.index("@media (max-width: 40rem)") : style.index("@media print")]
    kept = [name.strip() for name, rule in re.findall(r"([^{}]+)\{([^{}]*)\}", narrow) if "sticky" in rule]
    assert [name.split("*/")[-1].strip() for name in kept] == [
        ".scroll caption",
        "thead th:first-child, thead ~ tbody > tr:not(.group) > th:first-child",
        ".group th > span",
    ]
    grouped = html(
        call(
            "data-table", "Table 1", "T", [Code("auto")] * 2, [Code("left")] * 2, [["a"], ["b"]],
            [{"kind": "group", "title": "Group", "cells": []}, {"kind": "plain", "cells": ["c", "d"], "whole": True}],
            whole=True,
        )
    )  # fmt: skip
    assert '<th scope="rowgroup" colspan="2"><span>Group</span></th>' in grouped
    assert re.search(r'<th scope="row"[^>]*>c</th>', grouped)


def test_words_from_right_to_left_are_kept_to_themselves() -> None:
    """They stand in an element of their own, so that numbers beside them keep their place."""
    made = escaped("שלום 12")
    assert standard.unescape(made) == "<bdi>שלום</bdi> 12"


def test_values_become_html() -> None:
    """Words, parts in a row, calls and numbers have their HTML; nothing is an empty text."""
    assert html("a<b") == "a&#x3c;b"
    assert html(joined("a", mono("b/c"), None, 3)) == "a<code>b&#x2f;c</code>3"
    assert html(call("digests", "a", "b")) == "<code>a</code><br /><code>b</code>"
    assert html(call("para", "a", "b")) == "<p>ab</p>"


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [((3,), "R3"), ((4, 3), "R3, R4"), ((3, 5, 4, 9), "R3&#x2013;R5, R9"), ((1, 3, 2), "R1&#x2013;R3")],
)
def test_references_read_as_on_paper_and_lead_to_the_appendix(
    numbers: tuple[int, ...], expected: str
) -> None:
    """Runs are shortened as in the PDF, and each number that is printed is a link to its place."""
    made = html(call("cited", *numbers))
    assert re.sub(r"<[^>]*>", "", made) == f"&#x202f;[{expected}]"
    assert re.findall(r'href="#(R\d+)"', made) == re.findall(r"R\d+", expected)


def test_what_has_no_html_is_an_error_and_never_left_out(inputs: Any) -> None:
    """A new drawing or block of the Typst template stops the rendition, and so does a text that is no block."""
    with pytest.raises(UnwritableError, match="pie-chart"):
        html(call("pie-chart", 1))
    with pytest.raises(UnwritableError, match="left"):
        html(Code("left"))
    report = inputs.report()
    show = rendition.printing(type(report)(report.results, report.protocol, report.run, rendition=_OF))
    for text in ("#v(1em)", block(call("para", "one")) + "#v(1em)"):
        with pytest.raises(UnwritableError, match="no block"):
            show(text)
    assert html_of(block(call("para", "one")) + "") == ["<p>one</p>"]


def test_cells_print_typst_unless_a_rendition_is_asked_for(inputs: Any, capsys: Any) -> None:
    """One block is printed for the PDF as it stands, for a rendition as HTML, and its tables are listed."""
    report = inputs.report()
    made = block(call("para", "one")) + block(call("para", "two"))
    rendition.printing(report)(made)
    assert capsys.readouterr().out == f"{made}\n"
    assert (rendition.statement(report), rendition.exhibits(report)) == ("", "")
    asked = type(report)(report.results, report.protocol, report.run, rendition=_OF)
    rendition.printing(asked)(made)
    assert "```{=html}\n<p>one</p>\n<p>two</p>\n```" in capsys.readouterr().out
    rendition.printing(asked)(block(call("facts-table", "Table 9.1", "Facts", [["a", "b"]], whole=True)))
    rendition.printing(asked)(rendition.exhibits(asked))
    printed = capsys.readouterr().out
    assert 'id="table-9-1"' in printed
    assert '<a href="#table-9-1"><strong>Table&#xa0;9.1</strong> Facts</a>' in printed
    assert "Figures" not in printed


@pytest.mark.parametrize("design", ["observational", "randomised"])
def test_all_that_a_report_can_say_has_html(inputs: Any, monkeypatch: Any, design: str) -> None:
    """With imputation, findings, violations, trimming and tipping point, each part is well-formed and says the same."""
    monkeypatch.chdir(TEMPLATES)
    enriched(inputs)
    inputs.results["study"]["design"] = design
    seen = set()
    for _, made in exhibits(inputs.report()):
        for code in getattr(made, "calls", ()):
            part = parsed(f"<div>{html(code)}</div>".encode())
            seen.add(code.function)
            if code.function == "data-table":
                assert len(list(elements(part, "tbody"))) >= 1
                assert words(part).startswith(code.arguments[0].replace(" ", ""))
    assert {"data-table", "facts-table", "drawing", "formula", "headline", "lead", "together"} <= seen
