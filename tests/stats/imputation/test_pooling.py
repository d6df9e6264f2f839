"""Rubin's rules: published numbers, other software, and what algebra says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from medicore.errors import EstimationError
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import Effect
from medicore.stats.imputation.pooling import barnard_rubin, pooled, pooled_effect, pooled_replicates
from medicore.stats.verification import Verification, verify_pooled

PRINTED = 2e-6
"""Relative, of numbers printed with seven digits and made from others printed so."""
EXACT = 1e-12
"""Relative, of the same algebra in another order."""

R_MICE = (
    # m, mean within, between, total, complete df, df, r, lambda, fmi: printed by pool() of the R package mice,
    # for linear regressions on airquality (50 imputations, then 5) and average slopes on mtcars (5).
    (50, 3.860658e02, 1.525150e02, 5.416310e02, 149, 89.08804, 0.4029502, 0.2872163, 0.3026968),
    (50, 4.158538e-04, 1.053628e-04, 5.233239e-04, 149, 106.16681, 0.2584324, 0.2053606, 0.2199188),
    (50, 3.187991e-01, 1.513848e-01, 4.732116e-01, 149, 81.51324, 0.4843567, 0.3263075, 0.3422504),
    (50, 4.740713e-02, 1.286813e-02, 6.053263e-02, 149, 103.69822, 0.2768675, 0.2168334, 0.2315134),
    (5, 4.935193e-04, 1.610921e-04, 6.868298e-04, 148, 34.09063, 0.3916979, 0.2814533, 0.3201987),
    (5, 3.904917e-02, 4.5108400e-03, 4.446218e-02, 148, 86.94099, 0.1386203, 0.1217441, 0.1412737),
    (5, 7.093304e-04, 2.347331e-03, 3.526128e-03, 29, 2.920745, 3.971065, 0.7988359, 0.8667882),
    (5, 5.708603e-07, 1.375452e-06, 2.221403e-06, 29, 3.556844, 2.891325, 0.7430181, 0.8214040),
)


def one(value: float, error: float = 1.0, freedom: float | None = None) -> Estimate:
    """Return what the analysis of one completed data set found."""
    return Estimate("ATE", "AIPW", value, error, "influence function", 100, freedom)


def spread(m: int, mean: float, between: float) -> np.ndarray:
    """Return ``m`` numbers with this mean and this variance (ddof 1)."""
    steps = np.arange(m) - (m - 1) / 2
    return mean + steps * np.sqrt(between / steps.var(ddof=1))


many = st.lists(st.tuples(st.floats(-10, 10), st.floats(0.1, 5)), min_size=2, max_size=12)


@pytest.mark.parametrize("row", R_MICE)
def test_the_r_package_mice_says_the_same(row: tuple[float, ...]) -> None:
    """Total variance, degrees of freedom, relative increase, proportion and missing information are those of mice."""
    m, within, between, total, complete, freedom, increase, proportion, missing = row
    found = pooled([one(v, np.sqrt(within), complete) for v in spread(int(m), 2.0, between)])
    assert found.imputations == m
    assert found.within == pytest.approx(within, rel=EXACT)
    assert found.between == pytest.approx(between, rel=EXACT)
    assert found.total == pytest.approx(total, rel=PRINTED)
    assert found.degrees_of_freedom == pytest.approx(freedom, rel=PRINTED)
    assert found.relative_increase == pytest.approx(increase, rel=PRINTED)
    assert found.proportion == pytest.approx(proportion, rel=PRINTED)
    assert found.missing_information == pytest.approx(missing, rel=PRINTED)


def test_the_worked_example_of_a_manual() -> None:
    """IBM SPSS Amos User's Guide, example 31: ten values with mean 1.172, W = 0.0233, B = 0.0085."""
    found = pooled([one(v, np.sqrt(0.0233)) for v in spread(10, 1.172, 0.0085)])
    assert found.total == pytest.approx(0.0326, abs=0.00006)
    assert found.estimate.standard_error == pytest.approx(0.1807, abs=0.00015)
    assert found.estimate.value / found.estimate.standard_error == pytest.approx(6.49, abs=0.006)
    assert int(found.degrees_of_freedom) == 109


def test_statsmodels_combines_to_the_same() -> None:
    """The coefficients, standard errors and proportions that statsmodels combines from its own imputations."""
    from statsmodels.imputation.mice import MICE, MICEData
    from statsmodels.regression.linear_model import OLS

    chance = np.random.Generator(np.random.PCG64(4))
    x, z = chance.normal(size=(2, 80))
    frame = pd.DataFrame({"y": x + z + chance.normal(size=80), "x": x, "z": z})
    frame.loc[chance.random(80) < 0.3, "x"] = np.nan
    theirs = MICE("y ~ x + z", OLS, MICEData(frame, rng=np.random.default_rng(1)))
    combined = theirs.fit(2, 6)
    for place in range(3):
        analyses = [one(fit.params.iloc[place], fit.bse.iloc[place]) for fit in theirs.results_list]
        found = pooled(analyses)
        assert found.imputations == 6
        assert found.estimate.value == pytest.approx(combined.params[place], rel=EXACT)
        assert found.estimate.standard_error == pytest.approx(combined.bse[place], rel=EXACT)
        assert found.proportion == pytest.approx(combined.frac_miss_info[place], rel=EXACT)


@given(many, st.floats(-5, 5), st.floats(0.1, 10))
def test_shift_and_scale(analyses: list[tuple[float, float]], shift: float, scale: float) -> None:
    """A shift moves the value alone, a scale multiplies value and standard error; no proportion changes."""
    before = pooled([one(value, error, 50) for value, error in analyses])
    after = pooled([one(shift + scale * value, scale * error, 50) for value, error in analyses])
    assert after.estimate.value == pytest.approx(shift + scale * before.estimate.value, rel=1e-9, abs=1e-9)
    assert after.estimate.standard_error == pytest.approx(scale * before.estimate.standard_error, rel=1e-9)
    assert after.missing_information == pytest.approx(before.missing_information, rel=1e-6)
    assert after.monte_carlo_error == pytest.approx(scale * before.monte_carlo_error, rel=1e-6, abs=1e-9)


@given(many)
def test_bounds(analyses: list[tuple[float, float]]) -> None:
    """The total is at least the within variance, shares lie in 0 to 1, and the degrees of freedom below both limits."""
    found = pooled([one(value, error, 40) for value, error in analyses])
    assert found.total >= found.within
    assert 0 <= found.proportion < 1
    assert found.proportion <= found.missing_information <= 1
    assert found.degrees_of_freedom <= 40
    assert found.degrees_of_freedom <= barnard_rubin(len(analyses), found.proportion) * (1 + EXACT)


def test_interval_and_p_value_are_students() -> None:
    """The pooled estimate's interval and p-value come from the t distribution with the pooled degrees of freedom."""
    found = pooled([one(1.0, 0.5, 60), one(1.6, 0.5, 60), one(1.3, 0.6, 60)])
    law = t(found.degrees_of_freedom, found.estimate.value, found.estimate.standard_error)
    assert found.estimate.interval(0.9) == pytest.approx(law.interval(0.9), rel=1e-9)
    assert found.estimate.p_value == pytest.approx(2 * law.cdf(0), rel=1e-9)
    assert found.monte_carlo_error == pytest.approx(0.3 / np.sqrt(3))
    assert found.estimate.variance == "Rubin's rules over 3 imputations; within each: influence function"


def test_without_gaps_the_complete_analysis_is_left() -> None:
    """Equal analyses pool to themselves: no between variance, and normal where the analysis was normal."""
    found = pooled([one(1.5, 0.5)] * 5)
    assert (found.estimate.value, found.estimate.standard_error, found.between) == (1.5, 0.5, 0.0)
    assert found.degrees_of_freedom == np.inf
    assert found.estimate.degrees_of_freedom is None
    assert found.missing_information == 0
    assert found.estimate.p_value == one(1.5, 0.5).p_value


def test_complete_data_degrees_of_freedom() -> None:
    """Without gaps Barnard & Rubin leave ν(ν + 1)/(ν + 3); the fewest of different degrees of freedom count."""
    assert barnard_rubin(5, 0.0, 20) == pytest.approx(20 * 21 / 23)
    assert pooled([one(1, 1, 20), one(1, 1, 30), one(1, 1)]).degrees_of_freedom == pytest.approx(20 * 21 / 23)
    assert barnard_rubin(5, 0.5) == 16


@pytest.mark.parametrize(
    ("estimates", "message"),
    [
        ([], "0 completed"),
        ([one(1.0)], "1 completed"),
        ([one(1.0), replace(one(1.0), n=99)], "2 kinds"),
        ([one(1.0), replace(one(1.0), estimand="ATT")], "2 kinds"),
        ([one(1.0), replace(one(1.0), estimator="TMLE")], "2 kinds"),
        ([one(1.0), replace(one(1.0), variance="sandwich")], "2 kinds"),
        ([one(1.0), one(float("nan"))], "no finite estimate"),
        ([one(1.0), one(1.0, 0.0)], "no finite estimate"),
        ([one(1.0), one(1.0, float("inf"))], "no finite estimate"),
    ],
)
def test_what_cannot_be_pooled_is_refused(estimates: list[Estimate], message: str) -> None:
    """Fewer than two, unlike ones, or one without a finite number."""
    with pytest.raises(EstimationError, match=message):
        pooled(estimates)


def test_ratios_are_pooled_as_logarithms() -> None:
    """The pooled ratio is the geometric mean, and one data set alone is left as it is."""
    logs = [replace(made, estimand="ATE, log risk ratio") for made in (one(0.1, 0.2), one(0.3, 0.2))]
    effects = [Effect("risk ratio", inference) for inference in logs]
    made = pooled_effect(effects)
    assert made.measure == "risk ratio"
    assert made.value == pytest.approx(np.exp(0.2))
    assert made.inference == pooled(logs).estimate
    assert pooled_effect(effects[:1]) is effects[0]
    with pytest.raises(EstimationError, match="0 completed data"):
        pooled_effect([])
    with pytest.raises(EstimationError, match="2 measures"):
        pooled_effect([effects[0], Effect("odds ratio", logs[1])])


def test_replicates_of_all_data_sets_make_the_interval() -> None:
    """Replicates and failures are those of all sets together, and the value their mean."""
    rows = np.arange(4.0)
    first = BootstrapResult(1.0, rows, np.column_stack([rows, rows]), rows, rows, 5, {"a": 1, "b": 0}, 7, 0.1)
    second = replace(first, value=3.0, estimates=rows + 10, seed=8, failed={"a": 2, "c": 4})
    made = pooled_replicates([first, second])
    assert (made.value, made.replicates, made.failed) == (2.0, 10, {"a": 3, "b": 0, "c": 4})
    assert made.seed == 7
    assert made.estimates.tolist() == [0, 1, 2, 3, 10, 11, 12, 13]
    assert (made.arm_means.shape, made.hajek.shape, made.g_computation.shape) == ((8, 2), (8,), (8,))
    assert made.percentile_interval(0.5) == (1.75, 11.25)
    assert pooled_replicates([first]) is first


def test_second_implementation_pools_by_other_algebra() -> None:
    """Pairwise differences give Rubin's total variance to the last digits, and a wrong one would be seen."""
    chance = np.random.default_rng(5)
    values, errors = chance.normal(3, 1, 7), chance.uniform(0.5, 2, 7)
    primary = pooled([one(value, error) for value, error in zip(values, errors, strict=True)]).estimate
    seconds = [Verification(value, error, "l", "r") for value, error in zip(values, errors, strict=True)]
    second = verify_pooled(seconds)
    assert second.relative_difference(primary.value, primary.standard_error) < 1e-14
    assert verify_pooled(seconds[1:]).relative_difference(primary.value, primary.standard_error) > 1e-3
    assert verify_pooled(seconds[:1]) is seconds[0]
