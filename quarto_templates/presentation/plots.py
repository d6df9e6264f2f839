"""Strip plots: one row per label with marks on a common axis. The love plot and the forest plots."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from presentation.axis import Axis
from presentation.typst import Code, Value, call, shortened

_PANEL_HEIGHT = 510.0  # points: a panel fits on a page of either size
_LABEL_LENGTH = 110
_CHARACTERS_PER_LINE = 34
_LINE_HEIGHT = 10.0


@dataclass(frozen=True, slots=True)
class Strip:
    """A row: label, marks as (value, shape), the span of a line if any, and the texts to the right."""

    label: str
    marks: tuple[tuple[float, str], ...]
    span: tuple[float, float] | None = None
    texts: tuple[str, ...] = ()
    emphasis: bool = False
    apart: bool = False

    def source(self, axis: Axis) -> dict[str, Value]:
        """Return the row as the template takes it; what lies beyond the axis ends in an arrow."""
        marks: list[Value] = [
            {"at": axis.at(value), "shape": shape if axis.holds(value) else _arrow(axis, value)}
            for value, shape in self.marks
        ]
        ends = [axis.at(value) for value in self.span] if self.span else []
        if self.span:
            marks += [
                {"at": axis.at(value), "shape": _arrow(axis, value)}
                for value in self.span
                if not axis.holds(value)
            ]
        return {
            "label": shortened(self.label, _LABEL_LENGTH),
            "marks": marks,
            "span": ends,
            "texts": self.texts,
            "emphasis": self.emphasis,
            "apart": self.apart,
        }


def strip_plot(
    rows: Sequence[Strip],
    axis: Axis,
    words: str,
    *,
    guides: Sequence[tuple[float, str]],
    heads: Sequence[str] = (),
    text_widths: Sequence[str] = (),
    label_width: str = "44mm",
    legend: Sequence[tuple[str, str]] = (),
) -> tuple[Code, ...]:
    """Return the panels of a plot, each short enough for a page."""
    lines: list[Value] = [{"at": axis.at(value), "kind": kind} for value, kind in guides if axis.holds(value)]
    return tuple(
        call(
            "strip-plot",
            [row.source(axis) for row in panel],
            axis.ticks(),
            lines,
            words,
            list(heads),
            label_width=Code(label_width),
            text_widths=[Code(width) for width in text_widths],
            legend=[list(entry) for entry in legend],
        )
        for panel in _panels(rows)
    )


def _panels(rows: Sequence[Strip]) -> Iterator[Sequence[Strip]]:
    """Yield the rows in panels of about the same height; labels on several lines count as such."""
    heights = [
        3 + _LINE_HEIGHT * (1 + len(row.label[:_LABEL_LENGTH]) // _CHARACTERS_PER_LINE) for row in rows
    ]
    total = sum(heights)
    share = total / max(1, math.ceil(total / _PANEL_HEIGHT))
    above = [sum(heights[:index]) for index in range(len(heights))]
    for _, panel in itertools.groupby(zip(above, rows, strict=True), key=lambda pair: int(pair[0] / share)):
        yield [row for _, row in panel]


def _arrow(axis: Axis, value: float) -> str:
    return "left" if value < axis.low else "right"
