"""What algebra says of every estimator: arms swapped, outcomes shifted and scaled, rows permuted, covariates rescaled."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.stats.effect.estimate import Estimate
from tests.stats.samples import ALL, LOCATION_FREE, SYMMETRIC, Sample, draw, samples, seeds

TOLERANCE = 1e-7
"""Largest difference, relative to the standard error, that rounding may make."""
FEW = settings(max_examples=10)


def assert_same(one: Estimate, other: Estimate, factor: float = 1.0) -> None:
    """Fail unless ``one`` is ``factor`` times ``other``, standard errors included."""
    scale = TOLERANCE * (abs(factor) * other.standard_error + abs(factor * other.value))
    assert abs(one.value - factor * other.value) <= scale
    assert abs(one.standard_error - abs(factor) * other.standard_error) <= scale
    assert one.n == other.n


@pytest.mark.parametrize("name", SYMMETRIC)
@FEW
@given(sample=samples)
def test_swapping_the_arms_negates_the_effect(name: str, sample: Sample) -> None:
    """Treated and control exchanged, the effect changes its sign and nothing else."""
    swapped = replace(sample, treated=~sample.treated)
    assert_same(SYMMETRIC[name](swapped), SYMMETRIC[name](sample), -1.0)


@pytest.mark.parametrize("name", LOCATION_FREE)
@FEW
@given(sample=samples, shift=st.floats(min_value=-50, max_value=50))
def test_shifting_the_outcome_changes_nothing(name: str, sample: Sample, shift: float) -> None:
    """A constant added to every outcome leaves a difference of means where it was."""
    shifted = sample.with_outcome(sample.outcome + shift)
    assert_same(LOCATION_FREE[name](shifted), LOCATION_FREE[name](sample))


@FEW
@given(sample=samples)
def test_horvitz_thompson_moves_with_the_outcomes_origin(sample: Sample) -> None:
    """The diagnostic estimator is not invariant, which is why it is a diagnostic."""
    shifted = sample.with_outcome(sample.outcome + 50)
    moved = ALL["Horvitz–Thompson"](shifted).value - ALL["Horvitz–Thompson"](sample).value
    assert abs(moved) > 1e-3


@pytest.mark.parametrize("name", ALL)
@FEW
@given(sample=samples, factor=st.floats(min_value=0.01, max_value=100))
def test_scaling_the_outcome_scales_the_effect(name: str, sample: Sample, factor: float) -> None:
    """In other units, estimate and standard error are those of the old units times the factor."""
    scaled = sample.with_outcome(sample.outcome * factor)
    assert_same(ALL[name](scaled), ALL[name](sample), factor)


@pytest.mark.parametrize("name", ALL)
@FEW
@given(sample=samples, seed=seeds)
def test_the_order_of_the_rows_does_not_matter(name: str, sample: Sample, seed: int) -> None:
    """Patients in another order give the same estimate, up to rounding."""
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(sample.outcome))
    permuted = Sample(sample.x[order], sample.treated[order], sample.outcome[order])
    assert_same(ALL[name](permuted), ALL[name](sample))


@pytest.mark.parametrize("name", ALL)
@FEW
@given(
    sample=samples,
    factor=st.floats(min_value=1e-3, max_value=1e3),
    shift=st.floats(min_value=-1e3, max_value=1e3),
)
def test_the_units_of_a_covariate_do_not_matter(
    name: str, sample: Sample, factor: float, shift: float
) -> None:
    """A covariate in other units, or counted from another origin, changes no estimate."""
    x = sample.x.copy()
    x[:, 0] = (x[:, 0] + shift) * factor
    assert_same(ALL[name](replace(sample, x=x)), ALL[name](sample))


@pytest.mark.parametrize("name", ALL)
def test_an_aliased_covariate_changes_nothing(name: str) -> None:
    """A constant column and the sum of two others are left out, and the estimate stays."""
    sample = draw(5)
    x = np.column_stack([sample.x, np.full(len(sample.x), 7.0), sample.x[:, 0] + sample.x[:, 1]])
    assert_same(ALL[name](replace(sample, x=x)), ALL[name](sample))


@pytest.mark.parametrize("name", LOCATION_FREE)
def test_a_constant_effect_without_noise_is_found_exactly(name: str) -> None:
    """Where the outcome is a linear function and the effect a constant, those that model it or balance exactly find it."""
    sample = draw(9)
    exact = sample.with_outcome(2.5 * sample.treated + sample.x @ [1.0, -0.5, 0.25])
    found = LOCATION_FREE[name](exact).value
    modelled = name.startswith(("g-comp", "AIPW", "ANCOVA", "randomised", "conditional", "overlap"))
    assert (abs(found - 2.5) < 1e-9) == modelled
