"""Double programming: the second implementation finds the same numbers, and says so when it does not."""

import ast
import importlib
import inspect
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.stats import verification
from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import effect_of
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.verification import (
    TOLERANCE,
    Agreement,
    Verification,
    agreement,
    verify_effect,
    verify_pooled,
)
from medicore.stats.verification_columns import unaliased
from medicore.stats.verification_means import ArmMean
from tests.reference.reference import MISSING, Case, available, case, rows
from tests.stats.samples import Sample, draw

CONFIRMED = 1e-9
"""Difference in standard errors that two implementations of one estimator leave; the limit of a run is 1e-6."""


def both(sample: Sample | Case, ddof: int = 1) -> tuple[Estimate, Verification]:
    """Return the primary estimate and the second implementation's, both with influence-function errors."""
    if isinstance(sample, Case):
        x_propensity, x_outcome = sample.x_propensity, sample.x_outcome
    else:
        x_propensity = x_outcome = sample.x
    fit, family = fit_logistic(x_propensity, sample.treated), sample.family
    primary = augmented_inverse_probability(
        x_outcome, sample.treated, sample.outcome, fit, family=family,  # type: ignore[arg-type]
    )  # fmt: skip
    second = verify_effect(
        x_propensity, x_outcome, sample.treated, sample.outcome, family=family, ddof=ddof,  # type: ignore[arg-type]
    )  # fmt: skip
    return primary.influence_function, second


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(["gaussian", "binomial"]), st.integers(1, 6))
def test_the_primary_is_confirmed(seed: int, family: str, p: int) -> None:
    """Whatever the sample, value and standard error of the two implementations are the same to nine digits."""
    primary, second = both(draw(seed, n=400, p=p, family=family))  # type: ignore[arg-type]
    assert second.relative_difference(primary.value, primary.standard_error) <= CONFIRMED


TARGETS = ("ATE", "ATT", "ATO")
MEASURES = ("difference", "risk ratio", "odds ratio")


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("seed", [31, 32])
def test_every_measure_in_every_population_is_confirmed(seed: int, target: str, measure: str) -> None:
    """Value and error are the primary's; with the error of either arm's mean alone, or of n ± 1, they are not."""
    sample = draw(seed, family="binomial")
    found = doubly_robust(
        sample.x, sample.treated, sample.outcome, sample.fit, family="binomial", target=target,  # type: ignore[arg-type]
    )  # fmt: skip
    primary = effect_of(found.means, measure).inference  # type: ignore[arg-type]
    second = verify_effect(
        sample.x, sample.x, sample.treated, sample.outcome,
        family="binomial", target=target, measure=measure,  # type: ignore[arg-type]
    )  # fmt: skip
    assert second.relative_difference(primary.value, primary.standard_error) <= CONFIRMED
    n = len(sample.outcome)
    for factor in (np.sqrt((n - 1) / n), np.sqrt((n + 1) / n), 1 + 2 * TOLERANCE):
        assert not agreement(primary.value, factor * primary.standard_error, second).confirmed
    for arm in found.means.root.T:
        assert not agreement(primary.value, float(np.linalg.norm(arm)), second).confirmed


@pytest.mark.parametrize("population", [verification._everybody, verification._the_treated])
def test_influence_values_have_a_mean_of_zero(population: Callable[..., tuple[ArmMean, ArmMean]]) -> None:
    """Each arm's own mean is taken off: what is left sums to 0, in everybody and in the treated."""
    sample = draw(34)
    logit = np.log(sample.fit.fitted / (1 - sample.fit.fitted))
    models = [7 + sample.x[:, 0], sample.x[:, 1] - 2]
    means = population(
        logit, sample.treated, 5 * sample.treated + sample.outcome, models, np.ones(len(logit))
    )
    assert abs(means[0].value - means[1].value) > 1
    for mean in means:
        assert mean.influence.mean() == pytest.approx(0, abs=1e-12)


RISKS = {"none": (0, 0, 0, 0), "all": (1, 1, 1, 1), "below": (-1, -1, 0, 0), "above": (2, 1, 2, 1)}


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("arm", [0, 1])
@pytest.mark.parametrize("risk", RISKS)
def test_a_ratio_needs_risks_between_0_and_1(risk: str, arm: int, measure: str) -> None:
    """One arm's mean of 0, 1, −½ or 1½ is enough that no ratio is tried; the difference is what it is.

    In two arms of four, without a covariate that varies, both means are exact.
    """
    outcomes = [(0, 1, 0, 1), (0, 1, 0, 1)]
    outcomes[arm] = RISKS[risk]
    treated, nothing = np.arange(8) < 4, np.zeros((8, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = verify_effect(nothing, nothing, treated, np.ravel(outcomes).astype(float), measure=measure)  # type: ignore[arg-type]
    expected = float(np.mean(outcomes[0]) - np.mean(outcomes[1])) if measure == "difference" else np.nan
    assert found.value == pytest.approx(expected, rel=1e-15, nan_ok=True)


def test_ratios_by_hand() -> None:
    """Risks of ¾ and ½ in two arms of four have logarithms ln 1.5 and ln 3, with the delta method's errors.

    Each subject's influence is twice its residual r: Σ(2r)² is 4 · ¾ and 4 · 1 in the arms, and the divisor 8 · 7.
    """
    treated, nothing = np.arange(8) < 4, np.zeros((8, 1))
    outcome = np.array([1.0, 1, 1, 0, 1, 1, 0, 0])
    by_hand = {
        "difference": (0.25, 3 + 4),
        "risk ratio": (np.log(1.5), 3 / 0.75**2 + 4 / 0.5**2),
        "odds ratio": (np.log(3), 3 / (0.75 * 0.25) ** 2 + 4 / 0.5**4),
    }
    for measure, (value, squares) in by_hand.items():
        found = verify_effect(nothing, nothing, treated, outcome, measure=measure)  # type: ignore[arg-type]
        assert found.value == pytest.approx(value, rel=1e-14)
        assert found.standard_error == pytest.approx(np.sqrt(squares / 56), rel=1e-14)


def test_a_time_stamp_is_as_good_as_the_time_since() -> None:
    """A constant of 2⁴⁰, to which every value is added without rounding, moves nothing."""
    sample = draw(35)
    since = np.round(sample.x * 1024) / 1024
    plain, stamped = (verify_effect(x, x, sample.treated, sample.outcome) for x in (since, since + 2.0**40))
    assert stamped.relative_difference(plain.value, plain.standard_error) <= CONFIRMED


@pytest.mark.parametrize("offset", [0.0, 100.0])
@pytest.mark.parametrize("length", [0.25, 1.0, 4.0])
@pytest.mark.parametrize(("share", "kept"), [(2e-8, [0, 1, 2]), (5e-9, [0, 1])])
def test_a_column_is_aliased_by_its_share_outside_the_others(
    offset: float, length: float, share: float, kept: list[int]
) -> None:
    """The share is that of the length about the mean: neither a constant nor the unit counts."""
    before, outside = np.array([1.0, -1.0, 1.0, -1.0]), np.array([1.0, 1.0, -1.0, -1.0])
    column = offset + length * (before + share * outside)
    assert unaliased(np.column_stack([np.ones(4), before, column])) == kept


def test_raw_scales_do_not_matter() -> None:
    """Dates of birth beside indicators and their squares, as delivered, are confirmed all the same."""
    sample = draw(5, n=400)
    year = 1950 + 10 * sample.x[:, 0]
    raw = Sample(np.column_stack([year, year**2, sample.x[:, 1] * 1e-6, sample.x[:, 2]]), *_rest(sample))
    primary, second = both(raw)
    assert second.relative_difference(primary.value, primary.standard_error) <= 1e-7


def test_aliased_columns_are_left_out_as_in_the_primary() -> None:
    """A constant, a copy, and a column that is constant within an arm are dropped by the same rule, from the left."""
    sample = draw(6, n=300)
    in_one_arm = sample.treated & (sample.x[:, 0] > 0)
    x = np.column_stack([np.ones(300), sample.x, 3 - sample.x[:, 1], in_one_arm, sample.x.sum(axis=1)])
    fit = sample.fit
    primary = augmented_inverse_probability(x, sample.treated, sample.outcome, fit).influence_function
    second = verify_effect(sample.x, x, sample.treated, sample.outcome)
    assert second.relative_difference(primary.value, primary.standard_error) <= CONFIRMED


def test_the_ddof_is_the_one_asked_for() -> None:
    """With ddof 0 the standard error is √((n − 1)/n) times that with ddof 1."""
    sample = draw(7)
    one, zero = both(sample)[1], both(sample, ddof=0)[1]
    assert zero.standard_error == pytest.approx(one.standard_error * np.sqrt(239 / 240), rel=1e-14)
    assert zero.value == one.value


def test_a_wrong_primary_is_not_confirmed() -> None:
    """A primary off by a ten-thousandth of its standard error, in value or in error, is refuted."""
    primary, second = both(draw(8))
    off = 1e-4 * primary.standard_error
    assert agreement(primary.value, primary.standard_error, second).confirmed
    assert not agreement(primary.value + off, primary.standard_error, second).confirmed
    assert not agreement(primary.value, primary.standard_error + off, second).confirmed
    assert agreement(primary.value + off, primary.standard_error, second, 2e-4).confirmed


def test_the_difference_is_in_the_primarys_standard_errors() -> None:
    """The larger of both, over the primary's own error: ½ over ¼ is 2, and a difference at the limit is within it."""
    second = Verification(1.5, 0.375, "scipy", "none")
    assert second.relative_difference(1.0, 0.25) == second.relative_difference(2.0, 0.25) == 2.0
    assert second.relative_difference(1.5, 0.25) == 0.5
    assert agreement(1.0, 0.25, second, 2.0) == Agreement(2.0, 2.0)
    assert Agreement(2.0, 2.0).confirmed
    assert not Agreement(np.nextafter(2.0, 3.0), 2.0).confirmed


def test_completed_data_sets_are_pooled_by_rubins_rules() -> None:
    """Of 1, 2 and 6 with errors 1, 2 and 2: mean 3, variance within 3, between 7, in all 3 + 4/3 · 7."""
    found = [
        Verification(value, error, library, "one route")
        for value, error, library in ((1.0, 1.0, "first"), (2.0, 2.0, "second"), (6.0, 2.0, "third"))
    ]
    pooled = verify_pooled(found)
    assert pooled.value == pytest.approx(3, rel=1e-15)
    assert pooled.standard_error == pytest.approx(np.sqrt(3 + 28 / 3), rel=1e-15)
    assert (pooled.library, pooled.route[:10]) == ("first", "one route;")
    two = verify_pooled(found[:2])
    assert (two.value, two.standard_error) == pytest.approx((1.5, np.sqrt(2.5 + 1.5 * 0.5)), rel=1e-15)
    assert verify_pooled(found[1:2]) is found[1]


@pytest.mark.parametrize("second", [(np.nan, 1.0), (1.0, np.nan), (np.inf, 1.0)])
def test_what_is_no_number_is_not_confirmed(second: tuple[float, float]) -> None:
    """A second implementation without a finite result never confirms."""
    found = agreement(1.0, 1.0, Verification(*second, "scipy", "none"), relative_tolerance=1e300)
    assert found.relative_difference == np.inf
    assert not found.confirmed


def test_a_primary_without_variance_is_compared_absolutely() -> None:
    """With a standard error of 0 the plain difference counts."""
    second = Verification(1.0, 0.0, "scipy", "none")
    assert agreement(1.0, 0.0, second).confirmed
    assert second.relative_difference(1.5, 0.0) == 0.5


def test_a_separated_sample_is_survived() -> None:
    """Where the likelihood has no maximum the answer is whatever it is, without a warning."""
    x = np.linspace(-1, 1, 50)[:, None]
    found = verify_effect(x, x, x[:, 0] > 0, np.sin(9 * x[:, 0]))
    assert isinstance(found, Verification)


def test_the_result_says_how_it_was_found() -> None:
    """Library and route are named."""
    second = both(draw(9))[1]
    assert (second.library, "newton-cholesky" in second.route) == ("scikit-learn", True)


def test_nothing_is_shared_with_the_primary() -> None:
    """Its modules import numpy, scipy, scikit-learn and the standard library; of this project, one another alone."""
    own = {f"{verification.__name__}_{name}" for name in ("clusters", "columns", "firth", "means", "models")}
    modules = map(importlib.import_module, (verification.__name__, *sorted(own)))
    nodes = [node for module in modules for node in ast.walk(ast.parse(inspect.getsource(module)))]
    imported = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    assert own <= imported
    assert {name.split(".")[0] for name in (imported - own) | plain} == {
        "collections", "dataclasses", "typing", "warnings", "numpy", "scipy", "sklearn",
    }  # fmt: skip
    assert TOLERANCE == 1e-6


def _rest(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    return sample.treated, sample.outcome


CASES = (
    "nhefs_wi", "nhefs_6", "lalonde614", "nsw_dw_rct", "cattaneo2", "cdisc_adas_high", "beeca_trial01",
    "robincar2_trt1_y", "eager_obs", "ihdp_01", "ihdp_07",
)  # fmt: skip


@pytest.mark.skipif(not available(), reason=MISSING)
@pytest.mark.parametrize("name", CASES)
def test_reference_numbers_are_reproduced(name: str) -> None:
    """AIPW value and influence-function errors of R and Python packages, by the second implementation alone."""
    data, compared = case(name), 0
    found = {ddof: both(data, ddof)[1] for ddof in (0, 1)}
    for row in rows():
        if (row.case, row.estimand, row.estimator, row.variant) != (name, "ATE", "AIPW", ""):
            continue
        quantities = {
            "estimate": found[1].value,
            "se_if_ddof0": found[0].standard_error,
            "se_if_ddof1": found[1].standard_error,
        }
        if row.quantity in quantities and not row.stress:
            assert abs(quantities[row.quantity] - row.value) <= row.tolerance, row
            compared += 1
    assert compared >= 2


@pytest.mark.skipif(not available(), reason=MISSING)
@pytest.mark.parametrize("name", [*CASES, "dw_psid1", "rhc"])
def test_the_primary_is_confirmed_on_real_data(name: str) -> None:
    """On every reference data set with a maximum the two implementations agree, overlap or not."""
    primary, second = both(case(name))
    assert agreement(primary.value, primary.standard_error, second, 1e-8).confirmed
