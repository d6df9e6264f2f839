"""Sections give what is stored under a key when it has the type that is wanted, and refuse it otherwise."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import IntegrityError
from medicore.records.section import Section

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)

READINGS: dict[str, tuple[Callable[[Section], object], Callable[[Any], bool]]] = {
    "text": (lambda s: s.text("key"), lambda v: isinstance(v, str)),
    "whole number": (lambda s: s.count("key"), lambda v: type(v) is int),
    "number": (lambda s: s.number("key"), lambda v: type(v) in {int, float}),
    "true or false": (lambda s: s.flag("key"), lambda v: isinstance(v, bool)),
    "section": (lambda s: s.part("key").values, lambda v: isinstance(v, dict)),
    "list of sections": (
        lambda s: [part.values for part in s.parts("key")],
        lambda v: isinstance(v, list) and all(isinstance(item, dict) for item in v),
    ),
}


def section(**values: Any) -> Section:
    """Return a section that holds ``values``."""
    return Section("ledger event 7 (run.sealed)", values, "run 'medicore ledger verify'")


@pytest.mark.parametrize("kind", READINGS)
@given(value=JSON)
def test_a_value_is_given_as_it_is_or_refused(kind: str, value: Any) -> None:
    """A reading gives the stored value itself when it has the type, and refuses every other value."""
    read, fits = READINGS[kind]
    if fits(value):
        found = read(section(key=value))
        assert found == value
        assert type(found) is type(value)
    else:
        with pytest.raises(IntegrityError, match=f"has no {kind} 'key'"):
            read(section(key=value))


@pytest.mark.parametrize("kind", READINGS)
def test_a_missing_key_is_named_without_what_is_stored(kind: str) -> None:
    """The message says where, what was expected and what to do, and shows nothing of what is stored."""
    expected = (
        f"ledger event 7 (run.sealed) has no {kind} 'key'; expected the one that was recorded; "
        "run 'medicore ledger verify'"
    )
    with pytest.raises(IntegrityError, match=f"^{re.escape(expected)}$"):
        READINGS[kind][0](section(other="a value"))


@pytest.mark.parametrize("missing", [{}, {"key": None}])
def test_what_may_be_missing_is_none(missing: dict[str, None]) -> None:
    """An optional text or number is None where the key is missing or null; zero and an empty text are there."""
    assert not section(**missing).has("key")
    assert section(**missing).text_or_none("key") is None
    assert section(**missing).number_or_none("key") is None
    assert section(key="").text_or_none("key") == ""
    assert section(key=0).number_or_none("key") == 0


def test_an_optional_value_of_another_type_is_refused() -> None:
    """What may be missing may still not be something else."""
    with pytest.raises(IntegrityError, match="no text 'key'"):
        section(key=1).text_or_none("key")
    with pytest.raises(IntegrityError, match="no number 'key'"):
        section(key="1").number_or_none("key")


def test_parts_say_where_they_stand() -> None:
    """A message about something inside names the way to it, and a place in a list by its number."""
    with pytest.raises(IntegrityError, match=r"\(run\.sealed\), findings 2 has no text 'gate'"):
        section(findings=[{"gate": "SMD"}, {}]).parts("findings")[1].text("gate")
    with pytest.raises(IntegrityError, match=r"\(run\.sealed\), files has no text 'b'"):
        section(files={"a": "1", "b": 2}).texts("files")


def test_texts_and_content_are_given() -> None:
    """A mapping of texts is given whole, and bytes as they were before they became base64."""
    assert section(files={"a": "1", "b": "2"}).texts("files") == {"a": "1", "b": "2"}
    assert section(envelope="c2lnbmVk").content("envelope") == b"signed"
    with pytest.raises(IntegrityError, match="no base64 'envelope'"):
        section(envelope="c").content("envelope")
