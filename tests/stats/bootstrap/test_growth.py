"""The false alarms of the change since last month, by a plain simulation of studies that grow."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from medicore.errors import EstimationError
from medicore.stats.bootstrap.growth import change_alarm_rate
from medicore.stats.bootstrap.world import World
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.models.logistic import fit_logistic
from tests.stats.samples import Sample, draw

N, BEFORE = 60, 50


def world(sample: Sample) -> World:
    """Return the world of a sample."""
    return World.of(sample.x, sample.x, sample.treated, sample.outcome, sample.family)


def grown(made: World, number: int) -> list[float]:
    """Return by how many standard errors the estimate moves in studies whose last subjects came this month."""
    moved = []
    for index in range(number):
        chance = np.random.Generator(np.random.PCG64(50_000 + index))
        treated, outcome = made.draw(chance)
        order = chance.permutation(N)
        found = []
        for some in (order, order[:BEFORE]):
            x, arm, value = made.x_outcome[some], treated[some], outcome[some]
            fit = fit_logistic(x, arm)
            found.append(difference(small_sample_means(arm, value, fit, doubly_robust(x, arm, value, fit))))
        moved.append(abs(found[0].value - found[1].value) / found[0].standard_error)
    return moved


def test_the_rate_is_a_plain_simulations() -> None:
    """Of 120 studies that grow by a fifth as many move by the limit as of the 120 that the rate counts."""
    made = world(draw(34, n=N, p=3))
    moved = np.array(grown(made, 120))
    for limit in (0.3, 0.6):
        rate = change_alarm_rate(made, BEFORE, limit, seed=3, draws=120)
        assert 0.05 < rate < 0.9
        assert rate == pytest.approx(float((moved >= limit).mean()), abs=3.5 * np.sqrt(2 * 0.25 / 120))


def test_a_study_that_did_not_grow_cannot_move() -> None:
    """The rate is 0 without new subjects, and rises with their number; one seed has one rate."""
    made = world(draw(34, n=N, p=3))
    assert change_alarm_rate(made, N, 1e-9, seed=1) == 0
    rates = [change_alarm_rate(made, before, 0.5, seed=1, draws=40) for before in (58, 50, 40, 40)]
    assert rates[0] < rates[1] < rates[2] == rates[3]


def test_the_rate_is_that_of_the_measure_and_the_target() -> None:
    """A ratio moves otherwise than a difference, and the effect in the treated otherwise than that in all."""
    made = world(draw(36, n=120, family="binomial"))
    rates = {
        change_alarm_rate(made, 90, 0.4, seed=2, draws=40, family="binomial", measure=measure, target=target)
        for measure, target in (("difference", "ATE"), ("odds ratio", "ATE"), ("difference", "ATT"))
    }
    assert len(rates) == 3


def test_studies_whose_outcome_separates_are_left_out() -> None:
    """Where a covariate tells every event, the outcome models have no maximum, and the study says nothing."""
    x = np.random.Generator(np.random.PCG64(7)).normal(size=(N, 1))
    sure = np.column_stack([np.where(x[:, 0] > 0, 1.0, 0.0)] * 2)
    steep = World(x, x, np.full(N, 0.5), sure, (np.zeros(0), np.zeros(0)))
    with pytest.raises(EstimationError, match=r"^0 study of those drawn"):
        change_alarm_rate(steep, BEFORE, 0.5, seed=1, family="binomial", draws=4)


def test_a_world_that_cannot_be_estimated_has_no_rate() -> None:
    """Studies of one arm, and those in which a model separates, are left out; fewer than two that remain are an error."""
    made = world(draw(34, n=N, p=3))
    x = np.linspace(-1, 1, N)[:, None]
    for hopeless in (
        replace(made, score=np.full(N, 1e-9)),
        World(x, x, expit(1e4 * x[:, 0]), made.means, made.residuals),
    ):
        with pytest.raises(EstimationError, match="could be estimated; expected two or more"):
            change_alarm_rate(hopeless, BEFORE, 0.5, seed=1, draws=6)
