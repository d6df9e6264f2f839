"""What only a person can decide is found wherever a draft marks it, and no run is made of a draft."""

import pytest

from medicore.errors import ProtocolError
from medicore.records.protocol.file.undecided import is_draft, require_decided, undecided_places
from medicore.records.protocol.parsing import parse_protocol
from tests.conftest import ROOT

TEXT = (ROOT / "studies" / "REF-NHEFS.yaml").read_text(encoding="utf-8")
MARKED = TEXT.replace("sponsor: ", 'sponsor: "TODO: who pays" # ', 1)


def test_a_decided_protocol_has_no_mark() -> None:
    """A protocol of this repository may be run."""
    protocol = parse_protocol(TEXT, "x")
    assert undecided_places(TEXT, "x") == []
    assert not is_draft(protocol)
    require_decided(protocol)


def test_a_mark_is_found_at_its_line() -> None:
    """The place has its line and key; the protocol is a draft, and its refusal names the key and the command."""
    (place,) = undecided_places(MARKED, "x")
    assert (place.line, place.key) == (MARKED[: MARKED.index("TODO")].count("\n") + 1, "sponsor")
    protocol = parse_protocol(MARKED, "x")
    assert is_draft(protocol)
    with pytest.raises(
        ProtocolError,
        match=r"REF-NHEFS is a draft: sponsor is marked TODO; .*'medicore study check REF-NHEFS'",
    ):
        require_decided(protocol)


def test_marks_in_lists_are_found_and_counted() -> None:
    """A mark in an entry of a list is one too; the further ones are counted; the word within a text is none."""
    marks = '  - "TODO: one"\n  - A TODO list is no mark.\n'
    text = MARKED.replace("limitations:\n", f"limitations:\n{marks}", 1)
    marked = [place.key for place in undecided_places(text, "x")]
    assert marked == ["sponsor", "limitations.0"]
    with pytest.raises(ProtocolError, match="sponsor and 1 more is marked TODO"):
        require_decided(parse_protocol(text, "x"))
