"""The page of a bundle: every origin is in it, nothing runs in it, and whatever people wrote is text."""

from lxml import html

from medicore.records.export.page import Entry, page_without_report, with_origins, with_trail
from medicore.records.ledger.ledger import LedgerEvent

EVIL = "<script>alert(1)</script>&\"'"
CODES = {"x.py:1": EVIL}
REPORT = b"<!DOCTYPE html><html><head><title>R</title></head><body><a href='#origin-0'>3.37</a></body></html>"


def entry(value: object) -> Entry:
    """Return an entry whose every text is hostile."""
    return Entry("primary." + EVIL, value, EVIL, EVIL, "", EVIL, "x.py:1", {EVIL: EVIL}, {EVIL: "ab"})


def text_of(page: bytes) -> str:
    """Return the words of a page."""
    return str(html.document_fromstring(page.decode()).text_content())


def test_an_entry_says_all_that_is_recorded() -> None:
    """Value with all digits, definition, formula, step, place of the code, protocol, inputs and code are there; gaps are left out."""
    made = with_origins(REPORT, "S-1/2025-03/1", "c" * 40, [entry(3.3731234567890123)], CODES)
    said = text_of(made)
    for part in (
        "3.373123456789012",
        "Computed by x.py:1",
        "x.py:1 of commit " + "c" * 40,
        "SHA-256 ab",
        EVIL,
        "medicore explain S-1/2025-03/1 primary.",
    ):
        assert part in said
    assert "Source" not in said
    assert html.document_fromstring(made.decode()).get_element_by_id("origin-0") is not None


def test_cells_of_a_section_are_listed_up_to_a_limit() -> None:
    """A section shows its cells with their paths; of very many the rest is counted."""
    said = text_of(with_origins(REPORT, "S", "c", [entry({"a": [1, 2.5, None]}), entry([0.5] * 70)], CODES))
    assert "a.1" in said
    assert "2.5" in said
    assert "and 10 more in record/results.json" in said


def test_nothing_in_the_page_runs() -> None:
    """The policy forbids scripts and addresses outside, and no text of anybody becomes markup."""
    event = LedgerEvent(1, "2025-01-01T00:00:00Z", EVIL, EVIL, EVIL, EVIL, EVIL, {"envelope": "x"}, "p", "d")
    made = with_trail(
        with_origins(REPORT, EVIL, EVIL, [entry({EVIL: EVIL})], CODES), {EVIL: EVIL}, [event, event]
    )
    for page in (made, page_without_report(EVIL, EVIL)):
        assert b"<script" not in page
    assert b"default-src 'none'" in made
    led = [
        place.get("href") or place.get("src")
        for place in html.document_fromstring(made.decode()).xpath("//*[@href or @src]")
    ]
    assert {place[0] for place in led} == {"#"}
    assert made.endswith(b"</body></html>")


def test_the_trail_says_what_was_signed() -> None:
    """Each event has its number, time, action, person and reason; one with a signature says so."""
    event = LedgerEvent(
        7,
        "2025-01-01T00:00:00Z",
        "rita",
        "reviewer",
        "decision.signed",
        "S",
        "Sound",
        {"envelope": "x"},
        "p",
        "d",
    )
    other = LedgerEvent(
        8, "2025-01-02T00:00:00Z", "medicore", "service", "run.released", "S", "", {}, "p", "d"
    )
    rows = html.document_fromstring(
        with_trail(REPORT, {"record_commit": "abc"}, [event, other]).decode()
    ).xpath("//tbody/tr")
    assert [cell.text_content() for cell in rows[0]] == [
        "7", "2025-01-01T00:00:00Z", "decision.signed", "rita (reviewer)", "Sound", "signed",
    ]  # fmt: skip
    assert rows[1][5].text_content() == ""
    assert "record commit" in text_of(with_trail(REPORT, {"record_commit": "abc"}, []))
