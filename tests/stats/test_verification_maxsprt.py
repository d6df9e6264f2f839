"""MaxSPRT by its second route: published critical values, the first route's numbers, every path by hand, and what is refused."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from medicore.errors import EstimationError
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
from medicore.stats.verification_maxsprt import BinomialHarm, PoissonHarm

PRINTED = 5e-7
"""Half a unit of the last digit of the published table."""
ROUTES = 1e-10
SUM = 1e-12


@pytest.mark.parametrize(("length", "value"), [(1, 2.853937), (10, 3.467952), (50, 3.819903)])
def test_published_critical_values(length: float, value: float) -> None:
    """Kulldorff et al. (2011) print these for a level of 5 % and signals from the first event on."""
    harm = PoissonHarm(0.05, length, 1)
    assert harm.critical_value(value) == pytest.approx(value, abs=PRINTED)
    assert harm.critical_value(40.0) == pytest.approx(value, abs=PRINTED)


@settings(max_examples=25)
@given(
    length=st.floats(0.5, 30),
    minimum=st.integers(1, 4),
    alpha=st.sampled_from([0.001, 0.01, 0.05]),
    part=st.floats(0, 1),
)
def test_both_routes_of_poisson_agree(length: float, minimum: int, alpha: float, part: float) -> None:
    """Critical value, level at the end and level spent by a part of it are those of the first route."""
    harm = PoissonHarm(alpha, length, minimum)
    try:
        first = poisson_critical_value(length, alpha, minimum)
    except EstimationError:
        assert harm.chance(0.0, length) < alpha
        return
    assert harm.critical_value(first.value) == pytest.approx(first.value, abs=ROUTES)
    assert harm.chance(first.value, length) == pytest.approx(first.type_one_error, abs=ROUTES)
    reached = part * length
    spent = poisson_type_one_error(first.value, reached, minimum) if reached else 0.0
    assert harm.chance(first.value, reached) == pytest.approx(spent, abs=ROUTES)


@settings(max_examples=25)
@given(
    events=st.integers(1, 40),
    minimum=st.integers(1, 3),
    alpha=st.sampled_from([0.001, 0.01, 0.05]),
    ratio=st.floats(0.2, 5),
    part=st.floats(0, 1),
)
def test_both_routes_of_binomial_agree(
    events: int, minimum: int, alpha: float, ratio: float, part: float
) -> None:
    """Critical value, level at the end and level spent by a part of it are those of the first route, or both have none."""
    minimum = min(minimum, events)
    harm = BinomialHarm(alpha, events, minimum, ratio)
    found = harm.critical_value(alpha)
    try:
        first = binomial_critical_value(events, ratio, alpha, minimum)
    except EstimationError:
        assert found is None
        return
    assert found == pytest.approx(first.value, abs=ROUTES)
    assert harm.chance(first.value, events) == pytest.approx(first.type_one_error, abs=ROUTES)
    reached = int(part * events)
    spent = binomial_type_one_error(first.value, reached, ratio, minimum)
    assert harm.chance(first.value, reached) == pytest.approx(spent, abs=ROUTES)


@given(
    count=st.integers(0, 60), others=st.integers(0, 60), expected=st.floats(0.01, 60), ratio=st.floats(0.2, 5)
)
def test_ratios_are_those_of_the_first_route(count: int, others: int, expected: float, ratio: float) -> None:
    """Of both kinds, and 0 where no more came than was expected."""
    one = PoissonHarm(0.05, 60.0, 1).ratio(count, expected)
    assert one == pytest.approx(poisson_ratio(count, expected), abs=ROUTES)
    other = BinomialHarm(0.05, 60, 1, ratio).ratio(count, count + others)
    assert other == pytest.approx(binomial_ratio(count, count + others, ratio), abs=ROUTES)
    assert min(one, other) >= 0


def test_the_chance_of_a_binomial_signal_by_every_path() -> None:
    """Among all sequences of ten events the probability of those that ever reach the limit is the chance of a signal."""
    events, ratio, minimum = 10, 1.7, 2
    harm = BinomialHarm(0.1, events, minimum, ratio)
    limit = harm.critical_value(0.1)
    assert limit is not None
    total = 0.0
    for path in itertools.product((0, 1), repeat=events):
        counts = np.cumsum(path)
        signals = (
            exposed >= minimum and harm.ratio(int(exposed), place + 1) > limit - SUM
            for place, exposed in enumerate(counts)
        )
        if any(signals):
            total += float(np.prod([harm.share if one else 1 - harm.share for one in path]))
    assert harm.chance(limit, events) == pytest.approx(total, abs=SUM)
    assert harm.chance(limit, 0) == 0
    attainable = [harm.ratio(k, n) for n in range(1, events + 1) for k in range(minimum, n + 1)]
    below = max(value for value in attainable if value < limit - SUM)
    assert total <= 0.1 < harm.chance(below, events)


def test_the_chance_before_the_first_limit_is_a_tail_of_poisson() -> None:
    """Until the first limit a signal needs the minimum of events; without a limit each of them is one that comes early."""
    harm = PoissonHarm(0.05, 3.0, 4)
    assert harm.chance(3.0, 0.2) == pytest.approx(float(poisson.sf(3, 0.2)), abs=SUM)
    assert harm.chance(3.0, 0.0) == 0
    assert PoissonHarm(0.05, 1.0, 1).chance(0.0, 1.0) == pytest.approx(1 - np.exp(-1), abs=SUM)
    assert BinomialHarm(0.05, 1, 1, 1.0).chance(0.1, 1) == pytest.approx(float(binom.pmf(1, 1, 0.5)), abs=SUM)


def test_a_surveillance_too_short_has_no_critical_value() -> None:
    """Three events of arms alike come all to the treated in one of eight cases: no limit keeps the level."""
    assert BinomialHarm(0.05, 3, 1, 1.0).critical_value(0.05) is None
    assert BinomialHarm(0.2, 3, 3, 1.0).critical_value(0.2) == pytest.approx(3 * np.log(2), abs=SUM)
