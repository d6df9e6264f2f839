"""Sparkline: a study's estimates over its months, each with the interval that is valid at every look."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT, EDGE = 120.0, 32.0, 4.0
LONGEST = 36
"""So many months are drawn; more could not be told apart."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A month in the drawing: where it stands, how far its interval goes, and whether it is the one that is shown."""

    run: str
    x: float
    y: float
    low: float
    high: float
    shown: bool


def sparkline(lines: Sequence[Mapping[str, Any]], shown: str) -> tuple[Mark, ...]:
    """Return the marks of a study's months, in pixels from the upper left; none for fewer than two estimates.

    Of many months those that end with the one ``shown`` are drawn.
    """
    place = next((place for place, line in enumerate(lines, start=1) if line["run"] == shown), len(lines))
    first = max(0, place - LONGEST)
    held = [line for line in lines[first : first + LONGEST] if isinstance(line["estimate"], float)]
    if len(held) < 2:
        return ()
    spans = [(line["estimate"], *_interval(line)) for line in held]
    low, high = min(span[1] for span in spans), max(span[2] for span in spans)
    height = (high - low) or 1.0
    step = (WIDTH - 2 * EDGE) / (len(held) - 1)

    def level(value: float) -> float:
        return round(HEIGHT - EDGE - (value - low) / height * (HEIGHT - 2 * EDGE), 2)

    return tuple(
        Mark(
            line["run"],
            round(EDGE + place * step, 2),
            level(estimate),
            level(lower),
            level(upper),
            line["run"] == shown,
        )
        for place, (line, (estimate, lower, upper)) in enumerate(zip(held, spans, strict=True))
    )


def _interval(line: Mapping[str, Any]) -> tuple[float, float]:
    """Return the interval that is valid at every look, the pointwise one where there is none that ends, else the estimate."""
    for low, high in ((line["valid_low"], line["valid_high"]), (line["ci_low"], line["ci_high"])):
        if isinstance(low, float) and isinstance(high, float) and math.isfinite(low) and math.isfinite(high):
            return low, high
    return line["estimate"], line["estimate"]
