"""The win probability: its value by counting pairs, its variance by derivatives, and its neighbours in the literature."""

import numpy as np
import pytest
from scipy.stats import brunnermunzel, mannwhitneyu

from medicore.errors import EstimationError
from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.contrasts import ArmMeans, log_win_odds
from medicore.stats.effect.measures import contrasts_of, effect_of
from medicore.stats.ordinal.augmented_wins import (
    augmented_wins,
    modelled_wins,
    unadjusted_thresholds,
    unadjusted_wins,
    weighted_wins,
)
from medicore.stats.ordinal.wins import at_or_below, level_shares, win_means, win_probability
from tests.stats.ordinal.graded import graded

EXACT = 1e-12
CLOSE = 1e-7


def test_pairs_are_counted() -> None:
    """Of two samples the chance is the share of pairs that the treated wins, and half of the ties."""
    chance = np.random.default_rng(3)
    for _ in range(20):
        one, zero = chance.integers(0, 4, 17), chance.integers(0, 4, 23)
        pairs = (one[:, None] > zero).mean() + (one[:, None] == zero).mean() / 2
        below = [(values[:, None] <= np.arange(3)).mean(axis=0) for values in (one, zero)]
        assert win_probability(below[0], below[1]) == pytest.approx(pairs, abs=EXACT)


def test_the_variance_is_by_the_derivatives_of_all_thresholds() -> None:
    """A step along each root changes the chance as the root of the chance says; both chances add up to 1."""
    chance, step = np.random.default_rng(4), 1e-6
    one, zero = np.array([0.2, 0.5, 0.9]), np.array([0.3, 0.6, 0.7])
    roots = chance.normal(size=(3, 8, 2))
    thresholds = [
        ArmMeans("ATE", "any", one[k], zero[k], roots[k], "robust", 8, degrees_of_freedom=6.0)
        for k in range(3)
    ]
    found = win_means(thresholds, "wins")
    for row in range(8):
        moved = win_probability(one + step * roots[:, row, 0], zero + step * roots[:, row, 1])
        slope = (float(moved) - found.treated) / step
        assert found.root[row, 0] == pytest.approx(slope, abs=1e-5)
        assert found.root[row, 1] == -found.root[row, 0]
    assert found.treated + found.control == 1
    assert (found.estimator, found.variance, found.n, found.degrees_of_freedom) == ("wins", "robust", 8, 6.0)


def test_without_adjustment_it_is_the_statistic_of_mann_and_whitney() -> None:
    """Value as by scipy's ``mannwhitneyu``, standard error as in its ``brunnermunzel``."""
    some = graded()
    found = unadjusted_wins(some.treated, some.outcome, some.levels)
    one, zero = some.outcome[some.treated], some.outcome[~some.treated]
    assert found.treated == pytest.approx(
        mannwhitneyu(one, zero).statistic / (len(one) * len(zero)), abs=EXACT
    )
    benefit = effect_of(found, "difference").inference
    statistic = abs(brunnermunzel(one, zero).statistic)
    assert benefit.value / benefit.standard_error == pytest.approx(statistic, rel=1e-9)


def test_the_shares_of_the_levels_are_those_of_each_arm() -> None:
    """Without adjustment each is the share of the arm, with the binomial standard error of ddof 1."""
    some = graded()
    found = level_shares(unadjusted_thresholds(some.treated, some.outcome, some.levels))
    assert len(found) == some.levels
    for place, pair in enumerate(found):
        for estimate, inside in zip(pair, (some.treated, ~some.treated), strict=True):
            mine = some.outcome[inside] == place
            assert estimate.value == pytest.approx(mine.mean(), abs=EXACT)
            assert estimate.standard_error == pytest.approx(mine.std(ddof=1) / np.sqrt(len(mine)), rel=1e-9)


def test_two_levels_are_a_binary_outcome() -> None:
    """The net benefit is then the difference of the chances of the better level, with the same two standard errors."""
    some = graded(levels=2)
    found = augmented_wins(some.x, some.treated, some.outcome, 2, some.fit)
    binary = augmented_inverse_probability(some.x, some.treated, some.outcome, some.fit)
    for mine, other in ((found.means, binary.means), (found.stacked, binary.stacked)):
        benefit, difference = effect_of(mine, "difference"), effect_of(other, "difference")
        assert benefit.value == pytest.approx(difference.value, abs=EXACT)
        assert benefit.inference.standard_error == pytest.approx(
            difference.inference.standard_error, rel=1e-9
        )


@pytest.mark.parametrize("models", ["gaussian", "binomial"])
def test_the_other_arm_and_the_other_order_turn_the_effect_round(models: str) -> None:
    """Exchanged arms, and levels in the opposite order, invert the win odds and keep its standard error."""
    some = graded(n=400, levels=4)
    kept = effect_of(
        augmented_wins(some.x, some.treated, some.outcome, 4, some.fit, models=models).stacked,  # type: ignore[arg-type]
        "win odds",
    )
    back = effect_of(
        augmented_wins(some.x, some.treated, 3 - some.outcome, 4, some.fit, models=models).stacked,  # type: ignore[arg-type]
        "win odds",
    )
    assert kept.value * back.value == pytest.approx(1, abs=CLOSE)
    assert kept.inference.standard_error == pytest.approx(back.inference.standard_error, rel=CLOSE)
    assert kept.estimand == "ATE, win odds"


def test_levels_that_nobody_has_change_nothing() -> None:
    """A level more, above the best that occurs, leaves value and error as they are."""
    some = graded()
    found = augmented_wins(some.x, some.treated, some.outcome, some.levels, some.fit)
    more = augmented_wins(some.x, some.treated, some.outcome, some.levels + 1, some.fit)
    assert more.means.treated == pytest.approx(found.means.treated, abs=EXACT)
    assert more.stacked.root == pytest.approx(found.stacked.root, abs=CLOSE)
    assert [len(one.thresholds) for one in (found, more)] == [4, 5]


def test_adjustment_takes_confounding_out() -> None:
    """In a large confounded sample without effect every adjusted estimator is near one half, the unadjusted is not."""
    some = graded(n=20000, effect=0.0, confounded=1.0)
    x, treated, outcome, levels = some.x, some.treated, some.outcome, some.levels
    adjusted = (
        augmented_wins(x, treated, outcome, levels, some.fit).means,
        augmented_wins(x, treated, outcome, levels, some.fit, form="joint").means,
        augmented_wins(x, treated, outcome, levels, some.fit, models="binomial").means,
        modelled_wins(x, treated, outcome, levels),
        modelled_wins(x, treated, outcome, levels, "joint"),
        weighted_wins(treated, outcome, levels, some.fit),
    )
    for means in adjusted:
        assert abs(means.treated - 0.5) < 0.02
    assert unadjusted_wins(treated, outcome, levels).treated > 0.6
    assert [means.estimator for means in adjusted[:3]] == [
        "AIPW of each threshold",
        "AIPW of each threshold, joint models",
        "AIPW of each threshold, logistic models",
    ]


@pytest.mark.parametrize(
    ("outcome", "levels"), [([0.0, 3.0], 3), ([0.5, 1.0], 3), ([0.0, 0.0], 1), ([-1.0, 0.0], 2)]
)
def test_a_place_outside_the_order_is_refused(outcome: list[float], levels: int) -> None:
    """Places are whole numbers from 0 to the number of levels less 1, and there are two or more."""
    with pytest.raises(EstimationError, match="expected two levels or more, and places from 0"):
        at_or_below(np.array(outcome), levels)


def test_win_odds_need_arms_that_overlap() -> None:
    """Where one arm always wins there are no odds: neither of the estimate nor of a replicate."""
    root = np.zeros((2, 2))
    for treated in (0.0, 1.0):
        with pytest.raises(EstimationError, match="the win probability is not strictly between 0 and 1"):
            log_win_odds(ArmMeans("ATE", "any", treated, 1 - treated, root, "robust", 2))
    found = contrasts_of(np.array([1.0, 0.75]), np.array([0.0, 0.25]), "win odds")
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(np.log(3))
