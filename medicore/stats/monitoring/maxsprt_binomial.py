"""MaxSPRT for events that are divided between exposed and unexposed time."""

import numpy as np

from medicore.errors import EstimationError
from medicore.stats.monitoring.maxsprt import SAME, CriticalValue, require_minimum, smallest_attainable
from medicore.stats.monitoring.spending import require_level


def binomial_ratio(exposed: int, events: int, ratio: float) -> float:
    """Return the log likelihood ratio of ``exposed`` among ``events``, when their expected share is p = 1/(1 + ratio).

    ``ratio`` is the unexposed time per exposed time, or the controls per case. With c of n exposed the ratio is
    c log(c/(np)) + (n − c) log((n − c)/(n(1 − p))) where c/n is above p, and 0 otherwise (Kulldorff et al., 2011). Raises EstimationError unless 0 ≤ exposed ≤ events and ratio is finite and above 0.
    """
    _require_ratio(ratio)
    if not 0 <= exposed <= events:
        raise EstimationError(
            f"{exposed} exposed of {events} events have no ratio; expected 0 to all; look at the counts"
        )
    share = 1 / (1 + ratio)
    if exposed <= events * share:
        return 0.0
    found = exposed * np.log(exposed / (events * share))
    if exposed < events:
        found += (events - exposed) * np.log((events - exposed) / (events * (1 - share)))
    return float(found)


def binomial_critical_value(events: int, ratio: float, alpha: float, minimum: int = 1) -> CriticalValue:
    """Return the critical value of a surveillance that looks after every event, until there are ``events``.

    A signal needs ``minimum`` exposed events. The log likelihood ratio takes single values: the critical value is the
    smallest with which the probability of a signal without harm, computed exactly from event to event, is at most alpha
    (Kulldorff et al., 2011). Raises EstimationError unless 0 < alpha < 1, ratio is finite and above 0,
    minimum and events are 1 or more, and a signal is possible.
    """
    require_level(alpha)
    require_minimum(minimum)
    if events < 1:
        raise EstimationError(f"the surveillance has {events} events; expected 1 or more; correct the design")
    table = _ratios(events, ratio)
    attainable = [value for row in table for value in row[minimum:]]
    return smallest_attainable(attainable, alpha, lambda limit: _error(limit, table, ratio, minimum))


def binomial_type_one_error(limit: float, events: int, ratio: float, minimum: int) -> float:
    """Return the probability of a signal without harm within so many ``events``, looked at after each of them.

    A signal is a log likelihood ratio of ``limit`` or more with ``minimum`` exposed events. Computed exactly, from event to
    event; 0 for no events. Raises EstimationError unless ratio is finite and above 0 and minimum is 1 or more.
    """
    require_minimum(minimum)
    return _error(limit, _ratios(events, ratio), ratio, minimum)


def _ratios(events: int, ratio: float) -> list[list[float]]:
    """Return the log likelihood ratios by number of events, 0 to ``events``, and of exposed ones among them."""
    return [
        [binomial_ratio(exposed, total, ratio) for exposed in range(total + 1)] for total in range(events + 1)
    ]


def _error(limit: float, table: list[list[float]], ratio: float, minimum: int) -> float:
    """Return the probability of a signal without harm within the events of the table of ratios."""
    share = 1 / (1 + ratio)
    running = np.ones(1)
    for total in range(1, len(table)):
        signals = (exposed for exposed in range(minimum, total + 1) if table[total][exposed] > limit - SAME)
        size = next(signals, total + 1)
        running = np.convolve(running, (1 - share, share))[:size]
    return float(1 - running.sum())


def _require_ratio(ratio: float) -> None:
    if not 0 < ratio < np.inf:
        raise EstimationError(
            f"the ratio of unexposed to exposed time is {ratio:g}; expected a finite number above 0; correct the design"
        )
