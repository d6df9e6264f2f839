"""MaxSPRT: published critical values, brute force over all histories, simulation, and what is refused."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import pdtrc

from medicore.errors import EstimationError
from medicore.stats.monitoring.maxsprt import CriticalValue, smallest_attainable
from medicore.stats.monitoring.maxsprt_binomial import binomial_critical_value, binomial_ratio
from medicore.stats.monitoring.maxsprt_poisson import (
    poisson_critical_value,
    poisson_group_critical_value,
    poisson_ratio,
    poisson_signal_count,
)

ANCHOR = 5e-7
ALGEBRA = 1e-12
RUNS = 40_000


@pytest.mark.parametrize(("length", "expected"), [(1, 2.853937), (10, 3.467952), (50, 3.819903)])
def test_published_poisson_critical_values(length: float, expected: float) -> None:
    """Kulldorff et al. (2011), table 1, at alpha .05: 2.853937, 3.467952, 3.819903 for 1, 10, 50 expected events."""
    found = poisson_critical_value(length, 0.05)
    assert found.value == pytest.approx(expected, abs=ANCHOR)
    assert found.type_one_error == pytest.approx(0.05, abs=ALGEBRA)
    assert found.below is None


@pytest.mark.parametrize(("minimum", "expected"), [(3, 3.064247966846096), (4, 2.921561329792658)])
def test_more_events_before_a_signal_lower_the_limit(minimum: int, expected: float) -> None:
    """R's Sequential finds 3.064248 and 2.921561 for ten expected events."""
    assert poisson_critical_value(10, 0.05, minimum).value == pytest.approx(expected, abs=ANCHOR)


def test_a_generous_level_has_a_small_limit() -> None:
    """With one expected event and alpha ½ the limit is below 1; the first event signals with more than ½ at any."""
    found = poisson_critical_value(1, 0.5)
    assert 0 < found.value < 1
    assert found.type_one_error == pytest.approx(0.5, abs=ALGEBRA)


def test_poisson_type_one_error_by_simulation() -> None:
    """Of 40,000 histories without harm the share with a ratio at the limit after any event is alpha, to five errors."""
    limit = poisson_critical_value(5, 0.05, 3).value
    stream = np.random.Generator(np.random.PCG64(11))
    times = np.cumsum(stream.standard_exponential((RUNS, 40)), axis=1)
    count = np.arange(1, 41)
    ratio = np.where(count > times, times - count + count * np.log(count / times), 0)
    signal = ((ratio >= limit) & (times <= 5) & (count >= 3)).any(axis=1)
    assert abs(signal.mean() - 0.05) < 5 * np.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize("looks", [(1.5, 3.0), (0.01, 9.0)])
def test_poisson_groups_by_brute_force(looks: tuple[float, float]) -> None:
    """Two looks: the error is the sum over all pairs of counts, and no smaller attainable limit keeps alpha."""
    found = poisson_group_critical_value(looks, 0.05)

    def error(limit: float) -> float:
        p, q = (
            [np.exp(-mean) * mean**k / np.prod(np.arange(1.0, k + 1)) for k in range(40)]
            for mean in (looks[0], looks[1] - looks[0])
        )
        pairs = itertools.product(range(40), repeat=2)
        return sum(
            p[i] * q[j]
            for i, j in pairs
            if max(poisson_ratio(i, looks[0]), poisson_ratio(i + j, looks[1])) >= limit - 1e-9
        )

    assert found.type_one_error == pytest.approx(error(found.value), abs=1e-10)
    assert found.below is not None
    assert error(found.value) <= 0.05 < error(found.below)
    at_once = poisson_group_critical_value((3.0,), 0.05)
    first = next(k for k in range(20) if poisson_ratio(k, 3.0) >= at_once.value - 1e-9)
    assert at_once.type_one_error == pytest.approx(pdtrc(first - 1, 3.0), abs=ALGEBRA)


def test_ten_poisson_groups() -> None:
    """EmpiricalCalibration finds the limit 2.545177, and signals above it: from 2.580160 on, in 4.47 % of 200,000."""
    found = poisson_group_critical_value(range(1, 11), 0.05)
    assert found.below == pytest.approx(2.54517744447956, abs=ANCHOR)
    assert abs(found.type_one_error - 0.04472) < 3 * np.sqrt(0.0447 * 0.9553 / 200_000)
    assert found.value < poisson_critical_value(10, 0.05).value
    assert poisson_group_critical_value(range(1, 11), 0.05, 4).value <= found.value


@pytest.mark.parametrize(
    ("events", "ratio", "value", "error", "below"),
    [
        (10, 1, 3.098835762452, 0.041015625, 2.77258872224),
        (10, 3, 3.318948830406, 0.0322418212890625, 2.77258872224),
        (20, 1, 3.369113846127, 0.0461368560791015, 3.098835762452),
        (20, 3, 2.876820724518, 0.0477240282771163, 2.77258872224),
        (100, 3, 3.456590040174, 0.0480325775114235, 3.452184869421),
    ],
)
def test_binomial_critical_values(
    events: int, ratio: float, value: float, error: float, below: float
) -> None:
    """Limits, errors and next smaller ratios as an exact recursion and R's Sequential find them."""
    found = binomial_critical_value(events, ratio, 0.05)
    assert (found.value, found.type_one_error, found.below) == pytest.approx((value, error, below), abs=1e-9)


def test_a_single_event() -> None:
    """It is exposed with probability ¼, and then its ratio is log 4: a signal, if one event may be one."""
    found = binomial_critical_value(1, 3.0, 0.3)
    assert (found.value, found.type_one_error, found.below) == pytest.approx(
        (np.log(4), 0.25, 0), abs=ALGEBRA
    )


def test_binomial_error_by_brute_force() -> None:
    """All 2¹⁰ histories of ten events, with three exposed before a signal."""
    found = binomial_critical_value(10, 2.0, 0.05, 3)
    total = 0.0
    for history in itertools.product((0, 1), repeat=10):
        exposed = np.cumsum(history)
        ratios = (binomial_ratio(int(c), n, 2.0) for n, c in enumerate(exposed, 1) if c >= 3)
        if any(ratio >= found.value - 1e-9 for ratio in ratios):
            total += (1 / 3) ** exposed[-1] * (2 / 3) ** (10 - exposed[-1])
    assert found.type_one_error == pytest.approx(total, abs=ALGEBRA)


def test_the_smallest_count_that_is_a_signal() -> None:
    """Its ratio reaches the limit, that of one event fewer does not; and never fewer than the minimum."""
    limit = poisson_group_critical_value(range(1, 6), 0.05).value
    for expected in (1.0, 3.0, 5.0):
        count = poisson_signal_count(limit, expected)
        assert poisson_ratio(count - 1, expected) < limit - 1e-9 < poisson_ratio(count, expected)
    assert poisson_signal_count(poisson_ratio(6, 2.0), 2.0) == 6
    assert poisson_signal_count(0.1, 1.0, 9) == 9
    assert poisson_signal_count(0.1, 0.05) == 1
    assert poisson_group_critical_value((0.05,), 0.1).value == poisson_ratio(1, 0.05)
    with pytest.raises(EstimationError, match="critical value is inf"):
        poisson_signal_count(np.inf, 1.0)


def test_ratios_by_hand() -> None:
    """A count of twice its expectation, all and half of the events exposed; below expectation there is none."""
    assert poisson_ratio(4, 2) == pytest.approx(2 - 4 + 4 * np.log(2), rel=ALGEBRA)
    assert (poisson_ratio(2, 2), poisson_ratio(0, 1)) == (0, 0)
    assert binomial_ratio(4, 4, 1) == pytest.approx(4 * np.log(2), rel=ALGEBRA)
    half = 2 * np.log(2 / 1) + 2 * np.log(2 / 3)
    assert binomial_ratio(2, 4, 3) == pytest.approx(half, rel=ALGEBRA)
    assert (binomial_ratio(1, 4, 3), binomial_ratio(0, 0, 1)) == (0, 0)


def test_the_smallest_limit_may_be_the_first() -> None:
    """Where every attainable ratio keeps alpha, the smallest is the limit, and below it there is no other."""
    assert smallest_attainable(
        [2.0, 1.0, 1.0 + 1e-12, 0.0], 0.5, lambda limit: 1 / (1 + limit)
    ) == CriticalValue(1.0, 0.5, 0.0)
    with pytest.raises(EstimationError, match="no signal is possible"):
        smallest_attainable([0.0], 0.05, lambda limit: limit)


def test_a_surveillance_too_short_is_refused() -> None:
    """Where even a certain signal has a smaller probability than alpha, or the strongest has a larger one."""
    with pytest.raises(EstimationError, match="4 events or more within 1 expected"):
        poisson_critical_value(1, 0.05, 4)
    with pytest.raises(EstimationError, match="no signal is possible"):
        binomial_critical_value(3, 1.0, 0.05)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf, np.nan])
def test_numbers_that_are_none_are_refused(bad: float) -> None:
    """Expected counts and ratios of time are finite and above 0."""
    for call in (
        lambda: poisson_ratio(1, bad),
        lambda: poisson_critical_value(bad, 0.05),
        lambda: poisson_group_critical_value((bad,), 0.05),
        lambda: binomial_ratio(1, 2, bad),
        lambda: binomial_critical_value(10, bad, 0.05),
    ):
        with pytest.raises(EstimationError, match="expected"):
            call()


def test_counts_that_are_none_are_refused() -> None:
    """Negative counts, more exposed than there are, no events, no minimum, no look, looks that fall, no level."""
    for call, words in (
        (lambda: poisson_ratio(-1, 1), "-1 events"),
        (lambda: binomial_ratio(3, 2, 1), "3 exposed of 2"),
        (lambda: binomial_ratio(-1, 2, 1), "-1 exposed of 2"),
        (lambda: binomial_critical_value(0, 1, 0.05), "has 0 events"),
        (lambda: binomial_critical_value(10, 1, 0.05, 0), "needs 0 events"),
        (lambda: poisson_critical_value(10, 0.05, 0), "needs 0 events"),
        (lambda: poisson_signal_count(2.0, 1.0, 0), "needs 0 events"),
        (lambda: poisson_group_critical_value((1,), 0.05, 0), "needs 0 events"),
        (lambda: poisson_group_critical_value((), 0.05), "there is no look"),
        (lambda: poisson_group_critical_value((2, 1), 0.05), "1 events are expected after 2"),
        (lambda: poisson_critical_value(10, 1.0), "alpha is 1"),
        (lambda: poisson_group_critical_value((1,), 1.0), "alpha is 1"),
        (lambda: binomial_critical_value(10, 1, 1.0), "alpha is 1"),
    ):
        with pytest.raises(EstimationError, match=words):
            call()


def no_signal(limit: float, length: float, minimum: int) -> float:
    """Return the probability of no signal by another route: the volume of the arrival times that give none.

    n events in the length are without a signal when the k-th comes at μₖ or later; the density of their ordered times is
    exp(−length). Volumes are polynomials of the latest time, with exact coefficients, and the μₖ are searched.
    """
    none, volume, count = 0.0, [Fraction(1)], 0
    end = Fraction(length)
    while True:
        at = sum(coefficient * end**power for power, coefficient in enumerate(volume))
        none += math.exp(-length) * float(at)
        count += 1
        start = 0.0
        if count >= minimum:
            start = brentq(
                lambda mu, n=count: mu - n + n * math.log(n / mu) - limit, 1e-300, float(count), xtol=1e-15
            )
        if start >= length:
            return none
        risen = [Fraction(0), *(coefficient / power for power, coefficient in enumerate(volume, 1))]
        lowest = sum(coefficient * Fraction(start) ** power for power, coefficient in enumerate(risen))
        volume = [risen[0] - lowest, *risen[1:]]


@pytest.mark.parametrize(("length", "minimum"), [(1.0, 1), (4.0, 2), (10.0, 1), (10.0, 3)])
def test_poisson_critical_values_by_another_route(length: float, minimum: int) -> None:
    """The chance of a signal, by volumes of arrival times, is alpha at the critical value, and on either side beside it."""
    found = poisson_critical_value(length, 0.05, minimum).value
    assert 1 - no_signal(found, length, minimum) == pytest.approx(0.05, abs=1e-9)
    assert 1 - no_signal(found - 1e-4, length, minimum) > 0.05 > 1 - no_signal(found + 1e-4, length, minimum)


@pytest.mark.parametrize(("events", "ratio", "minimum"), [(20, 1.0, 1), (60, 3.0, 2)])
def test_binomial_critical_values_by_another_route(events: int, ratio: float, minimum: int) -> None:
    """Histories without a signal, counted in exact fractions backwards from the last event, have the error that is told."""
    found = binomial_critical_value(events, ratio, 0.05, minimum)
    share = Fraction(1) / (1 + Fraction(ratio))

    def error(limit: float) -> float:
        ahead = [Fraction(0)] * (events + 2)
        for total in range(events, 0, -1):
            for exposed in range(total + 1):
                likely = 0.0
                if exposed > total * float(share):
                    likely = sum(
                        k * math.log(k / (total * of))
                        for k, of in ((exposed, float(share)), (total - exposed, 1 - float(share)))
                        if k
                    )
                if exposed >= minimum and likely > limit - 1e-9:
                    ahead[exposed] = Fraction(1)
            ahead = [share * ahead[k + 1] + (1 - share) * ahead[k] for k in range(events + 1)] + [Fraction(0)]
        return float(ahead[0])

    assert error(found.value) == pytest.approx(found.type_one_error, abs=1e-12)
    assert found.type_one_error <= 0.05
    assert found.below is not None
    assert error(found.below) > 0.05
