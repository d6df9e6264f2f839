"""The figures of a rendition as files: each whole, named, and well-formed for other programs."""

import pytest
from lxml import etree

from medicore.errors import ConfigurationError
from medicore.stores.report.figures import figures_of

RUN = "REF-NHEFS/2025-03/1"
_SVG = "{http://www.w3.org/2000/svg}"
PAGE = (
    '<p>before</p><div class="formula"><svg viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg"></svg></div>'
    '<figure class="exhibit" id="figure-14-2-1"><figcaption><strong>Figure 14.2.1</strong> A &#x26; <bdi>ש</bdi>'
    '</figcaption><svg viewBox="0 0 454 267.528" xmlns="http://www.w3.org/2000/svg" aria-label="<bdi>ש</bdi> &#x3c; 2">'
    '<path d="M 0 0"/>{more}</svg><p class="note">n</p></figure>'
    '<figure class="exhibit" id="figure-2-1"><figcaption>Figure 2.1</figcaption>'
    '<svg viewBox="0 0 1 2" xmlns="http://www.w3.org/2000/svg"><g/></svg></figure>'
)


def test_each_figure_is_a_file() -> None:
    """A file a figure, formulas left out; the drawing is unchanged and has its size, its title and its description."""
    made = figures_of(PAGE.format(more="").encode(), RUN)
    assert list(made) == ["figure_14.2.1.svg", "figure_2.1.svg"]
    root = etree.fromstring(made["figure_14.2.1.svg"])
    assert (root.tag, root.get("width"), root.get("height")) == (f"{_SVG}svg", "454pt", "267.528pt")
    assert root.get("aria-label") == "ש < 2"
    assert root.findtext(f"{_SVG}title") == f"Figure 14.2.1 A & ש ({RUN})"
    assert [one.tag for one in root] == [f"{_SVG}title", f"{_SVG}path"]


def test_a_figure_that_other_programs_cannot_read_is_refused() -> None:
    """A drawing that only a browser would take is not handed over; the refusal names the figure."""
    with pytest.raises(
        ConfigurationError, match=r"figure 14\.2\.1 of REF-NHEFS/2025-03/1 is no well-formed SVG"
    ):
        figures_of(PAGE.format(more="<g>").encode(), RUN)
