"""Estimates over the months: one small figure per study, with different marks for released and sealed runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from presentation.portfolio.inputs import Portfolio
from presentation.portfolio.words import estimate, measured_in
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
        f"Point estimates with their intervals, up to the last {_MONTHS} months to "
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
    ends = [(month["ci_low"], month["ci_high"]) for month in series]
    null = series[-1]["null"] or 0.0
    shifted = spanning(
        [float(value) - null for pair in ends for value in pair if value is not None]
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


def _marks(axis: Axis, series: Sequence[Mapping[str, Any]], last: str) -> list[Value]:
    """Return a mark for each month from the first with an estimate to the report's month; a gap has no mark."""
    known = {month["month"]: month for month in series}
    year, index = map(int, min(known).split("-"))
    end_year, end_index = map(int, last.split("-"))
    made: list[Value] = []
    for ordinal in range(12 * year + index - 1, 12 * end_year + end_index):
        shown_year, shown = divmod(ordinal, 12)
        found = known.get(f"{shown_year:04d}-{shown + 1:02d}")
        at = 0.0 if found is None else axis.at(float(found["estimate"]))
        mark: dict[str, Value] = {
            "words": f"{shown + 1:02d}",
            "year": str(shown_year) if not made or shown == 0 else None,
            "shape": None if found is None else "dot" if found["released"] else "ring",
            "at": at,
            "low": at if found is None or found["ci_low"] is None else axis.at(float(found["ci_low"])),
            "high": at if found is None or found["ci_high"] is None else axis.at(float(found["ci_high"])),
        }
        made.append(mark)
    return made
