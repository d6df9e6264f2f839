"""Texts and numbers that several pages of the portfolio report use."""

from collections.abc import Mapping, Sequence
from typing import Any

from presentation.portfolio.inputs import report_of
from presentation.writing.numbers import fixed, interval
from presentation.writing.typst import shortened

RELEASED = frozenset({"released", "archived"})
WAITING = "sealed, awaiting approval"
HALTED = "halted, awaiting a decision"
STATE = {
    WAITING: "sealed",
    HALTED: "halted",
}
_MOST_NAMES = 2
_NAME = 32


def state(words: str) -> str:
    """Return a state in one or two words, without what the run waits for."""
    return STATE.get(words, words)


def valid(figures: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the ends of the interval that is valid at every look; None where the look has none, or is of the time before."""
    ends = {f"ci_{end}": figures[f"valid_{end}"] for end in ("low", "high")}
    return None if ends["ci_low"] is None else ends


def valid_interval(figures: Mapping[str, Any]) -> str:
    """Return the interval that is valid at every look; words where the look has none, and the pointwise one in old records."""
    ends = valid(figures)
    if ends is not None:
        return interval(ends, report_of(figures).decimals)
    return pointwise(figures) if figures["claim"] is None else "no valid interval"


def point(figures: Mapping[str, Any]) -> str:
    """Return an estimate alone, as its own report prints it."""
    return fixed(figures["estimate"], report_of(figures).decimals)


def estimate(figures: Mapping[str, Any]) -> str:
    """Return an estimate with the interval that is valid at every look; an older record has the pointwise one alone."""
    return f"{point(figures)} ({valid_interval(figures)})"


def pointwise(figures: Mapping[str, Any]) -> str:
    """Return the pointwise interval by its name."""
    return f"pointwise {interval(figures, report_of(figures).decimals)}"


def measured_in(figures: Mapping[str, Any]) -> str:
    """Return the unit of an estimate, or its measure when it has no unit."""
    return str(figures["unit"] or figures["measure"])


def names(people: Sequence[str], most: int = _MOST_NAMES) -> str:
    """Return the names of people; of a long list, the first names and the number of the others."""
    shown = ", ".join(shortened_name(person) for person in people[:most])
    return shown if len(people) <= most else f"{shown} and {len(people) - most} more"


def waits(study: Mapping[str, Any], most: int = _MOST_NAMES) -> str:
    """Return what a study's month waits for, and who can do it; empty when nothing is left to do."""
    found = study["waits_for"]
    if found is None:
        return ""
    by = f" by {names(found['who'], most)}" if found["who"] else ""
    nobody = (
        " – nobody may give it" if found["what"].startswith(("approval", "a decision", "rejection")) else ""
    )
    return f"waits for {found['what']}{by or nobody}"


def clock(moment: str) -> str:
    """Return a moment of the ledger to the minute."""
    return f"{moment[:10]} {moment[11:16]} UTC"


def shortened_name(person: str) -> str:
    """Return a person's name, shortened for a narrow cell."""
    return shortened(person, _NAME)
