"""The counted terms against the delivered ones: which no event has, and which are spelt otherwise."""

import pandas as pd

from medicore.steps.safety.counted_terms import absent, respelt


def test_a_term_that_no_event_has_is_told_once() -> None:
    """Terms come in their order, each once, and an exact text alone is an event with it."""
    assert absent(("Rash", "Itch", "Zoster", "Itch"), ["Rash", "itch"]) == ["Itch", "Zoster"]
    assert absent((), ["Rash"]) == []


def test_other_spellings_are_counted_by_term() -> None:
    """Case, blanks and Unicode form make no other term; another counted term is none, and a missing one is left out."""
    delivered = pd.Series(["Rash", "RASH", "ra sh", "Ｒash", "Itch", None, "Zoster"], dtype="str")
    assert respelt(("Rash", "Itch"), delivered) == {"Rash": 3}
    assert respelt(("Rash", "RASH"), delivered) == {"Rash": 2, "RASH": 2}
    assert respelt(("Syncope",), delivered) == {}
