"""MaxSPRT a second time: log likelihood ratios, critical values, and the probability of a signal without harm.

Nothing here is shared with the critical values' own route, neither code nor algorithm.

====================  ======================================  =============================================
part                  critical values                         here
====================  ======================================  =============================================
ratio                 its formula, in logarithms              Kullback and Leibler's divergence, by SciPy
limit of a count      Lambert's W                             root of the divergence
Poisson               forwards: counts by limit, convolved    backwards: the chance to go on, by count
binomial              forwards: counts by event, convolved    renewal equation of the first signal
critical value        root; search of the attainable ratios   root near the claim; bisection of the step
====================  ======================================  =============================================
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammaln, kl_div, rel_entr, xlog1py, xlogy

Vector = NDArray[np.float64]

SAME = 1e-9
"""Log likelihood ratios nearer to each other are one, and so are levels that rounding alone tells apart."""
LARGEST = 200.0
"""No critical value is larger."""
STEP = 1e-11
"""Length down to which the place is bisected where the level of a binomial harm steps."""


@dataclass(frozen=True, slots=True)
class PoissonHarm:
    """A harm with an expected number of events: level, expected events at the end, events before a signal."""

    alpha: float
    length: float
    minimum: int

    def ratio(self, count: int, expected: float) -> float:
        """Return the log likelihood ratio of a count above its expectation; 0 otherwise."""
        return float(kl_div(count, expected)) if count > expected else 0.0

    def chance(self, limit: float, until: float) -> float:
        """Return the probability of a signal without harm until so many events are expected.

        A count n that has come before μₙ, where its ratio is the limit, is a signal. From the end backwards, v(k) is the
        chance that none comes any more after μₙ where k events have come by then: v(k) = Σ P(j events until the next limit)
        v(k + j), over the counts that are no signal there.
        """
        if until <= 0:
            return 0.0
        times = [time for time in _limits(limit, self.minimum, until) if time < until]
        first = self.minimum
        chances = np.ones(first + len(times))
        for place in range(len(times), -1, -1):
            before = times[place - 1] if place else 0.0
            after = times[place] if place < len(times) else until
            size = first + place
            arrived = _poisson(np.arange(size), after - before)
            # v(k) before the step, for each k that is no signal at its start
            started = size - 1 if place else 1
            chances = np.array([arrived[: size - count] @ chances[count:size] for count in range(started)])
        return 1 - float(chances[0])

    def critical_value(self, near: float) -> float:
        """Return the limit whose probability of a signal is alpha; ``near`` is where the search begins."""
        low, high = near * (1 - 1e-4), near * (1 + 1e-4)
        if not self.chance(low, self.length) > self.alpha > self.chance(high, self.length):
            low, high = 0.0, LARGEST
        return float(
            brentq(lambda limit: self.chance(limit, self.length) - self.alpha, low, high, xtol=1e-12)
        )


@dataclass(frozen=True, slots=True)
class BinomialHarm:
    """A harm compared between arms: level, events at the end, exposed events before a signal, ratio of exposure."""

    alpha: float
    events: int
    minimum: int
    ratio_of_exposure: float

    @property
    def share(self) -> float:
        """The share of the events that is expected among the exposed."""
        return 1 / (1 + self.ratio_of_exposure)

    def ratio(self, exposed: int, events: int) -> float:
        """Return the log likelihood ratio of the exposed events above their expectation; 0 otherwise."""
        return float(self._ratios(np.array([float(exposed)]), events)[0]) if events else 0.0

    def chance(self, limit: float, until: int) -> float:
        """Return the probability of a signal without harm within so many events.

        A path can signal for the first time only by an exposed event that makes the smallest signalling count c of n
        events, so that P(c of n) = Σ f(m) P(c − c(m) of n − m) over the first signals at m events, and f(n) follows.
        """
        if until < 1:
            return 0.0
        total = np.arange(1, until + 1)
        least = np.array([self._least(limit, int(n)) for n in total])
        possible = least <= total
        n, c = total[possible], least[possible]
        first = np.zeros(len(n))
        for place in range(len(n)):
            earlier = self._binomial(c[place] - c[:place], n[place] - n[:place])
            first[place] = (
                self._binomial(c[place : place + 1], n[place : place + 1])[0] - first[:place] @ earlier
            )
        return float(first.sum())

    def critical_value(self, alpha: float) -> float | None:
        """Return the smallest attainable ratio whose probability of a signal is at most ``alpha``; None without one."""
        attainable = np.concatenate(
            [self._ratios(np.arange(self.minimum, n + 1.0), n) for n in range(self.minimum, self.events + 1)]
        )
        largest = float(attainable.max())
        if largest <= SAME or self.chance(largest, self.events) > alpha:
            return None
        low, high = 0.0, largest
        while high - low > STEP:
            middle = (low + high) / 2
            low, high = (low, middle) if self.chance(middle, self.events) <= alpha else (middle, high)
        return float(attainable[attainable > low + SAME / 2].min())

    def _ratios(self, exposed: Vector, events: int) -> Vector:
        seen, share = exposed / events, self.share
        found: Vector = np.where(
            seen > share, events * (rel_entr(seen, share) + rel_entr(1 - seen, 1 - share)), 0.0
        )
        return found

    def _least(self, limit: float, events: int) -> int:
        """Return the smallest number of exposed events that is a signal; more than ``events`` where none is."""
        counts = np.arange(self.minimum, events + 1)
        signals = self._ratios(counts.astype(np.float64), events) > limit - SAME
        return int(counts[np.argmax(signals)]) if signals.any() else events + 1

    def _binomial(self, exposed: NDArray[np.int64], events: NDArray[np.int64]) -> Vector:
        """Return the probabilities of so many exposed of so many events."""
        p, inside = self.share, (exposed >= 0) & (exposed <= events)
        k, n = np.where(inside, exposed, 0), events
        chosen = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
        found: Vector = np.where(inside, np.exp(chosen + xlogy(k, p) + xlog1py(n - k, -p)), 0.0)
        return found


def _limits(limit: float, minimum: int, until: float) -> list[float]:
    """Return, for each count from the minimum on, the expectation at which its ratio is the limit, up to ``until``."""
    found: list[float] = []
    count = minimum
    while not found or found[-1] < until:
        found.append(_latest(count, limit))
        count += 1
    return found


def _latest(count: int, limit: float) -> float:
    """Return the expectation below the count at which its ratio is the limit."""
    if limit <= 0:
        return float(count)
    nearest = count * np.exp(-2 - limit / count)  # the divergence is above limit + count here
    return float(brentq(lambda expected: float(kl_div(count, expected)) - limit, nearest, count, xtol=1e-14))


def _poisson(counts: NDArray[np.int64], expected: float) -> Vector:
    found: Vector = np.exp(xlogy(counts, expected) - expected - gammaln(counts + 1))
    return found
