"""Bounds for harm and futility: what they spend, and that they do not bind."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.special import ndtri

from medicore.errors import EstimationError
from medicore.stats.monitoring.boundaries import AlphaSpending, Look, looks
from medicore.stats.monitoring.crossing import crossing_probabilities
from medicore.stats.monitoring.lower_bounds import futility_bounds, harm_looks
from tests.stats.monitoring.designs import (
    EQUAL,
    LATE,
    OBRIEN_FLEMING,
    ONE_SIDED,
    POCOCK,
    PROBABILITY,
    fractions,
)

HARM = AlphaSpending(POCOCK, 0.05, 1)
DRIFT = 3.4
EFFICACY = [look.critical_value for look in looks(ONE_SIDED, EQUAL)]


def test_harm_is_efficacy_turned_over() -> None:
    """Each bound is the one-sided design's with the other sign, the same levels, now and after earlier looks."""
    found, above = harm_looks(HARM, EQUAL), looks(HARM, EQUAL)
    assert found == tuple(replace(look, critical_value=-look.critical_value) for look in above)
    assert harm_looks(HARM, EQUAL[2:], earlier=found[:2]) == found[2:]


def test_harm_is_found_by_chance_at_its_level_at_most() -> None:
    """Without efficacy bounds with exactly this probability, with them with less."""
    lower = [look.critical_value for look in harm_looks(HARM, EQUAL)]
    alone = crossing_probabilities(EQUAL, lower, [np.inf] * 5)
    assert sum(alone.lower) == pytest.approx(0.05, abs=PROBABILITY)
    assert 0.04 < sum(crossing_probabilities(EQUAL, lower, EFFICACY).lower) <= sum(alone.lower)


def test_harm_has_one_side() -> None:
    """A two-sided design is refused."""
    with pytest.raises(EstimationError, match="harm is two-sided"):
        harm_looks(LATE, EQUAL)
    assert harm_looks(HARM, (0.5,), earlier=(Look(0.5, -1.0, 0.05, 0.03),))[0].kept


@settings(max_examples=20)
@given(fractions())
def test_futility_spends_beta_under_the_effect(at: tuple[float, ...]) -> None:
    """Wherever the bound is below that for efficacy, it is met with the probability that beta spending gives it."""
    upper = [look.critical_value for look in looks(ONE_SIDED, at)]
    bounds = futility_bounds(at, upper, OBRIEN_FLEMING, 0.2, DRIFT)
    met = crossing_probabilities(at, bounds, upper, DRIFT).lower
    spent = np.diff([0.0, *(OBRIEN_FLEMING.spent(fraction, 0.2) for fraction in at)])
    for bound, high, probability, level in zip(bounds, upper, met, spent, strict=True):
        assert bound <= high
        if bound < high:
            assert probability == pytest.approx(level, abs=PROBABILITY)


def test_futility_meets_efficacy_where_power_is_enough() -> None:
    """With a drift of 6 the last bounds are one: the study is decided; with 2 there is room between them."""
    enough = futility_bounds(EQUAL, EFFICACY, POCOCK, 0.1, 6)
    assert enough[-1] == EFFICACY[-1]
    assert futility_bounds((1.0,), (2.0,), POCOCK, 0.1, 0.5) == pytest.approx((0.5 + ndtri(0.1),), abs=1e-9)
    short = futility_bounds(EQUAL, EFFICACY, POCOCK, 0.1, 2)
    assert short[-1] < EFFICACY[-1]
    assert [*short] == sorted(short)


def test_futility_without_efficacy_at_a_look() -> None:
    """A look at which efficacy has no bound has one for futility all the same; one that spends nothing has none."""
    bounds = futility_bounds((0.02, 0.5, 1), (np.inf, np.inf, 2), OBRIEN_FLEMING, 1e-9, DRIFT)
    assert bounds[0] == -np.inf
    assert -10 < bounds[1] < bounds[2]


@pytest.mark.parametrize(
    ("at", "upper", "beta", "drift", "words"),
    [
        ((0.5, 0.4), (2, 2), 0.1, 3, "look 2 has information fraction"),
        ((0.5, 1), (2,), 0.1, 3, "1 upper bounds for 2 looks"),
        ((0.5, 1), (2, 2), 1.0, 3, "beta is 1"),
        ((0.5, 1), (2, 2), 0.1, 0.0, "the drift is 0"),
        ((0.5, 1), (2, 2), 0.1, np.inf, "the drift is inf"),
    ],
)
def test_what_futility_refuses(
    at: tuple[float, ...], upper: tuple[float, ...], beta: float, drift: float, words: str
) -> None:
    """Fractions that fall, too few bounds, a level that is none, a drift that is none."""
    with pytest.raises(EstimationError, match=words):
        futility_bounds(at, upper, POCOCK, beta, drift)
