"""Surveillance of a counted harm by MaxSPRT: what cumulative counts come to against the flat critical value.

The critical value allows a look after every event. Looks that are fewer, as monthly ones are, signal at most as often; so the
ratio of the cumulative counts may be held against it at any look, without the counts of the looks before.
"""

from dataclasses import dataclass

from medicore.errors import EstimationError
from medicore.stats.monitoring.maxsprt import SAME, require_minimum
from medicore.stats.monitoring.maxsprt_binomial import (
    binomial_critical_value,
    binomial_ratio,
    binomial_type_one_error,
)
from medicore.stats.monitoring.maxsprt_poisson import (
    poisson_critical_value,
    poisson_ratio,
    poisson_type_one_error,
)
from medicore.stats.monitoring.spending import require_level


@dataclass(frozen=True, slots=True)
class Surveillance:
    """The design: level, expected events (Poisson) or events in all (binomial) at the end, events before a signal.

    Raises EstimationError unless 0 < alpha < 1 and minimum is 1 or more.
    """

    alpha: float
    upper_limit: float
    minimum: int = 1

    def __post_init__(self) -> None:
        require_level(self.alpha)
        require_minimum(self.minimum)


@dataclass(frozen=True, slots=True)
class SurveillanceResult:
    """What the counts of a look come to.

    ``critical_value`` is None where no signal is possible with the design, and ``level_spent``, the probability of a signal
    without harm by this look, where it is not known exactly. ``ended`` says that the counts are past the upper limit, where
    the level no longer holds and nothing is a signal.
    """

    expected: float
    log_likelihood_ratio: float
    critical_value: float | None
    type_one_error: float | None
    level_spent: float | None
    ended: bool
    signal: bool


def poisson_surveillance(
    design: Surveillance, count: int, expected: float, furthest: float | None
) -> SurveillanceResult:
    """Return the test of ``count`` events among the treated, of which ``expected`` were expected.

    ``furthest`` is the largest number of expected events at any look before; the level is spent up to there. It is None where
    a look had another design, and the level spent is then unknown. Raises EstimationError for a negative count, an
    expectation that is negative or not finite, events where none is expected, and a design without critical value.
    """
    critical = poisson_critical_value(design.upper_limit, design.alpha, design.minimum)
    ratio = 0.0 if expected == count == 0 else poisson_ratio(count, expected)
    spent = None
    if furthest is not None:
        reached = min(max(furthest, expected), design.upper_limit)
        # One less a sum of probabilities may come out below 0.
        spent = max(0.0, poisson_type_one_error(critical.value, reached, design.minimum)) if reached else 0.0
    ended = expected > design.upper_limit
    return SurveillanceResult(
        float(expected),
        ratio,
        critical.value,
        critical.type_one_error,
        spent,
        ended,
        not ended and _signals(ratio, critical.value, count, design.minimum),
    )


def binomial_surveillance(
    design: Surveillance, exposed: int, events: int, ratio: float, furthest: int | None
) -> SurveillanceResult:
    """Return the test of ``exposed`` events of the treated among ``events`` of both arms.

    ``ratio`` is the exposure of the controls over that of the treated. The critical value is exact where it has been the same
    all along: ``furthest``, the largest number of events at any look before, is None where it has not, and the level spent
    is then unknown. Raises EstimationError unless 0 ≤ exposed ≤ events and ratio is finite and above 0.
    """
    found = binomial_ratio(exposed, events, ratio)
    expected, limit = events / (1 + ratio), int(design.upper_limit)
    ended = events > limit
    try:
        critical = binomial_critical_value(limit, ratio, design.alpha, design.minimum)
    except EstimationError:
        return SurveillanceResult(expected, found, None, None, None, ended, signal=False)
    spent = None
    if furthest is not None:
        reached = min(max(furthest, events), limit)
        spent = max(0.0, binomial_type_one_error(critical.value, reached, ratio, design.minimum))
    return SurveillanceResult(
        expected,
        found,
        critical.value,
        critical.type_one_error,
        spent,
        ended,
        not ended and _signals(found, critical.value, exposed, design.minimum),
    )


def _signals(ratio: float, critical: float, count: int, minimum: int) -> bool:
    return count >= minimum and ratio > critical - SAME
