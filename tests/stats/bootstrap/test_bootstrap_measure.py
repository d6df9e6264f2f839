"""The bootstrap on ratios: its replicates, its failures and its acceleration."""

from dataclasses import replace

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.bootstrap_measure import NO_RISK, measured
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult, acceleration
from medicore.stats.effect.contrasts import means_of_influence
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.measures import effect_of
from medicore.stats.models.logistic import fit_logistic
from tests.stats.samples import draw


def replicated(*arm_means: tuple[float, float]) -> BootstrapResult:
    """Return a bootstrap of a difference with these arms' means as replicates."""
    means = np.array(arm_means)
    gaps = means[:, 0] - means[:, 1]
    return BootstrapResult(
        value=0.2, estimates=gaps, arm_means=means, hajek=gaps + 1, g_computation=gaps + 2,
        replicates=len(means), failed={"rank lost": 0}, seed=1, acceleration=0.01,
    )  # fmt: skip


CHANCE = np.random.Generator(np.random.PCG64(9))
SKEWED = CHANCE.exponential(size=200), CHANCE.exponential(size=200) ** 1.5
MEANS = means_of_influence("ATE", "any", (0.4, 0.15), SKEWED, "any")


@pytest.mark.parametrize(
    ("measure", "slopes"),
    [("risk ratio", (1 / 0.4, -1 / 0.15)), ("odds ratio", (1 / (0.4 * 0.6), -1 / (0.15 * 0.85)))],
)
def test_acceleration_is_that_of_the_contrasts_influence(measure: str, slopes: tuple[float, float]) -> None:
    """The delta method's influence of the logarithm, to twelve digits."""
    found = measured(replicated((0.4, 0.2), (0.5, 0.1)), MEANS, measure)  # type: ignore[arg-type]
    expected = acceleration(slopes[0] * SKEWED[0] + slopes[1] * SKEWED[1])
    assert found.acceleration == round(expected, 12)
    assert round(expected, 11) != found.acceleration != round(expected, 13)


def test_replicates_without_a_ratio_leave_all_their_figures() -> None:
    """Of four replicates the two with risks stay; two are enough, one is not."""
    result = replicated((0.4, 0.2), (1.0, 0.3), (0.5, 0.1), (0.2, -0.1))
    found = measured(result, MEANS, "risk ratio")
    np.testing.assert_allclose(found.estimates, [np.log(2), np.log(5)])
    np.testing.assert_array_equal(found.arm_means, [(0.4, 0.2), (0.5, 0.1)])
    np.testing.assert_array_equal(found.hajek, result.hajek[[0, 2]])
    np.testing.assert_array_equal(found.g_computation, result.g_computation[[0, 2]])
    assert found.failed == {"rank lost": 0, NO_RISK: 2}
    assert found.value == pytest.approx(np.log(0.4 / 0.15), rel=1e-12)
    lonely = replicated((0.4, 0.2), (1.0, 0.3))
    with pytest.raises(EstimationError, match="1 of 2 bootstrap replicates have risks"):
        measured(lonely, MEANS, "odds ratio")


def test_a_sample_without_a_ratio_is_refused() -> None:
    """However many replicates have one."""
    with pytest.raises(EstimationError, match="mean outcome of an arm"):
        measured(replicated((0.4, 0.2), (0.5, 0.1)), replace(MEANS, control=0.0), "risk ratio")


@pytest.mark.parametrize("measure", ["risk ratio", "odds ratio"])
def test_a_ratio_is_replicated_on_its_logarithm(measure: str) -> None:
    """The logarithm's bootstrap error agrees with the sandwich's, and the interval holds the estimate."""
    sample = draw(25, n=800, p=2, family="binomial")
    found = doubly_robust(sample.x, sample.treated, sample.outcome, sample.fit, family="binomial")
    made = measured(
        bootstrap_effect(
            sample.x, sample.x, sample.treated, sample.outcome, replicates=400, seed=7, family="binomial"
        ),
        found.stacked,
        measure,  # type: ignore[arg-type]
    )
    inference = effect_of(found.stacked, measure).inference  # type: ignore[arg-type]
    assert made.value == inference.value
    assert made.standard_error == pytest.approx(inference.standard_error, rel=0.15)
    for kind in ("percentile", "BCa"):
        low, high = made.interval(0.95, kind)  # type: ignore[arg-type]
        assert low < made.value < high
    assert made.failed[NO_RISK] == 0
    assert abs(made.acceleration) < 0.1


def test_replicates_without_a_risk_are_counted() -> None:
    """Where few events let AIPW means leave 0 to 1, those replicates are failures of the ratio, and said so."""
    rng = np.random.default_rng(8)
    treated, x = np.arange(80) % 2 == 0, rng.normal(size=(80, 1))
    outcome = np.where(np.arange(80) < 4, 0.05, 0.0) + 0.02 * x[:, 0]
    plain = bootstrap_effect(x, x, treated, outcome, replicates=100, seed=2)
    found = doubly_robust(x, treated, outcome, fit_logistic(x, treated))
    assert measured(plain, found.stacked, "difference") is plain
    if not min(found.mean_treated, found.mean_control) > 0:
        pytest.fail("the sample was meant to have two positive means")
    made = measured(plain, found.stacked, "risk ratio")
    assert made.failed[NO_RISK] > 0
    assert made.failed[NO_RISK] + len(made.estimates) == 100
    hopeless = doubly_robust(x, treated, outcome - 1, fit_logistic(x, treated))
    worse = bootstrap_effect(x, x, treated, outcome - 1, replicates=100, seed=2)
    with pytest.raises(EstimationError, match="report the difference"):
        measured(worse, hopeless.stacked, "odds ratio")
