"""Double programming of a counted harm: what the second implementation finds of its test, and how far the first is from it."""

from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from medicore.records.results.looks import stored_number
from medicore.stats.monitoring.surveillance import Surveillance, SurveillanceResult
from medicore.stats.verification_maxsprt import SAME, BinomialHarm, PoissonHarm
from medicore.steps.looks.verification import apart

TOLERANCE = 1e-6
"""Largest difference of expectation, ratio and critical value, relative where they are above 1."""
LEVEL_TOLERANCE = 1e-6
"""Largest difference of levels."""
LIBRARY = "SciPy"
_ANY = 3.0
"""Where the search begins when the first implementation has no critical value."""
ROUTES = {
    "poisson": "divergence of Kullback and Leibler, chances to go on from the end backwards",
    "binomial": "divergence of Kullback and Leibler, renewal equation of the first signal",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """What a harm is tested by: its design, the events of the arms, and the rate or the ratio of exposure.

    ``exposure`` is that of the treated. ``furthest`` is how far earlier looks came, in expected events or in events of both
    arms; None where the level spent is not known.
    """

    design: Surveillance
    treated: int
    control: int
    exposure: float
    rate: float | None
    ratio: float | None
    furthest: float | None

    @property
    def events(self) -> int:
        """The events of both arms."""
        return self.treated + self.control


@dataclass(frozen=True, slots=True)
class _Second:
    """The numbers of the second implementation, under the names that the first has for them."""

    expected: float
    log_likelihood_ratio: float
    critical_value: float | None
    type_one_error: float | None
    level_spent: float | None


def verified_harm(counted: Counted, first: SurveillanceResult) -> dict[str, Any]:
    """Return the test of a harm by the second implementation, and the largest differences from the first.

    A difference is infinite where one of the two has no number, or where they disagree about the signal.
    """
    second = _poisson(counted, first) if counted.rate is not None else _binomial(counted, first)
    values = ("expected", "log_likelihood_ratio", "critical_value")
    levels = ("type_one_error", "level_spent")
    gaps = [max(apart(getattr(second, name), getattr(first, name)) for name in of) for of in (values, levels)]
    if _signal(counted, second) != first.signal:
        gaps[0] = inf
    return {
        "library": LIBRARY,
        "route": ROUTES["binomial" if counted.rate is None else "poisson"],
        **{name: getattr(second, name) for name in (*values, *levels)},
        "difference": stored_number(gaps[0]),
        "tolerance": TOLERANCE,
        "level_difference": stored_number(gaps[1]),
        "level_tolerance": LEVEL_TOLERANCE,
    }


def _poisson(counted: Counted, first: SurveillanceResult) -> _Second:
    design = counted.design
    harm = PoissonHarm(design.alpha, float(design.upper_limit), design.minimum)
    expected = (counted.rate or 0.0) * counted.exposure
    near = first.critical_value
    critical = harm.critical_value(near if near is not None and isfinite(near) else _ANY)
    spent = None
    if counted.furthest is not None:
        spent = harm.chance(critical, min(max(counted.furthest, expected), harm.length))
    return _Second(
        expected,
        harm.ratio(counted.treated, expected),
        critical,
        harm.chance(critical, harm.length),
        spent,
    )


def _binomial(counted: Counted, first: SurveillanceResult) -> _Second:
    design, ratio = counted.design, counted.ratio or 0.0
    harm = BinomialHarm(design.alpha, int(design.upper_limit), design.minimum, ratio)
    expected, found = counted.events * harm.share, harm.ratio(counted.treated, counted.events)
    critical = harm.critical_value(design.alpha)
    if apart(critical, first.critical_value) > TOLERANCE:
        # where the level is exactly alpha, rounding decides which of two neighbouring ratios is critical
        either = [harm.critical_value(level) for level in (design.alpha - SAME, design.alpha + SAME)]
        critical = min(either, key=lambda one: apart(one, first.critical_value))
    if critical is None:
        return _Second(expected, found, None, None, None)
    spent = None
    if counted.furthest is not None:
        spent = harm.chance(critical, min(max(int(counted.furthest), counted.events), harm.events))
    return _Second(expected, found, critical, harm.chance(critical, harm.events), spent)


def _signal(counted: Counted, second: _Second) -> bool:
    """Return whether the look signals the harm by the second implementation."""
    reached = counted.events if counted.rate is None else second.expected
    if second.critical_value is None or reached > counted.design.upper_limit:
        return False
    enough = counted.treated >= counted.design.minimum
    return enough and second.log_likelihood_ratio > second.critical_value - SAME
