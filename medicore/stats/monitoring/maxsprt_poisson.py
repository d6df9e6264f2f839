"""MaxSPRT for counts with an expected number, looked at all the time or at declared looks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammaln, lambertw, pdtrc

from medicore.errors import EstimationError
from medicore.stats.monitoring.maxsprt import SAME, CriticalValue, require_minimum, smallest_attainable
from medicore.stats.monitoring.spending import require_level

Vector = NDArray[np.float64]

LARGEST_RATIO = 200.0
"""No critical value is larger: a ratio of exp(200) is beyond every level of use."""
NEGLIGIBLE = 1e-18
"""Counts with a smaller upper tail are not looked at."""
ROOT_TOLERANCE = 1e-12


def poisson_ratio(count: int, expected: float) -> float:
    """Return the log likelihood ratio μ − c + c log(c/μ) of a count c above its expectation μ; 0 otherwise.

    Kulldorff et al. (2011). Raises EstimationError for a count below 0 or an expectation that is not above 0.
    """
    if count < 0 or not 0 < expected < np.inf:
        raise EstimationError(
            f"{count} events with {expected:g} expected have no ratio; expected 0 or more, and a finite number above 0; look "
            "at the counts"
        )
    if count <= expected:
        return 0.0
    return float(expected - count + count * np.log(count / expected))


def poisson_critical_value(length: float, alpha: float, minimum: int = 1) -> CriticalValue:
    """Return the critical value of a surveillance that looks after every event, until ``length`` events are expected.

    A signal needs ``minimum`` events. The n-th event signals when it comes before μₙ, where the ratio of n is the critical
    value; so the surveillance goes on without a signal when fewer than n events have come by μₙ, for every n. That
    probability is computed exactly, from limit to limit, and the critical value is the root at alpha (Kulldorff et al.,
    2011). Raises EstimationError unless 0 < alpha < 1, the length is finite and above 0, the minimum is 1
    or more, and the level can be spent within the length.
    """
    require_level(alpha)
    require_minimum(minimum)
    _require_expected((length,))
    if _continuous_error(0.0, length, minimum) < alpha:
        raise EstimationError(
            f"{minimum} events or more within {length:g} expected have a probability below {alpha:g}; expected a longer "
            "surveillance or a smaller minimum; correct the design"
        )
    value = float(
        brentq(
            lambda limit: _continuous_error(limit, length, minimum) - alpha,
            0.0,
            LARGEST_RATIO,
            xtol=ROOT_TOLERANCE,
        )
    )
    return CriticalValue(value, _continuous_error(value, length, minimum))


def poisson_type_one_error(limit: float, length: float, minimum: int) -> float:
    """Return the probability of a signal without harm until ``length`` events are expected, looked at after each event.

    A signal is a log likelihood ratio of ``limit`` or more with ``minimum`` events. Raises EstimationError unless the length is
    finite and above 0 and the minimum 1 or more.
    """
    require_minimum(minimum)
    _require_expected((length,))
    return _continuous_error(limit, length, minimum)


def _continuous_error(limit: float, length: float, minimum: int) -> float:
    """Return the probability of a signal without harm."""
    before, below = 0.0, np.ones(1)
    count = minimum
    while True:
        last = min(_latest(count, limit), length)
        below = _arrived(below, last - before, count)
        if last >= length:
            return float(1 - below.sum())
        before, count = last, count + 1


def _latest(count: int, limit: float) -> float:
    """Return the μ at which the count's ratio is the limit: the root of μ − n + n log(n/μ) = limit below n."""
    if limit < SAME:
        return float(count)
    return float(-count * lambertw(-np.exp(-1 - limit / count)).real)


def _arrived(below: Vector, expected: float, size: int) -> Vector:
    """Return the probabilities of 0 to size − 1 events after ``expected`` more, from those of the counts before."""
    arrived: Vector = np.convolve(below, _poisson(size, expected))[:size]
    return arrived


def _poisson(size: int, expected: float) -> Vector:
    """Return the probabilities of 0 to size − 1 events."""
    counts = np.arange(size)
    probabilities: Vector = np.exp(counts * np.log(expected) - expected - gammaln(counts + 1))
    return probabilities


def poisson_group_critical_value(expected: Sequence[float], alpha: float, minimum: int = 1) -> CriticalValue:
    """Return the critical value of a surveillance that looks when the cumulative ``expected`` counts are reached.

    The ratio takes single values: the critical value is the smallest with a type I error of at most alpha, computed
    exactly from look to look. It is below that of looks after every event. Raises EstimationError unless 0 < alpha < 1,
    the minimum is 1 or more, the expected counts are finite, above 0 and rise, and a signal is possible.
    """
    require_level(alpha)
    require_minimum(minimum)
    _require_expected(expected)
    largest = minimum
    while pdtrc(largest, expected[-1]) > NEGLIGIBLE:
        largest += 1
    ratios = {
        (look, count): poisson_ratio(count, look)
        for look in expected
        for count in range(minimum, largest + 1)
    }

    def error(limit: float) -> float:
        before, below = 0.0, np.ones(1)
        for look in expected:
            signals = (count for count in range(minimum, largest + 1) if ratios[look, count] > limit - SAME)
            below = _arrived(below, look - before, next(signals, largest + 1))
            before = look
        return float(1 - below.sum())

    return smallest_attainable([*ratios.values()], alpha, error)


def poisson_signal_count(limit: float, expected: float, minimum: int = 1) -> int:
    """Return the smallest count that is a signal when ``expected`` events are expected.

    Raises EstimationError unless the limit is finite, the expectation finite and above 0, and the minimum 1 or more.
    """
    require_minimum(minimum)
    if not np.isfinite(limit):
        raise EstimationError(
            f"the critical value is {limit:g}; expected a finite number; look at the design"
        )
    count = minimum
    while poisson_ratio(count, expected) <= limit - SAME:
        count += 1
    return count


def _require_expected(expected: Sequence[float]) -> None:
    before = 0.0
    for look in expected:
        if not before < look < np.inf:
            raise EstimationError(
                f"{look:g} events are expected after {before:g}; expected finite numbers above 0 that rise; correct the "
                "design"
            )
        before = look
    if not len(expected):
        raise EstimationError("there is no look; expected one number of events or more; correct the design")
