"""Axes: a range that holds the data, tick marks at round values, and positions as shares of the width."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from presentation.writing.numbers import fixed
from presentation.writing.typst import Value


@dataclass(frozen=True, slots=True)
class Axis:
    """A horizontal axis from ``low`` to ``high`` with tick marks ``step`` apart."""

    low: float
    high: float
    step: float

    def at(self, value: float) -> float:
        """Return the position of ``value``, from 0 to 1; a value outside the axis gets the position of the edge."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def holds(self, value: float) -> bool:
        """Return whether ``value`` is on the axis."""
        return self.low <= value <= self.high

    @property
    def decimals(self) -> int:
        """The number of decimals of the tick marks."""
        return max(0, -math.floor(math.log10(self.step) + 1e-9))

    def ticks(self) -> list[dict[str, Value]]:
        """Return position and label of each tick mark."""
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        return [
            {"at": self.at(index * self.step), "words": fixed(index * self.step, self.decimals)}
            for index in range(first, last + 1)
        ]


def spanning(values: Iterable[float], most_ticks: int = 7) -> Axis:
    """Return an axis that holds all finite values and zero, with at most ``most_ticks`` steps."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    if high == low:
        low, high = -1.0, 1.0
    step = _round_step((high - low) / most_ticks)
    margin = 0.04 * (high - low)
    return Axis(
        math.floor((low - margin) / step) * step if low < 0 else 0.0,
        math.ceil((high + margin) / step) * step if high > 0 else 0.0,
        step,
    )


def _round_step(width: float) -> float:
    """Return the smallest of 1, 2 or 5 times a power of ten that is at least ``width``."""
    power: float = 10.0 ** math.floor(math.log10(width))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= width * (1 - 1e-9))
