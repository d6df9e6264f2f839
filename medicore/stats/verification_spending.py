"""Alpha spending a second time: spending functions from their formulas, and what a look's bound costs.

Nothing here is shared with the boundaries' own route, neither code nor algorithm.

====================  ======================================  =============================================
part                  boundaries                              here
====================  ======================================  =============================================
scale                 the statistic z                         the score z√t
integration           Simpson's rule on equal steps           Gauss–Legendre panels
normal distribution   ndtr and ndtri                          erfc and erfcinv
two sides             twice one side, by symmetry             both sides, one after the other
root                  of the probability                      of the probability's logarithm
====================  ======================================  =============================================
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import e, exp, inf, log, sinh, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import erfc, erfcinv

from medicore.stats.verification_motion import (
    FARTHEST,
    REST,
    Motion,
    bound_of,
    carried,
    chance_below,
    chance_beyond,
)

FARTHEST_QUANTILE = 37.0
"""A sequential p-value is searched down to the tail at this quantile."""
NEAR = 1e-4
"""The search begins this far around the quantile of the p-value that is confirmed, where the sign must change."""
QUANTILE_TOLERANCE = 1e-11
SMALLEST_SHARE, SMALLEST_LEVEL, SMALLEST_FOR_FUTILITY = 1e-9, 1e-30, 1e-15
"""A look that may spend less than this share of the level by then, or less than this level, has a bound that rounding, or
the paths that an implementation leaves out, decide on."""
SAME_INFORMATION = 1e-5
"""Relative rise of information up to which a look has the bound of the look before."""


@dataclass(frozen=True, slots=True)
class Function:
    """A spending function by name and parameter, and the level over all sides that it spends."""

    name: str
    parameter: float | None
    level: float
    sides: int = 1

    def at(self, time: float) -> float:
        """Return the cumulative level, over all sides, that may be spent by an information fraction above 0."""
        t, one = min(time, 1.0), self.level / self.sides
        parameter = self.parameter or 0.0
        if self.name == "obrien-fleming":
            share = float(erfc(erfcinv(one) / sqrt(t)))
        elif self.name == "pocock":
            share = one * log(1 + (e - 1) * t)
        elif self.name == "power":
            share = one * exp(parameter * log(t))
        elif parameter == 0:
            share = one * t
        else:
            share = one * exp(parameter * (1 - t) / 2) * sinh(parameter * t / 2) / sinh(parameter / 2)
        return self.sides * share

    def of_level(self, level: float) -> "Function":
        """Return the function that spends another level."""
        return Function(self.name, self.parameter, level, self.sides)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A look as recorded: information fraction, bound of z towards a crossing, cumulative level spent with it.

    ``held`` says that the plan lets the look spend nothing, because it has too few subjects.
    """

    fraction: float
    bound: float
    spent: float
    held: bool = False


@dataclass(frozen=True, slots=True)
class Costed:
    """What a look costs by the second route.

    ``crossing`` is the probability, without an effect, to cross a bound here for the first time, and ``spent`` is that
    with what was spent before. ``allowed`` is what the function lets the look spend, and ``bound`` spends it. ``noted`` is
    False where ``allowed`` is so small that rounding decides on the bound: then levels alone can be compared.
    """

    crossing: float
    spent: float
    allowed: float
    bound: float
    noted: bool


def costed(function: Function, looks: Sequence[Recorded]) -> tuple[Costed, ...]:
    """Return what each of the looks costs, given the recorded bounds and levels; their fractions rise."""
    motion, spent = REST, 0.0
    found: list[Costed] = []
    for place, look in enumerate(looks):
        allowed = _allowed(function, look.fraction, spent, held=look.held)
        crossing = chance_beyond(motion, look.fraction, look.bound, function.sides)
        own = bound_of(motion, look.fraction, allowed, function.sides)
        noted = _noted(function, look.fraction, allowed)
        found.append(Costed(crossing, spent + crossing, allowed, own, noted))
        spent = look.spent
        if place + 1 < len(looks):
            motion = _onwards(motion, look.fraction, look.bound, looks[place + 1].fraction, function.sides)
    return tuple(found)


def own_looks(function: Function, fractions: Sequence[float], held: Sequence[bool]) -> tuple[Costed, ...]:
    """Return the looks with the bounds of this route alone, one for each; ``held`` ones spend nothing.

    A look whose information did not rise is the look before.
    """
    motion, time, spent = REST, 0.0, 0.0
    found: list[Costed] = []
    for fraction, waits in zip(fractions, held, strict=True):
        if fraction > time * (1 + SAME_INFORMATION):
            if found:
                motion = _onwards(motion, time, found[-1].bound, fraction, function.sides)
            allowed = _allowed(function, fraction, spent, held=waits)
            own = bound_of(motion, fraction, allowed, function.sides)
            time, spent = fraction, spent + allowed
            found.append(Costed(allowed, spent, allowed, own, _noted(function, fraction, allowed)))
        else:
            found.append(found[-1])
    return tuple(found)


def _allowed(function: Function, fraction: float, spent: float, *, held: bool) -> float:
    return 0.0 if held else max(function.at(fraction) - spent, 0.0)


def _noted(function: Function, fraction: float, level: float) -> bool:
    return level > max(SMALLEST_SHARE * function.at(fraction), SMALLEST_LEVEL)


def _onwards(motion: Motion, fraction: float, bound: float, following: float, sides: int) -> Motion:
    return carried(motion, fraction, -bound if sides == 2 else -inf, bound, following)


def futility_bound(
    function: Function, drift: float, fractions: Sequence[float], upper: Sequence[float]
) -> Costed:
    """Return the bound for futility at the last of the looks, whose fractions rise.

    Under the drift, the mean of z at information fraction 1, the study is at or below the bounds for the first time
    with the probability that the function lets the look spend; no bound is above that for efficacy.
    """
    motion, spent, allowed, bound = REST, 0.0, 0.0, -inf
    for place, (fraction, high) in enumerate(zip(fractions, upper, strict=True)):
        allowed = function.at(fraction) - spent
        spent += allowed
        bound = _from_above(motion, fraction, high, allowed, drift)
        if place + 1 < len(fractions):
            motion = carried(motion, fraction, bound, high, fractions[place + 1], drift)
    noted = _noted(function, fractions[-1], allowed) and allowed > SMALLEST_FOR_FUTILITY
    return Costed(allowed, spent, allowed, bound, noted)


def _from_above(motion: Motion, fraction: float, high: float, level: float, drift: float) -> float:
    if chance_below(motion, fraction, high, drift) <= level:
        return high
    if chance_below(motion, fraction, -FARTHEST, drift) >= level:
        return -inf
    low, top = -FARTHEST, min(high, FARTHEST)
    return float(
        brentq(lambda bound: chance_below(motion, fraction, bound, drift) - level, low, top, xtol=1e-13)
    )


def sequential_p(
    function: Function, fractions: Sequence[float], statistics: Sequence[float], confirmed: float
) -> float:
    """Return the sequential p-value: the smallest level with which one of the looks crosses its bound, at most 1.

    A look whose information did not rise has the bound of the look before. ``statistics`` are towards a crossing; of two
    sides their sign is of no matter. ``confirmed`` is the p-value of the other route: where the sign changes near it, the
    root is there, and otherwise it is looked for everywhere.
    """
    z = np.abs(statistics) if function.sides == 2 else np.asarray(statistics)

    def beyond(quantile: float) -> float:
        of_level = function.of_level(_level(quantile, function.sides))
        bounds = [look.bound for look in own_looks(of_level, fractions, [False] * len(fractions))]
        return max(float(np.max(z - np.array(bounds))), -FARTHEST)

    easiest = 1e-9 if function.sides == 2 else -8.0
    ends = easiest, FARTHEST_QUANTILE
    if 0 < confirmed < 1:
        near = sqrt(2) * float(erfcinv(2 * confirmed / function.sides))
        around = max(near - NEAR, easiest), min(near + NEAR, FARTHEST_QUANTILE)
        ends = around if beyond(around[0]) >= 0 > beyond(around[1]) else ends
    if beyond(ends[0]) < 0:
        return 1.0
    if beyond(ends[1]) >= 0:
        return _level(ends[1], function.sides)
    return _level(float(brentq(beyond, *ends, xtol=QUANTILE_TOLERANCE)), function.sides)


def _level(quantile: float, sides: int) -> float:
    return sides * float(erfc(quantile / sqrt(2))) / 2
