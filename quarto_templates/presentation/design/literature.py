"""literature: section 15, the works that the texts of this report cite."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from presentation.design import checklist, methods_text
from presentation.sections import (
    adverse_events,
    controls,
    flexible,
    harms,
    hypotheses,
    methods,
    monitoring,
    randomised,
    terms,
    visits,
)
from presentation.writing.inputs import Report
from presentation.writing.typst import Block, Call, Joined, Words, block, call

_WORKS = Path(__file__).with_name("works.txt")
_ALWAYS = "every report"
_NAMED = frozenset({"TARGET 2025", "CONSORT 2025", "STROBE", "Empirical equipoise"})
_DATED = re.compile(r"(.+) ((?:19|20)\d\d)")
_BETWEEN = r"[^();]{0,70}?\(?"
_ENTRY = re.compile(r"([^*]*)(?:\*([^*]*)\*)?(.*)")
LATER = (
    methods.primary_estimator, randomised.method, terms.method, methods.propensity_score, methods_text.score_fitted,
    methods.influence_error, methods_text.errors, monitoring.method, harms.method, adverse_events.method, controls.method,
    hypotheses.method, flexible.method, visits.method, methods_text.others, methods.balance_measures, checklist.items,
)  # fmt: skip
"""The cells below section 15 whose texts cite works."""


def works() -> list[tuple[str, str]]:
    """Return each work in order: how texts cite it, and its entry, in which the title of a journal or book stands between stars.

    Texts cite the first author and the year, or a guideline by its name. Some works are cited by words that every report has.
    """
    lines = _WORKS.read_text(encoding="utf-8").splitlines()
    return [(key, entry) for key, _, entry in (line.partition(" | ") for line in lines)]


def cites(text: str, key: str) -> bool:
    """Return whether a text cites a work."""
    dated = _DATED.fullmatch(key)
    if dated is None or key in _NAMED:
        return key == _ALWAYS or key in text
    return re.search(rf"\b{re.escape(dated[1])}\b{_BETWEEN}\b{dated[2]}\b", text) is not None


def cited(report: Report) -> str:
    """Return the list of the works that the cells before this one and those of the appendix cite."""
    after = [made for cell in LATER for made in [cell(report)] if isinstance(made, Block)]
    text = "\n".join(_texts([*report.printed, *after]))
    listed = [_ENTRY.fullmatch(entry) for key, entry in works() if cites(text, key)]
    return block(
        call("literature", [[part or "" for part in one.groups()] for one in listed if one is not None])
    )


def _texts(made: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a call
    """Yield all words of blocks and calls."""
    if isinstance(made, Block):
        yield from _texts(made.calls)
    elif isinstance(made, Words):
        yield made.words
    elif isinstance(made, Call):
        yield from _texts((made.arguments, made.named))
    elif isinstance(made, Joined):
        yield from _texts(made.parts)
    elif isinstance(made, str):
        yield made
    elif isinstance(made, Mapping):
        yield from _texts(list(made.values()))
    elif isinstance(made, list | tuple):
        for part in made:
            yield from _texts(part)
