"""What ANCOVA and g-computation promise under every scheme of randomisation, held against many samples."""

import pytest

from medicore.stats.models.outcome_model import Family, Form
from medicore.stats.randomisation.adjusted_means import Estimator
from medicore.stats.randomisation.randomisation_scheme import Scheme
from tests.simulation.randomised import CELLS, SIMULATIONS, cell, sampled

LOWEST, HIGHEST = 0.935, 0.97
"""Coverage of a 95 % interval; calibrated strata of 60 subjects are a little conservative."""
LARGEST_ERROR = 0.035
"""One-sided error of a test at 2.5 %."""
BIAS_LIMIT = 3.9
"""Monte-Carlo standard errors, at 48 cells."""


def test_a_few_samples_are_covered() -> None:
    """In 200 stratified samples of 60 subjects the interval holds the truth in at least 90 %."""
    found = [sampled("stratified", "ancova", "gaussian", "joint", 60, index) for index in range(200)]
    assert sum(one[2] for one in found if one is not None) >= 180


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("scheme", "estimator", "family", "form", "n"), CELLS)
def test_intervals_cover_and_tests_keep_their_level(
    scheme: Scheme, estimator: Estimator, family: Family, form: Form, n: int
) -> None:
    """Over 4,000 samples the interval holds the truth in 93.5 to 97 %, a one-sided test errs in 3.5 % at most, unbiased."""
    found = cell(scheme, estimator, family, form, n)
    print(found)  # noqa: T201 - the deep tests show what they found
    assert found.estimated > 0.98 * SIMULATIONS
    assert LOWEST <= found.coverage <= HIGHEST, found
    assert found.one_sided <= LARGEST_ERROR, found
    assert abs(found.bias) <= BIAS_LIMIT / found.estimated**0.5, found
    assert found.ratio == pytest.approx(1, abs=0.08), found


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("scheme", ["stratified", "biased coin"])
def test_who_is_not_told_of_the_scheme_is_too_careful(scheme: Scheme) -> None:
    """With strata that matter, the variance of simple randomisation covers more than 96.5 % under a scheme that balances."""
    found = cell(scheme, "ancova", "gaussian", "joint", 240, told=False)
    assert found.coverage > 0.965, found
    assert found.ratio > 1.08, found
