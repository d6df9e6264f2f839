"""Linking: a number of a rendition leads where its references say; its words stay as they are."""

from collections.abc import Sequence

from lxml import html

from medicore.records.export.linking import Addresses, linked

PAGE = """<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><body><div class="headline"><p class="soft">Week 12</p>
<p>−1,204.5 kg, p\u00a0&lt;\u00a00.0001, 95\u00a0%<br/>of 3<span class="cited">[<a href="#R3">R3</a>–<a href="#R5">R5</a>,
<a href="#R9">R9</a>]</span></p></div>
<table><tr><th>Arm 2</th><td>7, on 2025-03-31</td><td><code>8</code><span class="cited">[<a href="#R1">R1</a>]</span></td></tr>
<tr><td>4</td></tr></table>
<p>In <a href="#part">section 2</a> 6 of 8, 9 <b>and 10</b><span class="cited"><a href="#R2">R2</a> <a href="#other">x</a></span></p>
<div><span class="cited"><a href="#R7">R7</a></span> 12</div></body></html>"""


def at(reference: str) -> str | None:
    """Return an address for a reference, and none for R9."""
    return None if reference == "R9" else f"/at/{reference}"


def number(text: str, within: Sequence[int]) -> str | None:
    """Return an address that names the number and its references, and none for 9."""
    return None if text == "9" else f"/{text}/{'.'.join(map(str, within))}"


def links(target: str = "") -> list[tuple[str, str, str]]:
    """Return text, address and frame of every link of the page."""
    made = linked(PAGE.encode(), Addresses(at, number, target))
    return [
        (link.text or "", link.get("href"), link.get("target", ""))
        for link in html.document_fromstring(made.decode()).iter("a")
    ]


def test_numbers_beside_references_are_links() -> None:
    """Thousands, signs, bounds and percentages are one number each; dates, headings, code and other rows are none."""
    told = [(text, address) for text, address, _ in links() if not address.startswith(("/at/", "#"))]
    assert told == [
        ("−1,204.5", "/−1,204.5/3.4.5.9"), ("<\u00a00.0001", "/<\u00a00.0001/3.4.5.9"),
        ("95\u00a0%", "/95\u00a0%/3.4.5.9"), ("3", "/3/3.4.5.9"), ("7", "/7/1"), ("6", "/6/2"), ("8", "/8/2"),
        ("10", "/10/2"), ("12", "/12/7"),
    ]  # fmt: skip


def test_references_lead_to_what_they_name() -> None:
    """A reference gets its address; one without an address, and a link to a section, stay as they were."""
    led = {text: address for text, address, _ in links()}
    assert [led[name] for name in ("R1", "R2", "R3", "R5", "R7")] == [
        "/at/R1",
        "/at/R2",
        "/at/R3",
        "/at/R5",
        "/at/R7",
    ]
    assert (led["R9"], led["section 2"]) == ("#R9", "#part")


def test_links_open_where_they_are_told() -> None:
    """Every new link names the frame that it opens in, where there is one."""
    framed = [target for _, address, target in links("panel") if not address.startswith("#")]
    assert set(framed) == {"panel"}
    assert {target for *_, target in links()} == {""}


def test_the_words_stay() -> None:
    """Links alone are added."""
    made = linked(PAGE.encode(), Addresses(at, number)).decode()
    assert html.document_fromstring(made).text_content() == html.document_fromstring(PAGE).text_content()
