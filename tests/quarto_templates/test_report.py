"""Tests of the whole report, rendered: its standard, its structure, its text, its bytes."""

import hashlib
import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from medicore.errors import ConfigurationError
from medicore.stores.report.pdf_text import pages_of, text_of, tight

TEMPLATES = Path(__file__).resolve().parents[2] / "quarto_templates"
RENDER = """
import json, sys, datetime, pathlib
from medicore.stores.report.renderer_embedded import EmbeddedRenderer
from medicore.stores.report.renderer_proven import ProvenRenderer
files = {name: text.encode() for name, text in json.load(sys.stdin).items()}
created = datetime.datetime.fromisoformat(sys.argv[2])
sys.stdout.buffer.write(ProvenRenderer(EmbeddedRenderer()).render(sys.argv[1], files, created))
"""
HOSTILE = (
    '#read("/etc/passwd")',
    "`x` ``` ```{python}",
    "$x$ % {{< include /etc/passwd >}}",
    "*b* _i_ @ref <label> \\u{41} \\ \" ' ]",
    "[x](http://example.invalid) ~~~ ::: {=typst}",
    "```{=html}\n<script>alert(1)</script>\n``` <img src=x onerror=alert(1)>",
    "```{python}\nopen('/etc/passwd')\n``` `r 1+1` [@cite] ^[note]",
    "```{lua}\nos.execute('id')\n``` {{{< meta x >}}} $x^2$ #eval(\"1\") 100 %",
    "שלום עולם",
    "Zoë Müller-Łódź",
)


def fonts_of(page: Any) -> list[str]:
    """Return the names of the fonts of a page."""
    return [str(font.BaseFont) for font in page.resources.get("/Font", {}).values()]


@pytest.fixture(scope="module")
def document(pdf: bytes) -> Any:
    """The report, opened."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        yield opened


def test_the_report_is_archival_tagged_and_named(document: Any) -> None:
    """It is PDF/A-2b and PDF/UA-1, tagged, in English, has a title, and its version is one that FDA takes."""
    metadata = document.Root.Metadata.read_bytes()
    assert b"<pdfaid:part>2</pdfaid:part>" in metadata
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in metadata
    assert b"<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert document.Root.MarkInfo.Marked
    assert "/StructTreeRoot" in document.Root
    assert str(document.Root.Lang).lower().startswith("en")
    assert "1.4" <= document.pdf_version <= "1.7"
    assert str(document.docinfo.Title).startswith("REF-NHEFS/2025-03/1")
    assert not document.is_encrypted


def test_the_report_has_no_attachment_script_form_or_outside_link(document: Any) -> None:
    """The only annotations are links within the document."""
    names = document.Root.get("/Names", {})
    assert "/EmbeddedFiles" not in names
    assert "/JavaScript" not in names
    assert not {"/AcroForm", "/OpenAction", "/AF"} & set(document.Root.keys())
    links = [link for page in document.pages for link in page.get("/Annots", [])]
    assert links
    assert all(link.Subtype == "/Link" for link in links)
    assert all("/Dest" in link or link.A.S == "/GoTo" for link in links)


def test_every_font_is_embedded_and_can_be_searched(document: Any) -> None:
    """Each font has its program in the file and a map to Unicode."""
    fonts = {
        font.objgen: font for page in document.pages for font in page.resources.get("/Font", {}).values()
    }
    assert len(fonts) >= 4
    for font in fonts.values():
        assert "/ToUnicode" in font
        descriptor = font.DescendantFonts[0].FontDescriptor
        assert {"/FontFile2", "/FontFile3"} & set(descriptor.keys())


def test_bookmarks_follow_the_sections(document: Any) -> None:
    """The sections of ICH E3 are bookmarks, in order, with their parts below them."""
    with document.open_outline() as outline:
        titles = [item.title for item in outline.root]
        results = next(item for item in outline.root if item.title.startswith("11"))
        parts = [item.title for item in results.children]
    numbers = [int(title.split()[0]) for title in titles]
    assert numbers == sorted(numbers)
    assert {2, 8, 9, 10, 11, 15, 16} <= set(numbers)
    assert parts[3] == "11.4 Primary analysis"


def test_figures_and_formulas_have_alternative_texts(document: Any) -> None:
    """Every tagged figure and formula says in words what it shows."""
    found = [
        node
        for node in document.objects
        if isinstance(node, pikepdf.Dictionary) and node.get("/S") in ("/Figure", "/Formula")
    ]
    assert len(found) >= 9
    assert all(str(node.get("/Alt", "")) for node in found)


def test_every_page_says_what_it_belongs_to(pdf: bytes) -> None:
    """Study, month, run, status and the number of the page of all pages stand on every page."""
    pages = pages_of(pdf)
    for number, page in enumerate(pages, start=1):
        assert "REF-NHEFS·2025-03·run1" in page
        assert "STATUS:SEESIGNATURES" in page
        assert f"page{number}of{len(pages)}" in page


def test_the_numbers_of_the_results_are_in_the_text(pdf: bytes) -> None:
    """Estimate, interval, standard errors, counts, balance, digests and references can be found by search."""
    text = text_of(pdf)
    wanted = (
        "3.394 kg", "2.457 to 4.331", "0.468", "0.479", "0.495", "n = 1,629", "0.312", "ICH E9(R1)",
        "Table 14.1.1", "Table 14.2.4", "Figure 14.2.2", "9f" * 32, "run/REF-NHEFS/2025-03/1",
        "Robins JM, Rotnitzky A, Zhao LP", "Lunceford JK, Davidian M", "git checkout run/REF-NHEFS/2025-03/1",
    )  # fmt: skip
    assert [words for words in wanted if tight(words) not in text] == []


def test_the_same_record_gives_the_same_bytes_everywhere(inputs: Any, pdf: bytes, tmp_path: Path) -> None:
    """Another process, folder, home, time zone and locale give the very same report."""
    home = tmp_path / "home of another"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "TZ": "Pacific/Auckland", "LANG": "C",
        "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1", "USER": "another", "PYTHONHASHSEED": "7",
    }  # fmt: skip
    files = json.dumps({name: data.decode() for name, data in inputs.files().items()})
    done = subprocess.run(
        [sys.executable, "-c", RENDER, str(TEMPLATES), "2025-04-01T07:30:00+00:00"],
        cwd=TEMPLATES.parent, env=environment, input=files.encode(), capture_output=True, check=True,
    )  # fmt: skip
    assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(pdf).digest()
    assert list(home.iterdir()) == []


def test_hostile_texts_are_printed_and_never_obeyed(inputs: Any) -> None:
    """Texts that look like Typst, Markdown, Quarto or Python, and Arabic ones, are set as they stand, on an exploratory Letter."""
    study, protocol = inputs.results["study"], inputs.protocol
    study["title"] = " ".join(HOSTILE)
    study["sponsor"] = HOSTILE[0]
    protocol["estimand"]["population"] = " ".join(HOSTILE)
    protocol["estimand"]["variable"] = "تغير الوزن، ثم قياسه"
    protocol["outcome"]["label"] = HOSTILE[1]
    for index, covariate in enumerate(protocol["covariates"]):
        covariate["label"] = HOSTILE[index % len(HOSTILE)]
    inputs.results["cohort"]["criteria"] = [
        {"name": text, "excluded": 0, "remaining": 1566} for text in (*HOSTILE, "中" * 40, "a" * 300)
    ]
    inputs.describe()
    for label, arm in zip(HOSTILE[2:4], inputs.results["cohort"]["arms"].values(), strict=True):
        arm["label"] = label
    inputs.run |= {"status": "exploratory", "paper": "us-letter", "reason": HOSTILE[3]}
    made = inputs.render()
    text = text_of(made)
    assert "root:" not in text
    assert [words for words in HOSTILE[:8] + HOSTILE[9:] if tight(words) not in text] == []
    assert "U+4E2D" in text
    assert all("EXPLORATORY" in page for page in pages_of(made))
    with pikepdf.open(BytesIO(made)) as opened:
        assert [float(side) for side in opened.pages[0].mediabox] == [0, 0, 612, 792]
        assert any("NotoNaskhArabic" in name for page in opened.pages for name in fonts_of(page))


def test_a_large_study_is_rendered_and_long_tables_repeat_their_header(inputs: Any) -> None:
    """Thirty covariates with squares and two dozen subgroups: the header is on each page of the table."""
    label = "History of myocardial infarction or unstable angina before randomisation"
    inputs.protocol["covariates"] = [
        {"column": f"c{index}", "label": f"{label} {index}", "terms": ["linear", "square"]}
        for index in range(30)
    ]
    term = inputs.results["balance"]["terms"][0]
    names = [f"c{index}{power}" for index in range(30) for power in ("", "^2")]
    inputs.results["balance"]["terms"] = [{**term, "term": name} for name in names]
    row = inputs.results["sensitivity"]["supplementary"][0]
    inputs.results["sensitivity"]["supplementary"] = [
        {**row, "name": f"{label}: {index}"} for index in range(24)
    ]
    inputs.results["study"]["design"] = "randomised"
    inputs.run["status"] = "reference"
    pages = pages_of(inputs.render())
    assert sum("Analysisestimand·estimator·variance" in page for page in pages) >= 3
    assert sum("Absolutestandardisedmeandifference" in page and "limit0.1" in page for page in pages) >= 3
    assert any("Inthisrandomisedstudy" in page for page in pages)


def test_twelve_subgroups_have_one_figure(inputs: Any) -> None:
    """Long, accented and right-to-left names and one that is not estimable: nothing is lost, and the table has them too."""
    label = "History of myocardial infarction or unstable angina before randomisation"
    names = [
        *(f"{label}: level {index}" for index in range(9)),
        "Größe: über 1,80 m",
        "שלום עולם: 1",
        "فئة: نساء",
    ]
    supplementary = inputs.results["sensitivity"]["supplementary"]
    row = supplementary[-1]
    inputs.results["sensitivity"]["supplementary"] = supplementary[:5] + [
        {**row, "name": name, "estimand": f"ATE within {name}"} for name in names
    ]
    absent = dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "p_value"))
    inputs.results["sensitivity"]["supplementary"][7] |= absent
    made = inputs.render()
    pages = pages_of(made)
    title = tight("Figure 14.2.3 Subgroups: forest plot")
    shown = [page for page in pages if title in page and "Effect:" in page]
    drawn = "".join(page[page.index(title) :] for page in shown)
    assert [title + tight("(continued)") in page for page in shown] == [False, True][: len(shown)]
    assert [name for name in names[:10] if tight(name) not in drawn] == []
    assert drawn.count("notestimable") == 1
    with pikepdf.open(BytesIO(made)) as opened:
        alternatives = [
            str(node.get("/Alt", "")) for node in opened.objects if isinstance(node, pikepdf.Dictionary)
        ]
    told = next(text for text in alternatives if text.startswith("Forest plot of") and names[8] in text)
    assert f"The analysis “{names[7]}” gives " in told
    assert told.count(" is not estimable.") == 1


def test_without_subgroups_the_section_says_so(inputs: Any) -> None:
    """A protocol without subgroups has the sentence in place of the figure."""
    inputs.results["sensitivity"]["supplementary"] = inputs.results["sensitivity"]["supplementary"][:5]
    text = text_of(inputs.render())
    assert tight("The protocol plans no subgroups.") in text
    assert "Figure14.2.3" not in text


def test_input_of_another_study_gives_no_report(inputs: Any) -> None:
    """The template compares what it is given, and a mismatch names the cell."""
    inputs.results["study"]["id"] = "MED-2024-0147"
    with pytest.raises(ConfigurationError, match="cell 'inputs' failed with WrongSchemaError"):
        inputs.render()


def test_the_template_asks_for_nothing_from_elsewhere() -> None:
    """No file of the template names a package or an address."""
    sources = [path for path in TEMPLATES.rglob("*") if path.suffix in {".typ", ".qmd", ".py"}]
    assert len(sources) > 15
    for path in sources:
        text = path.read_text(encoding="utf-8")
        assert "@preview" not in text
        assert "http" not in text
        assert path.suffix == ".py" or "plugin(" not in text
