"""The bootstrap of the mixed model: each resample is the model fitted to its subjects, in one way or the other."""

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.stats.bootstrap.bootstrap import NOT_CONVERGED, RANK_LOST
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.repeated import batched_mixed
from medicore.stats.repeated.batched_mixed import BatchedMoments, fit_batched
from medicore.stats.repeated.mixed_model import fit_mixed
from medicore.stats.repeated.resampled_visits import VisitResamples
from medicore.stats.repeated.subject_sandwich import subject_influence
from tests.stats.repeated.test_subject_sandwich import BOTH
from tests.stats.repeated_samples import Visits, profiles

AGAIN = 1e-7
"""The largest difference of scoring in a batch from Newton's method on the repeated rows."""
REPLICATES = 64


def resamples(data: Visits, *, restricted: bool = True) -> VisitResamples:
    """Return the subjects arranged for resampling."""
    fit = fit_mixed(data.design, data.outcome, restricted=restricted)
    return VisitResamples.of(fit, data.design, data.outcome, BOTH)


def drawn(n: int, number: int) -> NDArray[np.float64]:
    """Return how often each subject is in some resamples."""
    chance = np.random.Generator(np.random.PCG64(9))
    return np.stack([np.bincount(chance.integers(0, n, n), minlength=n) for _ in range(number)]).astype(float)


@pytest.mark.parametrize("restricted", [True, False])
def test_a_resample_is_the_model_of_its_rows(restricted: bool) -> None:
    """Counting subjects gives the means of the model that is fitted to their rows repeated."""
    data = profiles(11, n=60)
    counts = drawn(60, 3)
    found, failed = resamples(data, restricted=restricted).replicate(counts)
    for means, times in zip(found, counts.astype(int), strict=True):
        again = fit_mixed(
            np.repeat(data.design, times, axis=0),
            np.repeat(data.outcome, times, axis=0),
            restricted=restricted,
        )
        assert means[0] == pytest.approx(BOTH @ again.coefficients, abs=AGAIN)
        assert np.array_equal(means, np.repeat(means[:1], 3, axis=0))
    assert not any(flags.any() for flags in failed.values())


def test_the_bootstrap_is_near_the_sandwich_and_says_so_again() -> None:
    """Its standard error is within a fifth of the sandwich, and the same seed draws the same replicates."""
    data = profiles(12, n=80, share=0.1)
    made = resamples(data)
    root = subject_influence(made.fit, data.design, data.outcome, BOTH)
    one, zero = BOTH @ made.fit.coefficients
    means = ArmMeans("ATE", "MMRM", float(one), float(zero), root, "sandwich", 80)
    found = made.bootstrap(means, means, replicates=200, seed=4)
    assert found.standard_error == pytest.approx(float(np.linalg.norm(root @ [1, -1])), rel=0.2)
    assert found.value == pytest.approx(float(one - zero))
    shorter = made.bootstrap(means, means, replicates=REPLICATES, seed=4)
    assert np.array_equal(shorter.estimates, found.estimates[:REPLICATES])


def test_a_resample_without_an_arm_or_a_maximum_is_counted() -> None:
    """Without one arm a predictor is lost; with two subjects an arm no model reaches its maximum."""
    data = profiles(13, n=40)
    made = resamples(data)
    counts = np.zeros((3, 40))
    counts[0] = np.where(data.treated, 2, 0)
    counts[1, np.flatnonzero(~np.isnan(data.outcome).any(axis=1))[:5]] = 8
    counts[2] = 1
    found, failed = made.replicate(counts)
    assert failed[RANK_LOST].tolist() == [True, False, False]
    assert failed[NOT_CONVERGED].tolist() == [False, True, False]
    assert np.isnan(found[:2]).all()
    assert found[2, 0] == pytest.approx(BOTH @ made.fit.coefficients, abs=AGAIN)


def test_what_scoring_does_not_reach_newton_does() -> None:
    """A resample whose steps in the batch leave the positive matrices is fitted by itself, to the same means."""
    data = profiles(14, n=40)
    made, counts = resamples(data), drawn(40, 2)
    before, _ = made.replicate(counts)
    far = VisitResamples(made.fit, made.patterns, made.weights, 1e-4 * np.eye(3))
    after, failed = far.replicate(counts)
    assert after == pytest.approx(before, abs=1e-5)
    assert not failed[NOT_CONVERGED].any()


def test_a_batch_stops_where_a_matrix_is_singular() -> None:
    """Models of predictors without any variation reach no maximum, and nothing is raised."""
    moments = [BatchedMoments(np.array([0, 1]), np.array([3.0]), np.zeros((1, 2, 2, 3, 3)))]
    _, reached = fit_batched(moments, np.eye(2), restricted=True)
    assert not reached.any()


def test_a_resample_that_the_batch_does_not_reach_is_fitted_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the steps of scoring are used up, Newton's method gives the same means."""
    made, counts = resamples(profiles(11, n=60)), drawn(60, 3)
    found, _ = made.replicate(counts)
    monkeypatch.setattr(batched_mixed, "MOST_STEPS", 1)
    alone, failed = made.replicate(counts)
    assert alone == pytest.approx(found, abs=AGAIN)
    assert not failed[NOT_CONVERGED].any()
