"""Resamples of the win probability: each is the estimator on the repeated rows, whatever stands beside it."""

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.bootstrap.bootstrap import ONE_ARM, RANK_LOST
from medicore.stats.bootstrap.bootstrap_measure import NO_WINS, measured
from medicore.stats.bootstrap.resampling import TILE
from medicore.stats.effect.measures import effect_of
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.ordinal.augmented_wins import augmented_wins, modelled_wins, weighted_wins
from medicore.stats.ordinal.batched_wins import WinSample
from tests.stats.ordinal.graded import Graded, graded

CLOSE = 1e-7


def sample(some: Graded) -> WinSample:
    """Return the sample arranged for resampling."""
    result = augmented_wins(some.x, some.treated, some.outcome, some.levels, some.fit)
    return WinSample.of(some.x, some.treated, some.outcome, some.levels, some.fit, result)


def three(some: Graded, rows: np.ndarray) -> list[float]:
    """Return the win probability of these rows: augmented, by the weights, by the models."""
    x, treated, outcome = some.x[rows], some.treated[rows], some.outcome[rows]
    fit = fit_logistic(x, treated)
    return [
        augmented_wins(x, treated, outcome, some.levels, fit).means.treated,
        weighted_wins(treated, outcome, some.levels, fit).treated,
        modelled_wins(x, treated, outcome, some.levels).treated,
    ]


def test_a_resample_is_the_estimator_on_its_rows() -> None:
    """All three estimators of each resample are those of the repeated rows, each model fitted again."""
    some, chance = graded(), np.random.default_rng(8)
    weights = np.stack(
        [np.bincount(chance.integers(0, 150, 150), minlength=150) for _ in range(TILE)]
    ).astype(float)
    weights[0] = 1
    means, failed = sample(some).replicate(weights)
    assert not np.any(list(failed.values()))
    for place in (0, 1, TILE - 1):
        rows = np.repeat(np.arange(150), weights[place].astype(int))
        assert means[place, :, 0] == pytest.approx(three(some, rows), abs=CLOSE)
    assert means.sum(axis=2) == pytest.approx(1)


def test_the_jackknife_is_that_of_a_loop() -> None:
    """Its variance is (n − 1)/n Σ(θ₋ᵢ − θ̄)² of estimates without each subject."""
    some = graded(n=60)
    found = effect_of(sample(some).jackknifed(54.0), "difference").inference
    without = np.array([2 * three(some, np.delete(np.arange(60), one))[0] - 1 for one in range(60)])
    by_loop = np.sqrt(59 / 60 * ((without - without.mean()) ** 2).sum())
    assert found.standard_error == pytest.approx(by_loop, rel=CLOSE)
    assert found.degrees_of_freedom == 54


def test_the_bootstrap_is_repeatable_and_agrees_with_the_formula() -> None:
    """The same seed gives the same replicates, spread as the stacked standard error says."""
    some = graded(n=400)
    drawn, again = (sample(some).bootstrap(640, 11) for _ in range(2))
    assert np.array_equal(drawn.estimates, again.estimates)
    stacked = sample(some).result.stacked
    odds = measured(drawn, stacked, "win odds")
    assert odds.failed[NO_WINS] == 0
    assert odds.standard_error == pytest.approx(
        effect_of(stacked, "win odds").inference.standard_error, rel=0.1
    )
    assert odds.value == effect_of(stacked, "win odds").inference.value


def test_a_resample_that_cannot_be_estimated_says_why() -> None:
    """One arm alone, and columns that are dependent in an arm, are flagged."""
    some = graded()
    weights = np.ones((TILE, 150))
    weights[0, some.treated] = 0
    weights[1, ~some.treated & (some.x[:, 1] == 1)] = 0
    _, failed = sample(some).replicate(weights)
    assert failed[ONE_ARM].nonzero()[0].tolist() == [0]
    assert failed[RANK_LOST][1]
    assert not np.any([flags[2:] for flags in failed.values()])


def test_an_estimate_that_rests_on_one_subject_has_no_jackknife() -> None:
    """Where the models need a subject, the refusal says that the estimate rests on single subjects."""
    some = graded(n=60)
    x = np.column_stack(
        [some.x, np.arange(60) == np.flatnonzero(~some.treated)[0], some.treated & (some.x[:, 1] == 1)]
    )
    alone = Graded(x[:, :3], some.treated, some.outcome, some.levels, some.fit)
    with pytest.raises(EstimationError, match="rests on single subjects"):
        sample(alone).jackknifed(50.0)
