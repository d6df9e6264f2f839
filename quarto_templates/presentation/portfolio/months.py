"""Estimates over the months: one figure with a panel per study, and a table of the studies with too few months to draw."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presentation.portfolio.inputs import Portfolio
from presentation.portfolio.words import estimate, measured_in, point, pointwise, valid, valid_interval
from presentation.writing.axis import Axis, spanning
from presentation.writing.exhibits import Column, Row, figure, table
from presentation.writing.numbers import level, p_value, plural
from presentation.writing.typst import Code, Value, block, call, shortened

_TICKS = 5
_MONTHS = 12
_LEAST = 3
_UNIT = 34
_KEY = (("dot", "released"), ("ring", "sealed, not yet approved"), ("limit", "smallest relevant difference"))
_PANELS_KEPT_TOGETHER = 8


@dataclass(frozen=True, slots=True)
class _Series:
    """The months of a study that ask the question of its latest one."""

    study: str
    months: Sequence[Mapping[str, Any]]

    @property
    def last(self) -> Mapping[str, Any]:
        return self.months[-1]

    @property
    def asks(self) -> str:
        """What is measured, and which direction is better."""
        better = self.last["protocol"]["outcome"].get("better")
        return shortened(measured_in(self.last), _UNIT) + (f"; {better} is better" if better else "")

    @property
    def relevant(self) -> float | None:
        """The place of the smallest relevant difference, on the side of benefit; None for a ratio or where none is declared."""
        outcome = self.last["protocol"]["outcome"]
        size, better = outcome.get("relevant"), outcome.get("better")
        if size is None or better is None or self.last["scale"] == "logarithm":
            return None
        return self.null + (float(size) if better == "higher" else -float(size))

    @property
    def null(self) -> float:
        return float(self.last["null"] or 0.0)


def introduction(portfolio: Portfolio) -> str:
    """Return what the exhibits of the section show."""
    last = portfolio.contents["month"]
    shown = (
        f"Estimates with the intervals that are valid at every look, up to the last {_MONTHS} months to {last}. Months "
        "that ask another question (estimand, measure or unit) than the study's latest one are left out."
    )
    if not _drawn(portfolio):
        return block(
            call(
                "lead", f"{shown} A study is drawn from its month {_LEAST} on; until then it is in the table."
            )
        )
    drawn = (
        f" Studies with at least {_LEAST} such months are drawn, each on a scale of its own: the heavy line is no effect, the "
        "dashed one the smallest relevant difference that the protocol declares."
    )
    return block(call("lead", shown + drawn))


def panels(portfolio: Portfolio) -> str:
    """Return Figure 3.1, a panel for each study with at least three months; nothing where no study has so many."""
    drawn = _drawn(portfolio)
    if not drawn:
        return ""
    first = min(str(series.months[0]["month"]) for series in drawn)
    body = call("month-panels", [_panel(portfolio, series, first) for series in drawn], _KEY)
    alternative = (
        f"One panel per study, estimates by month from {first} to {portfolio.contents['month']}. "
        f"{' '.join(map(_in_words, drawn))}"
    )
    whole = len(drawn) <= _PANELS_KEPT_TOGETHER
    source = "primary, monitoring"
    return block(
        figure("3.1", "Estimates by month, a panel per study", alternative, body, whole=whole, source=source)
    )


def short_series(portfolio: Portfolio) -> str:
    """Return Table 3.1, the months of the studies with too few to draw, and the names of those that have none."""
    parts = [_table(few)] if (few := _few(portfolio)) else []
    missing = ", ".join(study["study"] for study in portfolio.studies if not study["months"])
    if missing:
        parts.append(call("para", f"Without an estimate in these months: {missing}."))
    return block(*parts)


def comparable(series: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the months with the same question as the latest one: the same estimand, measure and unit."""
    last = series[-1]
    return [
        month for month in series if all(month[key] == last[key] for key in ("estimand", "measure", "unit"))
    ]


def _all(portfolio: Portfolio) -> list[_Series]:
    return [_Series(one["study"], comparable(one["months"])) for one in portfolio.studies if one["months"]]


def _drawn(portfolio: Portfolio) -> list[_Series]:
    return [series for series in _all(portfolio) if len(series.months) >= _LEAST]


def _few(portfolio: Portfolio) -> list[_Series]:
    return [series for series in _all(portfolio) if len(series.months) < _LEAST]


def _table(few: Sequence[_Series]) -> Code:
    columns = (
        Column(("Study",), "left", "1fr"),
        Column(("Month",), "left"),
        Column(("State",), "left"),
        Column(("Estimate",)),
        Column(("Interval valid", "at every look")),
        Column(("Interval of", "one look alone")),
        Column(("p", "sequential")),
    )
    rows = [
        Row((call("analysis-name", series.study, series.asks), *_cells(month)))
        for series in few
        for month in series.months
    ]
    found = sorted({month["level"] for series in few for month in series.months})
    note = f"Level of the intervals: {' or '.join(map(level, found))}."
    title = f"Studies with fewer than {_LEAST} months of estimates"
    return table("3.1", title, columns, rows, note=note, source="primary, monitoring")


def _cells(month: Mapping[str, Any]) -> tuple[str, ...]:
    claim = month["claim"]
    return (
        month["month"],
        "released" if month["released"] else "sealed",
        point(month),
        "not known" if claim is None else valid_interval(month),
        pointwise(month).removeprefix("pointwise "),
        p_value(None if claim is None else claim["sequential_p"]),
    )


def _in_words(series: _Series) -> str:
    """Return a panel in words: what is measured, and each month's estimate."""
    told = "; ".join(
        f"{month['month']}, {'released' if month['released'] else 'sealed'}: {estimate(month)}"
        for month in series.months
    )
    return f"{series.study}, {series.asks}, {plural(len(series.months), 'month')}: {told}."


def _panel(portfolio: Portfolio, series: _Series, first: str) -> dict[str, Value]:
    ends = [value for month in series.months for value in _ends(month) or ()]
    values = [*ends, *(float(month["estimate"]) for month in series.months)]
    relevant = series.relevant
    if relevant is not None:
        values.append(relevant)
    shifted = spanning([value - series.null for value in values], _TICKS)
    axis = Axis(shifted.low + series.null, shifted.high + series.null, shifted.step)
    return {
        "name": series.study,
        "unit": series.asks,
        "marks": _marks(axis, series.months, first, portfolio.contents["month"]),
        "levels": axis.ticks(),
        "zero": axis.at(series.null),
        "limit": None if relevant is None else axis.at(relevant),
    }


def _ends(month: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the ends of a month's bar: the valid interval, an old record's pointwise one; None where it has no bound."""
    ends = valid(month)
    if ends is None and month["claim"] is None:
        ends = dict(month)
    if ends is None or ends["ci_low"] is None or ends["ci_high"] is None:
        return None
    low, high = float(ends["ci_low"]), float(ends["ci_high"])
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def _marks(axis: Axis, series: Sequence[Mapping[str, Any]], first: str, last: str) -> list[Value]:
    """Return a mark for each month from ``first`` to ``last``, the same for all panels; a gap has no mark."""
    known = {month["month"]: month for month in series}
    year, index = map(int, first.split("-"))
    end_year, end_index = map(int, last.split("-"))
    made: list[Value] = []
    for ordinal in range(12 * year + index - 1, 12 * end_year + end_index):
        shown_year, shown = divmod(ordinal, 12)
        found = known.get(f"{shown_year:04d}-{shown + 1:02d}")
        ends = None if found is None else _ends(found)
        at = 0.0 if found is None else axis.at(float(found["estimate"]))
        mark: dict[str, Value] = {
            "words": f"{shown + 1:02d}",
            "year": str(shown_year) if not made or shown == 0 else None,
            "shape": None if found is None else "dot" if found["released"] else "ring",
            "at": at,
            "low": at if ends is None else axis.at(ends[0]),
            "high": at if ends is None else axis.at(ends[1]),
        }
        made.append(mark)
    return made
