"""The study that is right: predictors freed of what they owe to chance, and what is drawn from it."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from medicore.errors import EstimationError
from medicore.stats.bootstrap.world import World, freed
from medicore.stats.models.firth import fit_firth
from tests.stats.samples import Sample, draw

Vector = NDArray[np.float64]

ROUNDING = 1e-9
ROOT = 1e-7
"""How exactly the intercept is found."""
SELECTION = np.array([0.6, -0.4, 0.2])
ERRORS = 3.5
"""Monte-Carlo errors by which a mean over simulated studies may differ from the truth."""


def world(sample: Sample, *, randomised: bool = False) -> World:
    """Return the world of a sample."""
    return World.of(sample.x, sample.x, sample.treated, sample.outcome, sample.family, randomised=randomised)


def least_squares(x: Vector, outcome: Vector, subset: NDArray[np.bool_]) -> tuple[Vector, Vector]:
    """Return coefficients and their covariance, by the normal equations of the subset."""
    table = np.column_stack([np.ones(len(x)), x])[subset]
    inverse = np.linalg.inv(table.T @ table)
    theta = inverse @ table.T @ outcome[subset]
    squares = float(((outcome[subset] - table @ theta) ** 2).sum())
    return theta, inverse * squares / (len(table) - len(theta))


def noise(x: Vector, covariance: Vector) -> float:
    """Return tr(SV) of the covariates' covariance matrix and the coefficients' without the intercept."""
    return float(np.trace(np.cov(x.T, ddof=0) @ covariance[1:, 1:]))


def test_a_predictor_loses_its_noise_and_keeps_its_mean() -> None:
    """The variance is less by the noise; where there is no more than noise, or nothing varies, all are the mean."""
    predictor = np.array([1.0, 2.0, 4.0, 9.0])
    made = freed(predictor, 2.5)
    assert made.mean() == pytest.approx(4.0)
    assert made.var() == pytest.approx(predictor.var() - 2.5)
    assert np.corrcoef(made, predictor)[0, 1] == pytest.approx(1)
    for noisy in (predictor.var(), 100.0):
        assert freed(predictor, noisy) == pytest.approx(np.full(4, 4.0))
    assert freed(np.full(3, 0.7), 0.1) == pytest.approx(np.full(3, 0.7))


def test_effects_and_averages_lose_the_noise_of_least_squares() -> None:
    """Effect and average of the arms' predictions lose the noise that the normal equations of each arm give."""
    sample = draw(21, n=90, p=5)
    sample = sample.with_outcome(sample.outcome + sample.treated * sample.x[:, 0] * 1.5)
    made = world(sample).means
    models = [least_squares(sample.x, sample.outcome, arm) for arm in (sample.treated, ~sample.treated)]
    one, zero = (np.column_stack([np.ones(90), sample.x]) @ theta for theta, _ in models)
    both = sum(noise(sample.x, covariance) for _, covariance in models)
    effect, average = made[:, 0] - made[:, 1], made.mean(axis=1)
    for found, fitted, owed in ((effect, one - zero, both), (average, (one + zero) / 2, both / 4)):
        assert found.mean() == pytest.approx(fitted.mean(), rel=ROUNDING)
        assert found.var() == pytest.approx(fitted.var() - owed, rel=ROUNDING)
        assert owed > 0.01


def test_scores_lose_the_noise_of_penalised_likelihood() -> None:
    """Linear predictors of the scores lose the noise of Firth's coefficients; the mean score is the treated's share."""
    sample = draw(21, n=200)
    made = world(sample).score
    fit = fit_firth(sample.x, sample.treated)
    table = np.column_stack([np.ones(200), sample.x])
    covariance = np.linalg.inv((table * (fit.fitted * (1 - fit.fitted))[:, None]).T @ table)
    expected = logit(fit.fitted).var() - noise(sample.x, covariance)
    assert logit(made).var() == pytest.approx(expected, rel=1e-6)
    assert made.mean() == pytest.approx(sample.treated.mean(), abs=ROOT)


def test_the_variances_of_score_and_effect_are_the_true_ones_on_average() -> None:
    """Over 100 studies of 100 subjects with ten covariates the mean variances are those of the truth; the fitted ones are far off."""
    found, fitted = [], []
    for index in range(100):
        chance = np.random.Generator(np.random.PCG64([17, index]))
        x = chance.normal(size=(100, 10))
        selected, effects = x[:, :3] @ SELECTION, 1 + x[:, :3] @ np.array([0.5, 0.0, 0.5])
        treated = chance.random(100) < expit(selected)
        outcome = treated * effects + x[:, 0] + chance.normal(size=100)
        made = World.of(x, x, treated, outcome)
        found.append(
            [
                logit(made.score).var() - selected.var(),
                (made.means[:, 0] - made.means[:, 1]).var() - effects.var(),
            ]
        )
        theta = [least_squares(x, outcome, arm)[0] for arm in (treated, ~treated)]
        fitted.append((x @ (theta[0] - theta[1])[1:]).var() - effects.var())
    off, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(100)
    assert (np.abs(off) < ERRORS * error).all()
    assert (error < 0.07).all()
    assert np.mean(fitted) > 0.3


def test_the_effects_of_a_binary_outcome_have_the_true_variance_on_average() -> None:
    """On the scale of the logit the effect of 100 studies varies as much as the true one."""
    found = []
    for index in range(100):
        chance = np.random.Generator(np.random.PCG64([18, index]))
        x = chance.normal(size=(240, 3))
        treated = np.arange(240) % 2 == 0
        effects = 0.5 + 0.8 * x[:, 0]
        outcome = (chance.random(240) < expit(treated * effects + 0.4 * x[:, 1])).astype(np.float64)
        means = logit(World.of(x, x, treated, outcome, "binomial", randomised=True).means)
        found.append((means[:, 0] - means[:, 1]).var() - effects.var())
    assert np.mean(found) == pytest.approx(0, abs=ERRORS * np.std(found) / np.sqrt(100))
    assert np.std(found) / np.sqrt(100) < 0.07


def test_scores_that_say_nothing_are_all_the_share() -> None:
    """No more variance of the scores than their noise, or a randomised study, leaves the treated's share to everybody."""
    chance = np.random.Generator(np.random.PCG64(4))
    x = chance.normal(size=(120, 6))
    treated = np.arange(120) % 3 == 0
    x -= np.where(treated[:, None], x[treated].mean(axis=0), x[~treated].mean(axis=0)) * 0.9
    idle = Sample(x, treated, chance.normal(size=120))
    assert world(idle).score == pytest.approx(np.full(120, 1 / 3))
    sample = draw(22)
    made = world(sample, randomised=True).score
    assert np.array_equal(made, np.full(240, sample.treated.mean()))


def test_columns_that_say_nothing_new_change_nothing() -> None:
    """A constant column, or one that is the sum of others, leaves the world as it is."""
    sample = draw(30, n=80)
    wider = np.column_stack([sample.x, np.ones(80), sample.x.sum(axis=1)])
    made, same = world(sample), World.of(wider, wider, sample.treated, sample.outcome)
    assert same.score == pytest.approx(made.score, rel=ROOT)
    assert same.means == pytest.approx(made.means, rel=ROOT)


def test_scores_without_a_covariate_that_varies_are_the_share() -> None:
    """Where the models have no parameter but the intercept, everybody has the arm's share and its mean."""
    treated = np.arange(40) % 4 == 0
    outcome = np.random.Generator(np.random.PCG64(5)).normal(size=40)
    made = world(Sample(np.ones((40, 1)), treated, outcome))
    assert made.score == pytest.approx(np.full(40, 0.25))
    assert made.means == pytest.approx(np.tile([outcome[treated].mean(), outcome[~treated].mean()], (40, 1)))


def test_drawn_outcomes_follow_the_fitted_models() -> None:
    """Means are those of the arm that is drawn, residuals have mean 0 and the arm's own variance, freed of the fit."""
    chance = np.random.Generator(np.random.PCG64(6))
    x, treated = chance.normal(size=(60, 4)), np.arange(60) % 2 == 0
    outcome = 5 * treated + x[:, 0] + np.where(treated, 3.0, 0.5) * chance.normal(size=60)
    made = world(Sample(x, treated, outcome), randomised=True)
    drawn = [made.draw(np.random.Generator(np.random.PCG64(number))) for number in range(400)]
    arms = np.array([arm for arm, _ in drawn])
    residual = np.array([y - np.where(arm, made.means[:, 0], made.means[:, 1]) for arm, y in drawn])
    assert arms.mean() == pytest.approx(0.5, abs=0.02)
    assert len(np.unique(arms.sum(axis=1))) > 10
    for place, inside in enumerate((arms, ~arms)):
        assert residual[inside].mean() == pytest.approx(0, abs=0.06)
        arm = treated if place == 0 else ~treated
        theta, _ = least_squares(x, outcome, arm)
        fitted = (outcome - theta[0] - x @ theta[1:])[arm]
        unbiased = np.sqrt((fitted**2).sum() / (30 - 5))
        assert residual[inside].std() == pytest.approx(unbiased, rel=0.04)


def test_binary_outcomes_are_drawn_with_their_risks() -> None:
    """Every outcome is 0 or 1, and its frequency is the predicted risk under the arm that is drawn."""
    sample = draw(23, n=150, family="binomial")
    made = world(sample)
    drawn = [made.draw(np.random.Generator(np.random.PCG64(number))) for number in range(600)]
    outcomes, arms = np.array([y for _, y in drawn]), np.array([arm for arm, _ in drawn])
    assert set(np.unique(outcomes)) == {0.0, 1.0}
    for place, inside in enumerate((arms, ~arms)):
        risk = np.where(inside, outcomes, 0).sum() / inside.sum()
        expected = (inside * made.means[:, place]).sum() / inside.sum()
        assert risk == pytest.approx(expected, abs=0.01)


def test_each_arm_keeps_its_share_of_events() -> None:
    """The mean risk of an arm's own subjects is its share of events, half an event added to either side, even without any."""
    sample = draw(31, n=90, family="binomial")
    rare = sample.with_outcome(np.where(sample.treated, 0.0, sample.outcome))
    for one in (sample, rare):
        made = world(one)
        for place, arm in enumerate((one.treated, ~one.treated)):
            share = (one.outcome[arm].sum() + 0.5) / (arm.sum() + 1)
            assert made.means[arm, place].mean() == pytest.approx(share, abs=ROOT)
            assert 0 < made.means[:, place].min() <= made.means[:, place].max() < 1


def test_a_subject_that_alone_determines_a_coefficient_has_no_residual() -> None:
    """A leverage of 1 does not divide by zero: the residual stays as small as it is."""
    chance = np.random.Generator(np.random.PCG64(8))
    treated = np.arange(30) % 2 == 0
    alone = np.zeros(30)
    alone[[4, 7]] = 1.0
    outcome = chance.normal(size=30)
    made = world(Sample(alone[:, None], treated, outcome), randomised=True)
    for pool, arm, only in zip(made.residuals, (treated, ~treated), (4, 7), strict=True):
        rest = outcome[arm & (alone == 0)]
        expected = (rest - rest.mean()) / np.sqrt(1 - 1 / 14)
        place = int(arm[:only].sum())
        assert np.delete(pool, place) == pytest.approx(expected, abs=ROUNDING)
        assert pool[place] == pytest.approx(0, abs=ROUNDING)


def test_an_outcome_that_is_no_event_is_refused() -> None:
    """A binomial outcome other than 0 and 1 is refused, as the models refuse it."""
    sample = draw(32, n=60)
    with pytest.raises(EstimationError, match="other than 0 and 1"):
        World.of(sample.x, sample.x, sample.treated, sample.outcome, "binomial")
