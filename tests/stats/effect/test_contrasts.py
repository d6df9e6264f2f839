"""Effect measures from two means, and their standard errors by the delta method."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import contingency

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import (
    ArmMeans,
    difference,
    log_odds_ratio,
    log_risk_ratio,
    mean_control,
    mean_treated,
    means_of_influence,
    odds_ratio,
    risk_ratio,
)
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.unadjusted import unadjusted_means
from tests.stats.samples import draw

Measure = Callable[[ArmMeans], Estimate]
FORMULAS: dict[Measure, Callable[[float, float], float]] = {
    mean_treated: lambda one, zero: one + 0 * zero,
    mean_control: lambda one, zero: zero + 0 * one,
    difference: lambda one, zero: one - zero,
    risk_ratio: lambda one, zero: one / zero,
    log_risk_ratio: lambda one, zero: np.log(one / zero),
    odds_ratio: lambda one, zero: one / (1 - one) / (zero / (1 - zero)),
    log_odds_ratio: lambda one, zero: np.log(one / (1 - one) / (zero / (1 - zero))),
}
ONE, ZERO = 0.3, 0.45
ROOT = np.array([[0.05, 0.01], [0.0, 0.04], [0.02, -0.01]])


def means(one: float = ONE, zero: float = ZERO) -> ArmMeans:
    """Return two risks with a covariance matrix."""
    return ArmMeans("ATE", "test", one, zero, ROOT, "given", 100)


@pytest.mark.parametrize("measure", FORMULAS)
def test_value_and_standard_error_follow_the_formula(measure: Measure) -> None:
    """The value is the formula's, and the error its gradient, by central differences, on the covariance."""
    formula, step = FORMULAS[measure], 1e-6
    gradient = np.array(
        [
            (formula(ONE + step, ZERO) - formula(ONE - step, ZERO)) / (2 * step),
            (formula(ONE, ZERO + step) - formula(ONE, ZERO - step)) / (2 * step),
        ]
    )
    found = measure(means())
    assert found.value == pytest.approx(formula(ONE, ZERO), rel=1e-12)
    expected = np.sqrt(gradient @ means().covariance @ gradient)
    assert found.standard_error == pytest.approx(expected, rel=1e-8)
    assert (found.estimator, found.variance, found.n) == ("test", "given", 100)


def test_each_measure_names_what_it_is_of() -> None:
    """A difference carries the population's name alone; every other measure adds its own."""
    names = [measure(means()).estimand for measure in FORMULAS]
    assert names == [
        "ATE, mean if treated",
        "ATE, mean if not treated",
        "ATE",
        "ATE, risk ratio",
        "ATE, log risk ratio",
        "ATE, odds ratio",
        "ATE, log odds ratio",
    ]


@pytest.mark.parametrize("measure", [risk_ratio, log_risk_ratio, odds_ratio, log_odds_ratio])
@pytest.mark.parametrize("pair", [(0.0, 0.5), (0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (3.0, 0.5)])
def test_ratios_need_risks(measure: Measure, pair: tuple[float, float]) -> None:
    """A mean at or beyond 0 or 1 has no risk ratio; the difference remains."""
    with pytest.raises(EstimationError, match="not strictly between 0 and 1"):
        measure(means(*pair))
    assert difference(means(*pair)).value == pair[0] - pair[1]


def test_unadjusted_ratios_are_those_of_the_two_by_two_table() -> None:
    """Against scipy's sample odds ratio and relative risk; Woolf's standard error up to the ddof."""
    sample = draw(52, family="binomial")
    a = int(sample.outcome[sample.treated].sum())
    c = int(sample.outcome[~sample.treated].sum())
    n1, n0 = int(sample.treated.sum()), int((~sample.treated).sum())
    arms = unadjusted_means(sample.treated, sample.outcome)
    theirs = contingency.odds_ratio([[a, n1 - a], [c, n0 - c]], kind="sample")
    assert odds_ratio(arms).value == pytest.approx(theirs.statistic)
    assert risk_ratio(arms).value == pytest.approx(contingency.relative_risk(a, n1, c, n0).relative_risk)
    woolf = np.sqrt((1 / a + 1 / (n1 - a)) * n1 / (n1 - 1) + (1 / c + 1 / (n0 - c)) * n0 / (n0 - 1))
    assert log_odds_ratio(arms).standard_error == pytest.approx(woolf)


def test_influence_values_become_a_covariance() -> None:
    """The covariance is that of the influence values over n, with the given ddof, whatever their mean."""
    chance = np.random.Generator(np.random.PCG64(53))
    one, zero = chance.normal(size=(2, 50))
    for ddof in (0, 1):
        found = means_of_influence("ATE", "test", (0.5, 0.5), (one + 3, zero), "given", ddof)
        np.testing.assert_allclose(found.covariance, np.cov(one, zero, ddof=ddof) / 50)
        assert found.n == 50
