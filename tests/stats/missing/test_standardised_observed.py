"""Standardisation from the observed: stacked equations, and the estimator without missing outcomes."""

from typing import Literal

import numpy as np
import pytest

from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.standardisation import standardised_means
from medicore.stats.missing.standardised_observed import standardised_observed
from medicore.stats.models.outcome_model import Family
from tests.stats.missing.stacked_observed import effect
from tests.stats.missing.unobserved import unobserved

CLOSE = 1e-8
"""Relative difference between two routes to the same root and the same sandwich."""
Population = Literal["ATE", "ATT"]


@pytest.mark.parametrize("target", ["ATE", "ATT"])
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_estimate_and_sandwich_solve_the_stacked_equations(family: Family, target: Population) -> None:
    """The variance is that of the stack of outcome models and means."""
    sample = unobserved(41, family=family)
    found = difference(
        standardised_observed(
            sample.x, sample.treated, sample.outcome, sample.observed, family=family, target=target
        )
    )
    expected = effect(sample, "standardised", target)
    assert (found.value, found.standard_error) == pytest.approx(expected, rel=CLOSE)
    assert (found.estimand, found.n, found.variance) == (target, 240, "stacked sandwich, ddof 0")
    assert found.estimator == "g-computation from the observed"


@pytest.mark.parametrize("target", ["ATE", "ATT"])
@pytest.mark.parametrize("form", ["per arm", "joint"])
def test_with_no_outcome_missing_it_is_the_estimator_without(
    form: Literal["per arm", "joint"], target: Population
) -> None:
    """Means and covariance are those of ``standardised_means``, bit for bit; a joint model is named."""
    sample = unobserved(42)
    data = (sample.x, sample.treated, sample.known)
    plain = standardised_means(*data, form=form, target=target)
    found = standardised_observed(*data, np.ones(240, dtype=bool), form=form, target=target)
    assert (found.treated, found.control) == (plain.treated, plain.control)
    assert found.root.tobytes() == plain.root.tobytes()
    assert found.estimator.endswith(", joint model") == (form == "joint")


def test_an_outcome_that_is_not_observed_is_never_read() -> None:
    """NaN or a number in its place, every bit is the same."""
    sample = unobserved(43)
    mine, theirs = (
        standardised_observed(sample.x, sample.treated, y, sample.observed)
        for y in (sample.outcome, sample.known)
    )
    assert (mine.treated, mine.control) == (theirs.treated, theirs.control)
    assert mine.root.tobytes() == theirs.root.tobytes()
