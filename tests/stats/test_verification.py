"""Double programming: the second implementation finds the same numbers, and says so when it does not."""

import ast
import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.stats import verification
from medicore.stats.augmented import augmented_inverse_probability
from medicore.stats.estimate import Estimate
from medicore.stats.logistic import fit_logistic
from medicore.stats.verification import TOLERANCE, Verification, agreement, verify_effect
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
    assert second.library == "scipy"
    assert "trust region" in second.route


def test_nothing_is_shared_with_the_primary() -> None:
    """The module imports numpy, scipy and the standard library, and nothing of this project."""
    tree = ast.parse(inspect.getsource(verification))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    plain = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {str(name).split(".")[0] for name in imported | plain} == {
        "collections", "dataclasses", "typing", "numpy", "scipy",
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
