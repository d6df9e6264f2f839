"""Single imputation: what gaps are filled with, what is left alone, and why a trial stays valid."""

from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.ancova import ancova
from medicore.stats.effect.unadjusted import difference_of_means
from medicore.stats.imputation.incomplete import IncompleteCovariate
from medicore.stats.imputation.single_imputation import Fill, impute_once

NAN = float("nan")
MEAN_TOLERANCE = 1e-15
"""Relative to the largest value, of a mean rounded once or twice."""
LEVELS = ("none", "some", "much")

numbers = st.lists(st.one_of(st.just(NAN), st.floats(-1e6, 1e6)), min_size=1, max_size=40).filter(
    lambda values: not np.isnan(values).all()
)
codes = st.lists(st.sampled_from([NAN, 0.0, 1.0, 2.0]), min_size=1, max_size=40).filter(
    lambda values: not np.isnan(values).all()
)


@given(numbers)
def test_numbers_take_the_mean(values: list[float]) -> None:
    """Every gap holds the mean of what was observed, and what was observed is untouched, bit by bit."""
    given_values = np.array(values)
    found = impute_once([IncompleteCovariate("age", given_values)])
    gaps, seen = np.isnan(given_values), given_values[~np.isnan(given_values)]
    assert np.array_equal(found.columns[0][~gaps], seen)
    assert found.fills[0].missing == gaps.sum()
    assert found.fills[0].observed == len(seen)
    if gaps.any():
        assert np.abs(found.columns[0][gaps] - fmean(seen)).max() <= MEAN_TOLERANCE * np.abs(seen).max()
        assert seen.min() <= found.columns[0][gaps].min()
        assert found.columns[0][gaps].max() <= seen.max()
        assert set(found.columns[0][gaps]) == {found.fills[0].value}
    else:
        assert found.fills[0].value is None


@given(codes)
def test_categories_take_the_most_frequent_level(values: list[float]) -> None:
    """Of equally frequent levels the first declared fills the gaps; it is reported by name."""
    given_values = np.array(values)
    found = impute_once([IncompleteCovariate("smoking", given_values, LEVELS)])
    gaps, seen = np.isnan(given_values), values
    if gaps.any():
        modal = max(range(3), key=lambda code: (seen.count(float(code)), -code))
        assert set(found.columns[0][gaps]) == {float(modal)}
        assert found.fills[0].value == LEVELS[modal]
    assert np.array_equal(found.columns[0][~gaps], given_values[~gaps])


@given(numbers, st.randoms(use_true_random=False))
def test_the_order_of_subjects_is_of_no_account(values: list[float], chance: object) -> None:
    """Permuting the subjects permutes the completed columns, to the last bit."""
    order = list(range(len(values)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    first = impute_once([IncompleteCovariate("age", np.array(values))]).columns[0]
    second = impute_once([IncompleteCovariate("age", np.array(values)[order])]).columns[0]
    assert np.array_equal(first[order], second)


def test_complete_covariates_come_back_themselves() -> None:
    """Without gaps the array given is returned, not a copy, and nothing is said to have been filled."""
    values = np.array([1.0, 2.0])
    found = impute_once([IncompleteCovariate("age", values)], indicators=True)
    assert found.columns[0] is values
    assert found.fills == (Fill("age", 2, 0, None),)
    assert found.indicators == ()


def test_the_arrays_given_are_not_written_to() -> None:
    """The gaps of the covariate itself stay gaps."""
    values = np.array([1.0, NAN, 4.0])
    found = impute_once([IncompleteCovariate("age", values)])
    assert np.isnan(values[1])
    assert found.columns[0].tolist() == [1, 2.5, 4]


def test_indicators_on_demand() -> None:
    """One 0/1 column for every covariate with gaps, named after it; none when not asked for."""
    covariates = [
        IncompleteCovariate("age", np.array([1.0, NAN, 3.0])),
        IncompleteCovariate("weight", np.array([1.0, 2.0, 3.0])),
        IncompleteCovariate("smoking", np.array([NAN, NAN, 1.0]), LEVELS),
    ]
    found = impute_once(covariates, indicators=True)
    assert [(name, column.tolist()) for name, column in found.indicators] == [
        ("age", [0, 1, 0]),
        ("smoking", [1, 1, 0]),
    ]
    assert impute_once(covariates).indicators == ()
    assert [fill.value for fill in found.fills] == [2.0, None, "some"]


def test_a_mean_is_never_outside_the_range_seen() -> None:
    """Equal values have exactly themselves as mean, where the rounded sum over their number is off by a bit."""
    for value in np.random.Generator(np.random.PCG64(1)).normal(size=2000):
        for count in (3, 7, 49):
            found = impute_once([IncompleteCovariate("age", np.array([*[value] * count, NAN]))])
            assert found.fills[0].value == value


def test_nothing_to_impute_from_is_refused() -> None:
    """A covariate that nobody has cannot be filled."""
    with pytest.raises(EstimationError, match="no observed value"):
        impute_once([IncompleteCovariate("age", np.array([NAN, NAN]))])


def trial(seed: int, n: int) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Return covariate, arm and outcome of a trial with effect 1, in which high covariates tend to be missing."""
    chance = np.random.Generator(np.random.PCG64(seed))
    x = chance.normal(size=n)
    treated = chance.permutation(n) < n // 2
    outcome = treated + 1.5 * x + chance.normal(size=n)
    x[chance.random(n) < 0.6 * (x > 0)] = NAN
    return x, treated, outcome


@pytest.mark.parametrize(("indicators", "simulations"), [(False, 1000), (True, 1000)])
def test_a_trial_stays_valid_whatever_made_values_missing(indicators: bool, simulations: int) -> None:
    """In 1,000 trials with values missing by their own size, the adjusted interval covers, and is shorter than crude."""
    hits, errors, crude = [], [], []
    for seed in range(simulations):
        x, treated, outcome = trial(seed, 120)
        found = impute_once([IncompleteCovariate("x", x)], indicators=indicators)
        design = np.column_stack([*found.columns, *(column for _, column in found.indicators)])
        estimate = ancova(design, treated, outcome, covariance="HC3")
        low, high = estimate.interval(0.95)
        hits.append(low <= 1 <= high)
        errors.append(estimate.value - 1)
        crude.append(difference_of_means(treated, outcome).value - 1)
    assert 0.93 <= np.mean(hits) <= 0.975
    assert abs(np.mean(errors)) <= 3.5 * np.std(errors) / np.sqrt(simulations)
    assert np.std(errors) < 0.95 * np.std(crude)
