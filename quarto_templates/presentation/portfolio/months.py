"""Estimates over the months: one small figure per study, with different marks for released and sealed runs."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from presentation.portfolio.inputs import Portfolio
from presentation.portfolio.words import estimate, measured_in, valid
from presentation.writing.axis import Axis, spanning
from presentation.writing.exhibits import figure
from presentation.writing.numbers import plural
from presentation.writing.typst import Code, Value, block, call, shortened

_TICKS = 5
_MONTHS = 12
_UNIT = 55


def introduction(portfolio: Portfolio) -> str:
    """Return the explanation of the figures, with their key."""
    words = (
        f"Point estimates with the intervals that are valid at every look, up to the last {_MONTHS} months to "
        f"{portfolio.contents['month']}; the heavy line is no effect. Each figure has a scale of its own, and months "
        "that ask another question (estimand, measure or unit) than the latest one shown are left out."
    )
    return block(
        call("lead", words),
        call("key", [["dot", "released"], ["ring", "sealed, not yet approved"]]),
    )


def plots(portfolio: Portfolio) -> str:
    """Return the figures from 3.1 on, two per row, for the studies with an estimate in these months."""
    drawn = [study for study in portfolio.studies if study["months"]]
    missing = ", ".join(study["study"] for study in portfolio.studies if not study["months"])
    calls = []
    if drawn:
        calls.append(
            call(
                "side-by-side", *(_figure(portfolio, number, study) for number, study in enumerate(drawn, 1))
            )
        )
    if missing:
        calls.append(call("para", f"Without an estimate in these months: {missing}."))
    return block(*calls)


def comparable(series: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the months with the same question as the latest one: the same estimand, measure and unit."""
    last = series[-1]
    return [
        month for month in series if all(month[key] == last[key] for key in ("estimand", "measure", "unit"))
    ]


def _figure(portfolio: Portfolio, number: int, study: Mapping[str, Any]) -> Code:
    series = comparable(study["months"])
    ends = [pair for month in series if (pair := _ends(month)) is not None]
    null = series[-1]["null"] or 0.0
    shifted = spanning(
        [value - null for pair in ends for value in pair]
        + [float(month["estimate"]) - null for month in series],
        _TICKS,
    )
    axis = Axis(shifted.low + null, shifted.high + null, shifted.step)
    marks = _marks(axis, series, portfolio.contents["month"])
    measured = shortened(measured_in(series[-1]), _UNIT)
    told = "; ".join(
        f"{month['month']}, {'released' if month['released'] else 'sealed'}: {estimate(month)}"
        for month in series
    )
    alternative = f"{study['study']}, {measured}: {plural(len(series), 'month')}. {told}."
    zero: Value = axis.at(null)
    body = call("month-plot", marks, axis.ticks(), zero, measured)
    return figure(f"3.{number}", study["study"], alternative, body)


def _ends(month: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the ends of a month's interval, the valid one where it is known; None where it is missing or unbounded."""
    ends = valid(month) or month
    if ends["ci_low"] is None or ends["ci_high"] is None:
        return None
    low, high = float(ends["ci_low"]), float(ends["ci_high"])
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def _marks(axis: Axis, series: Sequence[Mapping[str, Any]], last: str) -> list[Value]:
    """Return a mark for each month from the first with an estimate to the report's month; a gap has no mark."""
    known = {month["month"]: month for month in series}
    year, index = map(int, min(known).split("-"))
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
