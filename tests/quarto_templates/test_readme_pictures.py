"""The pictures in README: what is on them, and how large they are."""

import re
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from examples.pictures import DOTS_PER_INCH, FOLDER, LARGEST, PAGES, last_report, page_of, write
from medicore.stores.report.pdf_text import pages_of, tight
from tests.quarto_templates.conftest import ROOT

A4 = (210, 297)
MILLIMETRES_PER_INCH = 25.4
WITHOUT_POPPLER = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="pdftoppm is missing; apt-get install poppler-utils"
)


def is_a_page(picture: bytes) -> bool:
    """Return whether a picture is a page of A4 at the declared density, small enough for a README."""
    with Image.open(BytesIO(picture)) as opened:
        wanted = [side / MILLIMETRES_PER_INCH * DOTS_PER_INCH for side in A4]
        near = all(abs(found - side) < 2 for found, side in zip(opened.size, wanted, strict=True))
        return opened.format == "PNG" and near and len(picture) <= LARGEST


def test_the_pages_are_those_with_the_exhibits(pdf: bytes) -> None:
    """The pages of synopsis and balance are taken, not those of the contents, which name both exhibits, too."""
    pages = pages_of(pdf)
    assert tight("2 Synopsis") in pages[page_of(pdf, PAGES["synopsis"]) - 1]
    assert (
        tight("11.2 Balance before and after weighting Figure") in pages[page_of(pdf, PAGES["balance"]) - 1]
    )
    with pytest.raises(SystemExit, match="no page has 'Table 99 Nothing'; expected a report of a run"):
        page_of(pdf, "Table 99 Nothing")


@WITHOUT_POPPLER
def test_the_command_draws_whole_pages(pdf: bytes, tmp_path: Path) -> None:
    """Each picture of a report is a whole page, at the declared density and size, and the two differ."""
    written = write(pdf, tmp_path / "pictures")
    assert [path.stem for path in written] == list(PAGES)
    drawn = [path.read_bytes() for path in written]
    assert all(map(is_a_page, drawn))
    assert len(set(drawn)) == len(PAGES)


def test_the_report_of_the_last_run_is_drawn(tmp_path: Path) -> None:
    """Run 10 comes after run 9, an evidence report is none, and an empty folder names the command that fills it."""
    with pytest.raises(
        SystemExit,
        match="no report of MED-2024-0147 in 2025-03 is here; expected the demo's; run 'make demo'",
    ):
        last_report(tmp_path)
    for end in ("9.pdf", "10.pdf", "11.evidence.pdf"):
        (tmp_path / f"MED-2024-0147_2025-03_{end}").touch()
    assert last_report(tmp_path).name == "MED-2024-0147_2025-03_10.pdf"


def test_readme_shows_them() -> None:
    """README shows every picture of the command, each with a text in its place, and each is a page."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r'<img src="docs/pictures/(\w+)\.png" width="49%" alt="([^"]{30,})">', text)
    assert [name for name, _ in shown] == list(PAGES)
    assert all(is_a_page((FOLDER / f"{name}.png").read_bytes()) for name in PAGES)
