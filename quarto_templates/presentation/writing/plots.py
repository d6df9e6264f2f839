"""Strip plots: one row per label, with marks on a common axis. The love plot and the forest plots are such plots."""

from collections.abc import Sequence
from dataclasses import dataclass

from presentation.writing.axis import Axis
from presentation.writing.typst import Code, Value, call, told_apart

_KEPT_HEIGHT = 190.0  # points; with its heading, less than 40 % of a page
_LABEL_LENGTH = 110
_CHARACTERS_PER_LINE = 26
_LINE_HEIGHT = 10.0


@dataclass(frozen=True, slots=True)
class Strip:
    """A row: label, marks as (value, shape), the span of a line (if it has one), and the texts on the right."""

    label: str
    marks: tuple[tuple[float, str], ...]
    span: tuple[float, float] | None = None
    texts: tuple[str, ...] = ()
    emphasis: bool = False
    apart: bool = False

    def source(self, axis: Axis, label: str) -> dict[str, Value]:
        """Return the row in the form that the template takes; a line that leaves the axis ends in an arrow.

        ``label`` is the row's label as it is printed.
        """
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
            "label": label,
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
) -> Code:
    """Return the call that draws the plot; a long one goes on over pages, with its heads and its axis on each."""
    lines: list[Value] = [{"at": axis.at(value), "kind": kind} for value, kind in guides if axis.holds(value)]
    labels = told_apart([row.label for row in rows], _LABEL_LENGTH)
    return call(
        "strip-plot",
        [row.source(axis, label) for row, label in zip(rows, labels, strict=True)],
        axis.ticks(),
        lines,
        words,
        list(heads),
        label_width=Code(label_width),
        text_widths=[Code(width) for width in text_widths],
        legend=[list(entry) for entry in legend],
    )


def stays_on_a_page(rows: Sequence[Strip]) -> bool:
    """Return whether the rows are so few that the figure may go to the next page whole and leave no page half empty."""
    lines = sum(1 + len(row.label[:_LABEL_LENGTH]) // _CHARACTERS_PER_LINE for row in rows)
    return _LINE_HEIGHT * (lines + len(rows) / 2) < _KEPT_HEIGHT


def _arrow(axis: Axis, value: float) -> str:
    return "left" if value < axis.low else "right"
