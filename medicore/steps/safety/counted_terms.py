"""The terms of a harm against those of the delivered events: which no event has, and which events spell otherwise."""

from collections.abc import Iterable, Sequence

import pandas as pd

from medicore.records.delivery.same_form import same_form


def absent(terms: Sequence[str], delivered: Iterable[str]) -> list[str]:
    """Return the terms, each once and in their order, that no delivered event has."""
    found = set(delivered)
    return [term for term in dict.fromkeys(terms) if term not in found]


def respelt(terms: Sequence[str], delivered: pd.Series) -> dict[str, int]:
    """Return, by term, how many delivered events differ from it by blanks, case or Unicode form alone.

    ``delivered`` holds the term of each event, ``(n,)``. A spelling that is a counted term itself is no other one.
    """
    counts = {str(text): int(count) for text, count in delivered.dropna().value_counts().items()}
    forms: dict[str, int] = {}
    for text, count in counts.items():
        if text not in terms:
            forms[same_form(text)] = forms.get(same_form(text), 0) + count
    found = {term: forms.get(same_form(term), 0) for term in dict.fromkeys(terms)}
    return {term: count for term, count in found.items() if count}
