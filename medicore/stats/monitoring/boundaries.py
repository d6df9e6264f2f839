"""Boundaries of alpha spending at looks with any information (Lan & DeMets, 1983)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from medicore.errors import EstimationError
from medicore.stats.monitoring.integration import SMALLEST_RISE, START, Paths, share_above, still_running
from medicore.stats.monitoring.spending import Sides, Spending, require_level, require_sides

FARTHEST = 40.0
"""No boundary is farther from 0: the tail beyond 38 is below every number of the machine."""
SMALLEST_LEVEL = 1e-300
"""A look that may spend less has no boundary."""
ROOT_TOLERANCE = 1e-12
REMEMBERED = 128
"""The paths after so many sequences of looks are remembered."""


@dataclass(frozen=True, slots=True)
class AlphaSpending:
    """A design of alpha spending: the function, the level over all sides, and the number of sides.

    Two-sided looks have the boundaries ±c; one-sided looks have c alone, and benefit is above 0. Raises EstimationError
    unless 0 < alpha < 1 and there are 1 or 2 sides.
    """

    spending: Spending
    alpha: float
    sides: Sides = 2

    def __post_init__(self) -> None:
        require_level(self.alpha)
        require_sides(self.sides)

    def lower(self, critical_value: float) -> float:
        """Return the boundary below: −c of a two-sided look, none (−∞) of a one-sided one."""
        return -critical_value if self.sides == 2 else -np.inf


@dataclass(frozen=True, slots=True)
class Look:
    """A look: what it may spend, and the boundary that this buys.

    ``fraction`` is the information fraction that counts, which never falls. ``critical_value`` is the boundary of z,
    infinite where nothing may be spent. ``nominal_level`` is the level, over all sides, of a fixed analysis with this
    boundary; ``spent`` is the cumulative level up to this look. ``kept`` says that the look had no information of its
    own and kept fraction, boundary and spent level of the look before.
    """

    fraction: float
    critical_value: float
    nominal_level: float
    spent: float
    kept: bool = False


def looks(
    design: AlphaSpending,
    fractions: Sequence[float],
    *,
    times: Sequence[float] | None = None,
    earlier: Sequence[Look] = (),
) -> tuple[Look, ...]:
    """Return the looks at information fractions, after ``earlier`` looks whose boundaries and levels stand.

    A fraction is the information 1/SE² over the planned maximum. ``times`` are the arguments of the spending function;
    by default they are the fractions. A look at or beyond the maximum (over-running), or with time 1 (the declared
    end), takes what is left of the level. A spent level never comes back: where the function is below it, nothing more
    is spent, and the boundary is infinite. A look whose information fell, or rose by less than 1e-5 of itself, keeps
    the fraction and boundary of the look before: at the same information z is the same statistic, so the boundary
    costs nothing more.

    The boundary c solves P(no boundary crossed before, z ≥ c) = what the look may spend on one side, under no effect.
    Raises EstimationError for a fraction or time that is not finite or above 0, for times that are not as many as the
    looks, and for earlier looks that no design can have.
    """
    when = fractions if times is None else times
    if len(when) != len(fractions):
        raise EstimationError(
            f"{len(when)} spending times for {len(fractions)} looks; expected one for each; correct the design"
        )
    _require_positive("information fraction", fractions)
    _require_positive("spending time", when)
    _require_standing(design, earlier)
    counted = tuple(look for look in earlier if not look.kept)
    found = []
    for fraction, time in zip(fractions, when, strict=True):
        last = counted[-1] if counted else None
        if last is not None and fraction <= last.fraction * (1 + SMALLEST_RISE):
            found.append(replace(last, kept=True))
            continue
        paths = _past(design, counted, fraction)
        found.append(_spend(design, paths, 0.0 if last is None else last.spent, fraction, time))
        counted = (*counted, found[-1])
    return tuple(found)


@lru_cache(maxsize=REMEMBERED)
def _past(design: AlphaSpending, before: tuple[Look, ...], following: float) -> Paths:
    """Return the paths that run on after all looks ``before``, towards the following one.

    A study's looks come one by one, each after all that were: their paths are remembered, so that a look costs one
    integration.
    """
    if not before:
        return START
    last = before[-1]
    paths = _past(design, before[:-1], last.fraction)
    return still_running(
        paths, last.fraction, design.lower(last.critical_value), last.critical_value, following
    )


def _spend(design: AlphaSpending, paths: Paths, before: float, fraction: float, time: float) -> Look:
    now = max(design.spending.spent(time, design.alpha, design.sides) - before, 0.0)
    value = _critical_value(paths, fraction, now / design.sides)
    return Look(fraction, value, float(design.sides * ndtr(-value)), before + now)


def _critical_value(paths: Paths, fraction: float, level: float) -> float:
    """Return the boundary that is crossed from below, for the first time, with probability ``level``.

    It is −40 where all who are left may cross: of a one-sided level near 1, as the search for a p-value asks.
    """
    if level < SMALLEST_LEVEL:
        return float("inf")
    if paths is START:
        return float(-ndtri(level))
    if share_above(paths, fraction, -FARTHEST) <= level:
        return -FARTHEST
    return float(
        brentq(
            lambda bound: share_above(paths, fraction, bound) - level,
            -FARTHEST,
            FARTHEST,
            xtol=ROOT_TOLERANCE,
        )
    )


def _require_positive(name: str, values: Sequence[float]) -> None:
    for number, value in enumerate(values, 1):
        if not 0 < value < np.inf:
            raise EstimationError(
                f"look {number} has {name} {value:g}; expected a finite number above 0; look at the standard error"
            )


def _require_standing(design: AlphaSpending, earlier: Sequence[Look]) -> None:
    """Raise EstimationError unless the first look counts, and fractions and spent levels rise within the level."""
    fraction = spent = 0.0
    for number, look in enumerate(earlier, 1):
        risen = look.kept or look.fraction > fraction * (1 + SMALLEST_RISE)
        kept = not look.kept or (number > 1 and look.fraction == fraction)
        if not (risen and kept and spent <= look.spent <= design.alpha * (1 + ROOT_TOLERANCE)):
            raise EstimationError(
                f"earlier look {number} has information fraction {look.fraction:g} and spent level {look.spent:g} after "
                f"{fraction:g} and {spent:g}; expected both to rise, the level up to {design.alpha:g}; look at the "
                "record of the looks"
            )
        fraction, spent = look.fraction, look.spent
