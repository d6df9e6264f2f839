"""Waterfall: how the parts of a change lead from one estimate to the next, drawn from left to right."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, EDGE, ROW = 320.0, 6.0, 26.0
_THIN = 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the drawing: an estimate, or what one part adds to it; in pixels from the upper left."""

    name: str
    value: float
    left: float
    width: float
    top: float
    kind: str


def waterfall(
    first: tuple[str, float], steps: Sequence[tuple[str, float]], last: tuple[str, float]
) -> tuple[Bar, ...]:
    """Return the rows from the first estimate over what each part adds to the last estimate."""
    levels = [first[1]]
    for _, value in steps:
        levels.append(levels[-1] + value)
    low, high = min(*levels, last[1]), max(*levels, last[1])
    scale = (WIDTH - 2 * EDGE) / ((high - low) or 1.0)

    def place(level: float) -> float:
        return EDGE + (level - low) * scale

    def bar(row: int, name: str, value: float, ends: tuple[float, float], kind: str) -> Bar:
        left, right = sorted(map(place, ends))
        return Bar(name, value, round(left, 2), round(max(right - left, _THIN), 2), row * ROW, kind)

    rows = [bar(0, *first, (first[1], first[1]), "whole")]
    for row, (name, value) in enumerate(steps, start=1):
        kind = "more" if value > 0 else "less" if value < 0 else "none"
        rows.append(bar(row, name, value, (levels[row - 1], levels[row]), kind))
    rows.append(bar(len(rows), *last, (last[1], last[1]), "whole"))
    return tuple(rows)
