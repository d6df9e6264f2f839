"""Tests of the rendition in HTML: closed, accessible, of the same numbers as the PDF, the same bytes everywhere."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.report.figures import figures_of
from medicore.stores.report.pdf_text import pages_of, tight
from medicore.stores.report.renderer import parameters, scratch_folder
from medicore.stores.report.rendition import render_html
from tests.quarto_templates.conftest import TEMPLATES, Inputs
from tests.quarto_templates.pages import NUMBER, caption, elements, name_of, parsed, rows, words
from tests.quarto_templates.printed_references import mapped_in, parts_of
from tests.quarto_templates.test_report import HOSTILE

OF = {
    "state": "released",
    "record_commit": "1c" * 20,
    "results_sha256": "2d" * 32,
    "report_sha256": "3e" * 32,
}
TEMPLATE = {
    path.relative_to(TEMPLATES).as_posix(): path.read_bytes()
    for path in TEMPLATES.rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}
RENDER = """
import json, pathlib, sys
from medicore.stores.report.rendition import render_html
root = pathlib.Path(sys.argv[1])
template = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts}
inputs = {name: text.encode() for name, text in json.load(sys.stdin).items()}
sys.stdout.buffer.write(render_html(template, inputs))
"""
HEADER = "REF-NHEFS·2025-03·run1STATUS:SEESIGNATURESpage{page}of{pages}"
FOOTER = "Causal-effectreportrun/REF-NHEFS/2025-03/1"


def files_of(inputs: Inputs) -> dict[str, bytes]:
    """Return the files of a rendition."""
    return {**inputs.files(), "rendition.json": json.dumps(OF).encode()}


@pytest.fixture(scope="module")
def page() -> bytes:
    """The rendition of the sample inputs, made once."""
    return render_html(TEMPLATE, files_of(Inputs()))


@pytest.fixture(scope="module")
def root(page: bytes) -> Any:
    """The same, parsed strictly."""
    return parsed(page)


def test_the_page_is_closed(page: bytes, root: Any) -> None:
    """There is no script, form, frame or event handler, and no address but places on the page itself."""
    assert page.startswith(b"<!DOCTYPE html>")
    banned = ("script", "iframe", "object", "embed", "form", "input", "link", "base", "img", "foreignObject")
    assert list(elements(root, *banned)) == []
    for element in root.iter("*"):
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert not name.endswith(("href", "src", "srcset", "action")) or value.startswith("#")
    assert b"url(" not in page.replace(b"url(#", b"")
    assert b"@import" not in page
    (policy,) = [meta.get("content") for meta in elements(root, "meta") if meta.get("http-equiv")]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_no_identifier_is_given_twice_and_every_link_arrives(root: Any) -> None:
    """Contents, lists of exhibits, references and the parts of figures point at what is there, once."""
    given = [element.get("id") for element in root.iter("*") if element.get("id")]
    assert len(set(given)) == len(given)
    wanted = {
        value.removeprefix("#")
        for element in root.iter("*")
        for name, value in element.attrib.items()
        if name.endswith("href")
    }
    assert wanted <= set(given)
    assert {"table-14-2-1", "figure-14-1-2", "R79", "section-11-4", "exhibits", "main"} <= wanted


def test_a_screen_reader_finds_its_way(root: Any) -> None:
    """Language, title, one h1, headings without a gap, named figures, captions, and headers with their scope."""
    assert root.get("lang") == "en-GB"
    assert next(elements(root, "title")).text == "REF-NHEFS/2025-03/1: rendition of the report"
    levels = [int(name_of(head)[1]) for head in elements(root, "h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    drawings = list(elements(root, "svg"))
    assert len(drawings) >= 9
    assert all(one.get("role") == "img" and one.get("aria-label") for one in drawings)
    tables = list(elements(root, "table"))
    assert len(tables) >= 15
    assert all(caption(one).startswith("Table") for one in tables)
    heads = list(elements(root, "th"))
    assert {head.get("scope") for head in heads} == {"col", "row", "rowgroup"}
    assert all(
        next(elements(row, "th", "td")).tag.endswith("th") for one in tables for row in elements(one, "tr")
    )
    assert all(nav.get("aria-label") for nav in elements(root, "nav"))


@pytest.mark.parametrize("status", ["candidate", "exploratory"])
def test_every_printed_page_is_marked(status: str, tmp_path: Path) -> None:
    """A browser prints the run, its status and the number of pages on every sheet."""
    browser = shutil.which("chromium") or pytest.skip("Chromium is not installed; apt-get install chromium")
    inputs = Inputs()
    inputs.run["status"] = status
    page, sheets = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_bytes(render_html(TEMPLATE, files_of(inputs)))
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}")
    subprocess.run(
        [browser, *options, f"--print-to-pdf={sheets}", page.as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    printed = pages_of(sheets.read_bytes())
    assert len(printed) > 10
    for number, text in enumerate(printed, start=1):
        assert "REF-NHEFS/2025-03/1:renditionofthereport" in text
        assert ("RELEASED" if status == "candidate" else status.upper()) in text
        assert f"page{number}of{len(printed)}" in text


def test_it_says_that_it_is_a_rendition_and_of_what(root: Any) -> None:
    """The statement comes first, with record commit, digest of the results and of the PDF."""
    main = next(elements(root, "main"))
    bar, statement = list(main)[:2]
    assert words(bar) == "REF-NHEFS·2025-03·run1RELEASED"
    assert statement.get("class") == "rendition"
    assert "Itisnottherecord" in words(statement)
    assert all(value in words(statement) for value in list(OF.values())[1:])


def test_pdf_and_page_print_the_same_table_by_table(root: Any, pdf: bytes) -> None:
    """Every row of every table stands in the PDF, in order, and the PDF has no number in a table that the page lacks.

    The checklists of the guidelines, which name pages in the PDF, have the same captions.
    """
    pages = pages_of(pdf)
    text = "".join(
        one.replace(HEADER.format(page=number, pages=len(pages)), "").replace(FOOTER, "")
        for number, one in enumerate(pages, start=1)
    )
    start = 0
    for table in elements(root, "table"):
        place = text.index(caption(table), start)
        start = place + len(caption(table))
        if caption(table).startswith("Table16.6"):
            continue
        for row in rows(table):
            start = text.index(row, start) + len(row)
        exhibit = (
            table.getparent().getparent()
        )  # with the note, which the PDF repeats on each page of a table
        assert set(NUMBER.findall(text[place:start])) <= set(NUMBER.findall(words(exhibit))), caption(table)
        start = max(start, text.rindex("4Abbreviations"))  # the lists of exhibits repeat the captions


def test_pdf_and_page_list_the_same_exhibits_and_references(root: Any, pdf: bytes) -> None:
    """Every table and figure of the page is one of the PDF; both cite the same places in the results."""
    text = "".join(pages_of(pdf))
    listed = [
        words(entry)
        for entry in elements(root, "a")
        if (entry.get("href") or "").startswith(("#table-", "#figure-"))
    ]
    assert len(listed) >= 20
    assert [title for title in listed if text.count(title) < 2] == []
    cited = {
        int(link.get("href")[2:]) for link in elements(root, "a") if re.match(r"#R\d+$", link.get("href"))
    }
    anchors = {one.get("id") for one in elements(root, "span") if re.match(r"R\d+$", one.get("id") or "")}
    assert {f"R{number}" for number in cited} <= anchors
    assert anchors == set(mapped_in(parts_of(text)[1]))


def test_hostile_texts_are_printed_and_never_obeyed(inputs: Any, root: Any) -> None:
    """Markup, scripts, shortcodes, cells and formulas in a protocol are words on the page; a draft is marked as one."""
    inputs.results["study"]["title"] = " ".join(HOSTILE)
    inputs.results["study"]["sponsor"] = HOSTILE[5]
    inputs.protocol["estimand"]["population"] = " ".join(HOSTILE)
    inputs.protocol["outcome"]["label"] = HOSTILE[1]
    for index, covariate in enumerate(inputs.protocol["covariates"]):
        covariate["label"] = HOSTILE[index % len(HOSTILE)]
    for row in inputs.results["baseline"]:
        row["label"] = HOSTILE[5]
    for label, arm in zip(HOSTILE[2:4], inputs.results["cohort"]["arms"].values(), strict=True):
        arm["label"] = label
    inputs.run |= {"status": "exploratory", "reason": "</dd></dl><script>alert(1)</script>\u202e"}
    made = render_html(TEMPLATE, files_of(inputs))
    plain, root = root, parsed(made)
    assert b"<script" not in made
    assert b"{{<" not in made
    assert b"{=typst}" not in made
    kinds = ("em", "strong", "sup", "math", "script", "img", "iframe")
    marked, usual = ([one.text for one in elements(one_of, *kinds)] for one_of in (root, plain))
    assert [text for text in marked if text not in usual] == ["EXPLORATORY"]
    text = words(root)
    assert "root:" not in text
    assert [one for one in HOSTILE if tight(one) not in text] == []
    assert "U+202E" in text
    assert "שלום עולם" in [run.text for run in elements(root, "bdi")]
    (mark,) = [one for one in elements(root, "div") if one.get("class") == "watermark"]
    assert words(mark) == "EXPLORATORY"
    assert words(next(elements(root, "strong"))) == "EXPLORATORY"


def test_the_same_record_gives_the_same_bytes_everywhere(page: bytes, tmp_path: Path) -> None:
    """Another process, folder, home, time zone and locale give the very same page."""
    home = tmp_path / "home of another"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "TZ": "Pacific/Auckland", "LANG": "C",
        "LC_ALL": "C", "USER": "another", "PYTHONHASHSEED": "7",
    }  # fmt: skip
    files = json.dumps({name: data.decode() for name, data in files_of(Inputs()).items()})
    done = subprocess.run(
        [sys.executable, "-c", RENDER, str(TEMPLATES)],
        cwd=TEMPLATES.parent, env=environment, input=files.encode(), capture_output=True, check=True,
    )  # fmt: skip
    assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(page).digest()
    assert list(home.iterdir()) == []


def test_a_template_that_makes_no_html_is_said(inputs: Any) -> None:
    """A record whose template is older than the rendition is refused in one line."""
    without = {name: data for name, data in TEMPLATE.items() if name != "embedded-template.html"}
    with pytest.raises(ConfigurationError, match="makes no HTML"):
        render_html(without, files_of(inputs))


@pytest.mark.skipif(
    shutil.which("quarto") is None,
    reason="quarto is not on the PATH; install Quarto 1.10 or later from its project's site",
)
def test_quarto_makes_the_page_of_the_same_template(root: Any) -> None:
    """Quarto's own HTML format renders the template, and prints the same rows in every table."""
    files = files_of(Inputs())
    with scratch_folder(str(TEMPLATES), files) as scratch:
        folder = scratch / "report"
        (folder / "parameters.yml").write_text(json.dumps(parameters(files)), encoding="utf-8")
        subprocess.run(
            ["quarto", "render", "regulatory_report.qmd", "--to", "html", "--output", "report.html",
             "--execute-params", "parameters.yml", "--no-execute-daemon", "--quiet"],
            cwd=folder, env={**os.environ, "QUARTO_PYTHON": sys.executable}, check=True, capture_output=True,
        )  # fmt: skip
        made = (folder / "report.html").read_bytes()
    from lxml import html

    found = [words(row) for row in html.document_fromstring(made).iter("tr")]
    assert [row for table in elements(root, "table") for row in rows(table) if row not in found] == []


def test_every_figure_is_handed_over(page: bytes) -> None:
    """Each figure of the page becomes a file whose drawing another program, Typst, takes."""
    import typst

    made = figures_of(page, "REF-NHEFS/2025-03/1")
    assert len(made) == page.count(b'id="figure-') > 5
    for data in made.values():
        shown = typst.compile(
            f'#image(bytes({json.dumps(data.decode())}), format: "svg")'.encode(), format="svg"
        )
        assert len(shown) > 1000
