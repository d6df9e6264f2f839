"""An origin: the step, function and protocol keys behind the results whose paths a pattern fits."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from medicore.errors import IntegrityError
from medicore.records.results.paths import value_at


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of the results that a pattern fits.

    ``pattern`` is a path in which ``*`` fits any one part and ``**`` at the end fits everything below. ``function``
    is the ``module:name`` of the code that computes the value. ``section`` is the key in the step's own document that
    corresponds to the first part of the path. ``source`` cites where the formula is from.
    """

    pattern: str
    step: str
    function: str
    definition: str
    formula: str = ""
    protocol_keys: tuple[str, ...] = ()
    section: str = ""
    source: str = ""

    def in_document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a step's document arranged like the results, so the same path is valid in both."""
        first = self.pattern.split(".")[0]
        inner = value_at(document, self.section) if self.section else document
        return {first: inner}


def first_parts(origins: Iterable[Origin]) -> frozenset[str]:
    """Return the parts of the results that have origins: the first parts of their paths."""
    return frozenset(origin.pattern.split(".")[0] for origin in origins)


def matching(origins: Iterable[Origin], path: str) -> Origin:
    """Return the first of ``origins`` whose pattern fits a path; raise IntegrityError when none does."""
    first = (path.split(".")[0], "*")
    for origin in origins:
        if origin.pattern.startswith(first) and _matches(origin.pattern, path):
            return origin
    raise IntegrityError(
        f"the origin of {path[:80]!r} is not in the trace table; expected the path of a result; "
        "a path that identifies the run has no origin"
    )


def _matches(pattern: str, path: str) -> bool:
    return _expression(pattern).fullmatch(path) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\.\*\*", r"(\..*)?").replace(r"\*", r"[^.]+"))
