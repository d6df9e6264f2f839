"""Confidence sequences and quantiles a second time: the mixture martingale integrated, and its inverse searched.

A confidence sequence is where a mixture of likelihood ratios stays below 1/α (Ville, 1939; Robbins, 1970): with z the
statistic at n subjects, the mixture over effects of u standard errors is M(z) = ∫ exp(uz − u²/2) φ(u/√v)/√v du, v = nρ². The
two-sided multiple is the z at which M(z) = 1/α; the one-sided one that at which M(z) − M(0) = 1/(2α). The boundaries' own route has
both in closed form, and the tuning ρ by Lambert's function; here the integral is computed, and roots are searched.
"""

from math import exp, inf, log, log1p, pi, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import betainc, betaincinv, erfc, erfcinv

REACH = 12.0
"""Standard deviations around the peak of the integrand."""
POINTS = 401
FARTHEST_MULTIPLE = 1e6
ROOT_TOLERANCE = 1e-12


def log_mixture(z: float, v: float) -> float:
    """Return log M(z) for a mixture of variance v, by the trapezoidal rule around the integrand's peak."""
    spread = sqrt(v / (v + 1))
    effects = np.linspace(-REACH, REACH, POINTS) * spread + z * spread**2
    exponents = effects * z - effects**2 / 2 - effects**2 / (2 * v)
    highest = float(exponents.max())
    area = float(np.trapezoid(np.exp(exponents - highest), effects))
    return highest + log(area) - log(2 * pi * v) / 2


def tuned(alpha: float, subjects: int, sides: int) -> float:
    """Return the ρ² with which the sequence is narrowest at ``subjects``; a one-sided one is tuned at 2 alpha.

    (v + 1)/v · log((v + 1)/α²) is smallest where v = log((v + 1)/α²).
    """
    level = alpha if sides == 2 else 2 * alpha
    v = brentq(lambda v: v - log1p(v) + 2 * log(level), 1e-12, 1e6, xtol=ROOT_TOLERANCE)
    return float(v) / subjects


def multiple(alpha: float, v: float, sides: int) -> float:
    """Return how many standard errors the sequence reaches from the estimate, v = nρ²."""
    return float(brentq(lambda z: _size(z, v, sides) + log(alpha), 0, FARTHEST_MULTIPLE, xtol=ROOT_TOLERANCE))


def anytime_p(z: float, v: float, sides: int) -> float:
    """Return the p-value of a look: the alpha whose multiple is z, or the size of z with two sides; at most 1."""
    return exp(min(-_size(abs(z) if sides == 2 else max(z, 0.0), v, sides), 0.0))


def _size(z: float, v: float, sides: int) -> float:
    """Return the logarithm of the mixture, or of twice its rise since z = 0, for z of 0 and more."""
    found = log_mixture(z, v)
    if sides == 2:
        return found
    risen = -float(np.expm1(log_mixture(0.0, v) - found))
    return found + log(2 * max(risen, float(np.finfo(float).tiny)))


def normal_bound(level: float, sides: int) -> float:
    """Return the bound of z of a fixed analysis with a level over all sides."""
    return sqrt(2) * float(erfcinv(2 * level / sides))


def nominal_level(bound: float, sides: int) -> float:
    """Return the level, over all sides, of a fixed analysis with a bound of z."""
    return sides * float(erfc(bound / sqrt(2))) / 2


def student_bound(level: float, sides: int, degrees_of_freedom: float) -> float:
    """Return the bound of Student's t with a level over all sides, by the inverse of the incomplete beta function."""
    share = float(betaincinv(degrees_of_freedom / 2, 0.5, min(2 * level / sides, 1.0)))
    return sqrt(degrees_of_freedom * (1 - share) / share) if share > 0 else inf


def student_as_normal(t: float, degrees_of_freedom: float) -> float:
    """Return the z with the p-value of a Student's t, and its sign; t itself where the p-value is no number above 0."""
    share = float(betainc(degrees_of_freedom / 2, 0.5, degrees_of_freedom / (degrees_of_freedom + t**2)))
    return float(np.copysign(normal_bound(share, 2), t)) if share > 0 else t
