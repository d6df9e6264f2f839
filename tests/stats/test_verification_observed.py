"""Double programming with missing outcomes: the second implementation finds the same numbers."""

from dataclasses import replace

import numpy as np
import pytest

from medicore.stats.effect.measures import Measure, effect_of
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.outcome_model import Family
from medicore.stats.verification import TOLERANCE, agreement, verify_effect
from tests.stats.missing.unobserved import COMPLETE, Unobserved, unobserved

CONFIRMED = 1e-9
"""Difference in standard errors that two implementations of one estimator leave; the limit of a run is 1e-6."""
TARGETS = ("ATE", "ATT", "ATO")


def second(sample: Unobserved, **changed: object) -> object:
    """Return the second implementation's effect, every model on all covariates."""
    settings = {"family": sample.family, "observed": sample.observed, **changed}
    return verify_effect(sample.x, sample.x, sample.treated, sample.outcome, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("complete", COMPLETE)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("family", "measure"),
    [
        ("gaussian", "difference"),
        ("binomial", "difference"),
        ("binomial", "risk ratio"),
        ("binomial", "odds ratio"),
    ],
)
def test_the_primary_is_confirmed(family: Family, measure: Measure, target: str, complete: str) -> None:
    """Value and influence function's error are the primary's, whichever arm misses outcomes; half an ‰ off is not."""
    sample = unobserved(61, family=family, complete=complete)
    primary = effect_of(sample.augmented(target).means, measure).inference  # type: ignore[arg-type]
    found = second(sample, target=target, measure=measure)
    assert found.relative_difference(primary.value, primary.standard_error) <= CONFIRMED  # type: ignore[attr-defined]
    off = primary.standard_error * (1 + 2 * TOLERANCE)
    assert not agreement(primary.value, off, found).confirmed  # type: ignore[arg-type]


@pytest.mark.parametrize("complete", COMPLETE)
def test_observation_may_have_covariates_of_its_own(complete: str) -> None:
    """They are those named for it; without a name they are the propensity model's."""
    sample = unobserved(62, complete=complete)
    narrow = sample.x[:, :1]
    primary = augmented_observed(
        sample.x, sample.treated, sample.outcome, sample.observed, sample.propensity,
        fit_observation(narrow, sample.treated, sample.observed),
    ).influence_function  # fmt: skip
    found = second(sample, x_observation=narrow)
    assert agreement(primary.value, primary.standard_error, found, CONFIRMED).confirmed  # type: ignore[arg-type]
    default = second(sample)
    assert not agreement(primary.value, primary.standard_error, default).confirmed  # type: ignore[arg-type]
    assert default == second(sample, x_observation=sample.x)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_with_no_outcome_missing_no_bit_changes(family: Family, target: str) -> None:
    """Everybody marked as observed is as good as no mark."""
    sample = replace(unobserved(63, family=family), observed=np.ones(240, dtype=bool))
    complete = replace(sample, outcome=sample.known)
    assert second(complete, target=target) == second(complete, target=target, observed=None)


def test_nothing_is_taken_from_a_model_that_is_not_needed() -> None:
    """The ATT without a missing outcome of the treated has a number though their outcome model has none."""
    sample = unobserved(64, family="binomial", complete="treated")
    known = np.where(sample.treated, 1.0, sample.outcome)
    every = replace(sample, outcome=known)
    assert np.isfinite(second(every, target="ATT").value)  # type: ignore[attr-defined]
    assert np.isnan(second(every, target="ATE").value)  # type: ignore[attr-defined]
    place = int(np.flatnonzero(sample.treated)[0])
    observed = sample.observed & (np.arange(240) != place)
    assert np.isnan(second(every, target="ATT", observed=observed).value)  # type: ignore[attr-defined]


def test_an_outcome_that_is_not_observed_is_never_read() -> None:
    """NaN or a number in its place, the result is the same."""
    sample = unobserved(65)
    assert second(sample) == second(replace(sample, outcome=sample.known))


def test_a_separated_observation_confirms_nothing() -> None:
    """Where a covariate tells whose outcome is missing, value and error are whatever they are, without a warning."""
    sample = unobserved(66)
    x = np.column_stack([sample.x[:, 0], np.where(sample.observed, 1.0, -1.0)])
    found = second(sample, x_observation=x)
    assert isinstance(found.value, float)  # type: ignore[attr-defined]


@pytest.mark.parametrize("corrected", [False, True])
def test_an_arm_whose_outcomes_are_all_alike_confirms_nothing(corrected: bool) -> None:
    """A logistic outcome model that does not exist gives NaN for value and error, corrected for small samples or not."""
    sample = unobserved(67, family="binomial")
    alike = np.where(sample.treated & sample.observed, 1.0, sample.outcome)
    found = second(replace(sample, outcome=alike), corrected=corrected)
    assert np.isnan(found.value)  # type: ignore[attr-defined]
    assert np.isnan(found.standard_error)  # type: ignore[attr-defined]
