"""Replicates that cannot be estimated: each is counted by its first reason, and two at least must be left."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.bootstrap import batched_firth
from medicore.stats.bootstrap.batched_outcome import ArmReplicates, LinearOutcome
from medicore.stats.bootstrap.bootstrap import ONE_ARM, bootstrap_effect
from medicore.stats.bootstrap.replicated import bootstrap_means
from medicore.stats.bootstrap.resampling import TILE, drawn, seeded_streams
from tests.stats.counts.counted import counted
from tests.stats.samples import draw

Vector = NDArray[np.float64]


def few_treated() -> tuple[Vector, NDArray[np.bool_], Vector]:
    """Return one covariate, the arm and the outcome of five treated subjects and 35 controls."""
    chance = np.random.Generator(np.random.PCG64(9))
    treated = np.arange(40) < 5
    return chance.normal(size=(40, 1)) + treated[:, None], treated, chance.normal(size=40)


def test_failures_are_counted_by_their_first_reason() -> None:
    """With few subjects in an arm, resamples lack the arm, rank or overlap, and all of them are accounted for."""
    x, treated, outcome = few_treated()
    found = bootstrap_effect(x, x, treated, outcome, replicates=2000, seed=3)
    assert set(found.failed) == {"one arm only", "rank lost", "separation", "not converged"}
    assert sum(found.failed.values()) + len(found.estimates) == 2000
    times = [
        np.unique(row[row < 5])
        for stream in seeded_streams(3, 2000)
        for some in drawn(stream, 40)
        for row in some
    ][:2000]
    assert found.failed["one arm only"] == sum(len(some) == 0 for some in times)
    assert found.failed["rank lost"] == sum(len(some) == 1 for some in times)
    assert found.failed["separation"] > 0
    assert np.isfinite(found.estimates).all()


def test_a_mean_that_is_no_number_is_a_failure_in_either_arm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a finite mean of the treated in replicate 3, and of the controls in 5, these two alone fail."""

    def broken(*args: Any) -> ArmReplicates:
        found = means(*args)
        found.augmented[[3, 5], [0, 1]] = np.nan, np.inf
        return found

    s, means = draw(29), LinearOutcome.means
    sample = s.x, s.x, s.treated, s.outcome
    whole = bootstrap_effect(*sample, replicates=32, seed=1)
    monkeypatch.setattr(LinearOutcome, "means", broken)
    part = bootstrap_effect(*sample, replicates=32, seed=1)
    assert (sum(whole.failed.values()), sum(part.failed.values()), part.failed["not converged"]) == (0, 2, 2)
    assert (part.estimates == np.delete(whole.estimates, [3, 5])).all()


def test_one_usable_replicate_is_no_bootstrap() -> None:
    """Of two resamples of five treated and 35 controls one draws a single treated subject, and one is too few."""
    x, treated, outcome = few_treated()
    with pytest.raises(EstimationError, match=r"^1 of 2 bootstrap replicates .*\(rank lost 1\)"):
        bootstrap_effect(x, x, treated, outcome, replicates=2, seed=29)


def test_a_separated_sample_has_no_bootstrap() -> None:
    """Where a covariate tells the arms apart, no replicate can be estimated, and the message counts why."""
    x = np.linspace(-1, 1, 60)[:, None]
    with pytest.raises(EstimationError, match=r"^0 of 40 bootstrap replicates .*separation 40"):
        bootstrap_effect(x, x, x[:, 0] > 0, x[:, 0] ** 2, replicates=40, seed=1)


def test_a_penalised_fit_without_steps_left_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Firth's regressions that end before their maximum are failures, and none of them is an estimate."""
    sample = draw(60, family="binomial")
    data = sample.x, sample.x, sample.treated, sample.outcome
    found = bootstrap_effect(*data, family="firth", replicates=64, seed=3)
    assert found.failed["not converged"] == 0
    monkeypatch.setattr(batched_firth, "STEPS", 1)
    with pytest.raises(EstimationError, match="not converged 64"):
        bootstrap_effect(*data, family="firth", replicates=64, seed=3)


def test_a_bootstrap_whose_first_tile_yields_nothing_ends_there() -> None:
    """Nobody waits for a thousand replicates when none of the first can be estimated."""
    drawn_tiles = []

    def replicate(weights: Vector) -> tuple[Vector, dict[str, NDArray[np.bool_]]]:
        drawn_tiles.append(len(weights))
        return np.zeros((len(weights), 3, 2)), {ONE_ARM: np.ones(len(weights), dtype=bool)}

    result = counted(46, n=60).result()
    with pytest.raises(EstimationError, match=f"0 of {TILE} bootstrap replicates"):
        bootstrap_means(replicate, result.means, result.stacked, (ONE_ARM,), replicates=1000, seed=1)
    assert drawn_tiles == [TILE]
