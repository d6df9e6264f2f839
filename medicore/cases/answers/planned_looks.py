"""The cost of a design of repeated looks: boundaries, levels and multiples of the standard error, before any data."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import ndtri

from medicore.errors import EstimationError
from medicore.stats.monitoring.boundaries import AlphaSpending, looks
from medicore.stats.monitoring.confidence_sequence import ConfidenceSequence
from medicore.stats.monitoring.crossing import crossing_probabilities
from medicore.stats.monitoring.lower_bounds import futility_bounds, harm_looks
from medicore.stats.monitoring.maxsprt_binomial import binomial_critical_value
from medicore.stats.monitoring.maxsprt_poisson import (
    poisson_critical_value,
    poisson_group_critical_value,
    poisson_signal_count,
)
from medicore.stats.monitoring.spending import Sides


def planned_spending(
    design: AlphaSpending,
    fractions: Sequence[float],
    *,
    harm: float | None = None,
    futility: float | None = None,
    drift: float | None = None,
) -> dict[str, Any]:
    """Return the looks of alpha spending at information fractions.

    ``harm`` is the level of a bound for harm and ``futility`` the share of studies with the effect ``drift`` that may
    be stopped for futility; both are spent by the design's own function and do not bind. With a drift, the mean of z
    at the maximum, each look has the probability that efficacy was found by then. A bound that does not exist is
    None. A ``kept`` look has no new information; it has the fraction and boundary of the look before. Raises
    EstimationError for bounds of a two-sided design, futility without a drift, and as ``looks`` does.
    """
    if design.sides == 2 and (harm is not None or futility is not None):
        raise EstimationError(
            "a two-sided design has bounds for harm or futility; expected one side, for the lower boundary of two is one "
            "of harm; use --sides 1, or leave the bound out"
        )
    if futility is not None and drift is None:
        raise EstimationError(
            "a bound for futility has no drift; expected the mean of z at the maximum under the planned effect; add --drift"
        )
    found = looks(design, fractions)
    upper = [look.critical_value for look in found]
    rows: list[dict[str, Any]] = [
        {
            "look": number,
            "kept": look.kept,
            "information_fraction": look.fraction,
            "lower": _bound(design.lower(look.critical_value)),
            "upper": _bound(look.critical_value),
            "nominal_level": look.nominal_level,
            "level_spent_here": look.spent - before,
            "level_spent": look.spent,
            "width": _width(look.critical_value, design.alpha, design.sides),
        }
        for number, (look, before) in enumerate(
            zip(found, [0.0, *(look.spent for look in found[:-1])], strict=True), 1
        )
    ]
    if harm is not None:
        below = harm_looks(AlphaSpending(design.spending, harm, 1), fractions)
        _add(rows, "harm", [_bound(look.critical_value) for look in below])
    if futility is not None and drift is not None:
        bounds = futility_bounds(fractions, upper, design.spending, futility, drift)
        _add(rows, "futility", [_bound(value) for value in bounds])
    if drift is not None:
        lower = [design.lower(value) for value in upper]
        reached = np.cumsum(crossing_probabilities(fractions, lower, upper, drift).upper)
        _add(rows, "power", [float(value) for value in reached])
    return {
        "method": "alpha spending",
        "function": design.spending.family,
        "parameter": design.spending.parameter,
        "sides": design.sides,
        "alpha": design.alpha,
        "drift": drift,
        "looks": rows,
    }


def planned_sequence(sequence: ConfidenceSequence, subjects: Sequence[int]) -> dict[str, Any]:
    """Return the multiples of a confidence sequence at numbers of subjects. Raises EstimationError for fewer than one."""
    rows = [
        {
            "n": n,
            "multiple": _bound(sequence.multiple(n)),
            "width": _width(sequence.multiple(n), sequence.alpha, sequence.sides),
        }
        for n in subjects
    ]
    return {
        "method": "confidence sequence",
        "alpha": sequence.alpha,
        "sides": sequence.sides,
        "tuned_at": sequence.tuned_at,
        "first": sequence.first,
        "rho_squared": sequence.rho_squared,
        "looks": rows,
    }


def planned_poisson(expected: Sequence[float], alpha: float, minimum: int) -> dict[str, Any]:
    """Return the critical value of MaxSPRT for counts.

    With one expected count there is a look after every event. With several there is a look at each of them, and each
    look has the smallest count that is a signal. Raises EstimationError as the critical values do.
    """
    if len(expected) == 1:
        found, rows = poisson_critical_value(expected[0], alpha, minimum), []
    else:
        found = poisson_group_critical_value(expected, alpha, minimum)
        rows = [
            {"look": number, "expected": value, "signal": poisson_signal_count(found.value, value, minimum)}
            for number, value in enumerate(expected, 1)
        ]
    return {
        "method": "MaxSPRT, Poisson",
        "alpha": alpha,
        "minimum": minimum,
        "expected": [*expected],
        "critical_value": found.value,
        "type_one_error": found.type_one_error,
        "looks": rows,
    }


def planned_binomial(events: int, ratio: float, alpha: float, minimum: int) -> dict[str, Any]:
    """Return the critical value of MaxSPRT for the exposed among ``events``.

    Raises EstimationError as the critical value does.
    """
    found = binomial_critical_value(events, ratio, alpha, minimum)
    return {
        "method": "MaxSPRT, binomial",
        "alpha": alpha,
        "minimum": minimum,
        "events": events,
        "ratio": ratio,
        "critical_value": found.value,
        "type_one_error": found.type_one_error,
        "looks": [],
    }


def _width(multiple: float, alpha: float, sides: Sides) -> float | None:
    """Return the width of the interval as a multiple of that of a single look; None when a single look has no width."""
    fixed = float(-ndtri(alpha / sides))
    return _bound(multiple / fixed) if fixed > 0 else None


def _bound(value: float) -> float | None:
    """Return a bound, or None when there is none."""
    return float(value) if np.isfinite(value) else None


def _add(rows: list[dict[str, Any]], name: str, values: Sequence[float | None]) -> None:
    for row, value in zip(rows, values, strict=True):
        row[name] = value
