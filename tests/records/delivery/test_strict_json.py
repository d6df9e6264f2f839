"""JSON of other systems becomes texts, or is refused."""

import pytest

from medicore.errors import DataError
from medicore.records.delivery.strict_json import read_json, text_of


def test_numbers_keep_their_spelling() -> None:
    """No number is converted: neither digits nor a size that no machine holds are lost (FAULTS 44)."""
    assert read_json(b'\xef\xbb\xbf[8.30, 1e400, 12345678901234567890, "001", NaN]', "x") == [
        "8.30", "1e400", "12345678901234567890", "001", "NaN",
    ]  # fmt: skip


@pytest.mark.parametrize("data", [b"", b'{"a": 1', b'{"a": 1, "a": 2}', b"\xff", b"[1] [2]", b"[" * 100_000])
def test_what_is_not_one_whole_document_is_refused(data: bytes) -> None:
    """Cut, doubled, undecodable or endlessly nested JSON is an error of ours, which quotes nothing."""
    with pytest.raises(DataError, match=r"^page is malformed or incomplete JSON") as caught:
        read_json(data, "page")
    assert caught.value.__cause__ is None


def test_values_become_texts() -> None:
    """Null is the empty text, truth is spelled as JSON spells it."""
    assert [text_of(value, "x") for value in (None, True, False, "a")] == ["", "true", "false", "a"]
    with pytest.raises(DataError, match="expected flat rows"):
        text_of(["a"], "x")
