"""Multiple imputation: what each covariate is drawn from, and what the chains start from."""

import numpy as np
import pytest
from scipy.stats import binom

from medicore.stats.imputation.chained_equations import ImputationModel, _Chain, _given, imputation
from medicore.stats.imputation.imputation_draws import draw_normal
from medicore.stats.imputation.incomplete import IncompleteCovariate
from tests.stats.gaps import LEVELS, NAN, number, sample

CORRELATION = 0.8
WITHIN = 0.06
"""Absolute, of a correlation among 600 subjects or more: three standard errors and the drawn coefficients."""
UNLIKELY = 1e-4
"""Probability below which a count of a fixed seed does not follow its law."""


def test_categories_predict_by_indicators_of_their_levels_but_the_first() -> None:
    """A draw given a complete category is, bit by bit, the draw given a row for each of its second and third level."""
    covariates, treated, outcome = sample(11)
    stage = np.arange(90) % 3
    data = [covariates[0], IncompleteCovariate("stage", stage.astype(np.float64), LEVELS)]
    found = imputation(data, treated, outcome, seed=9, index=0)
    chance = np.random.Generator(np.random.PCG64(np.random.SeedSequence(9).spawn(1)[0]))
    missing = covariates[0].missing
    seen = covariates[0].values[~missing]
    chance.integers(0, len(seen), size=int(missing.sum()))
    arm, end = ((v - v.mean()) / v.std() for v in (treated * 1.0, outcome))
    rows = np.vstack([np.ones(90), arm, end, arm * end, stage == 1, stage == 2])
    standard = (seen - seen.mean()) / seen.std()
    drawn = seen.mean() + seen.std() * draw_normal(rows[:, ~missing], standard, rows[:, missing], chance)
    assert np.array_equal(found.columns[0][missing], drawn)


@pytest.mark.parametrize("method", ["normal", "matching"])
def test_covariates_with_gaps_predict_each_other(method: str) -> None:
    """Two that correlate by 0.8, and with nothing else, still do where one or both were imputed."""
    chance = np.random.Generator(np.random.PCG64(5))
    first, other = chance.normal(size=(2, 4000))
    second = CORRELATION * first + np.sqrt(1 - CORRELATION**2) * other
    gap = chance.random((2, 4000)) < 0.4
    data = [
        IncompleteCovariate(name, np.where(mask, NAN, values))
        for name, mask, values in zip("ab", gap, (first, second), strict=True)
    ]
    treated, outcome = chance.random(4000) < 0.5, chance.normal(size=4000)
    model = ImputationModel(method, iterations=15)  # type: ignore[arg-type]
    found = imputation(data, treated, outcome, seed=1, index=0, model=model)
    for group in (gap[0] & ~gap[1], ~gap[0] & gap[1], gap[0] & gap[1]):
        assert np.corrcoef(found.columns[0][group], found.columns[1][group])[0, 1] == pytest.approx(
            CORRELATION, abs=WITHIN
        )


def test_two_covariates_with_gaps_are_iterated() -> None:
    """Each of two with gaps is drawn as often as asked for; one alone once, as it depends on nothing that is drawn."""
    covariates, treated, outcome = sample(13)
    both = imputation(covariates[:2], treated, outcome, seed=1, index=0, model=ImputationModel(iterations=4))
    assert both.trace.shape == (4, 2)
    assert len(np.unique(both.trace)) == 8
    alone = imputation(covariates[:1], treated, outcome, seed=1, index=0, model=ImputationModel(iterations=4))
    assert alone.trace.shape == (1, 1)


def test_chains_start_from_observed_values_with_equal_chances() -> None:
    """Each of five observed values starts about a fifth of 5,000 gaps, the first and the last no less than others."""
    values = np.full(5005, NAN)
    values[::1001] = [3.0, 1.0, 4.0, 1.5, 9.0]
    treated, outcome = np.arange(5005) % 2 == 0, np.sqrt(np.arange(5005.0))
    chain = _Chain([IncompleteCovariate("age", values)], _given(treated, outcome, False), ImputationModel())
    chain.start(0, np.random.Generator(np.random.PCG64(2)))
    started, counts = np.unique(chain.columns[0][np.isnan(values)], return_counts=True)
    assert started.tolist() == [1.0, 1.5, 3.0, 4.0, 9.0]
    law = binom(5000, 1 / 5)
    assert all(law.ppf(UNLIKELY) <= count <= law.isf(UNLIKELY) for count in counts)


def test_a_number_is_one_parameter() -> None:
    """Six observed values carry intercept, treatment, outcome, their product, and one for the other number."""
    treated, outcome = np.array([True, False] * 4), np.arange(8.0)
    data = [number("age", [NAN, NAN, 1, 5, 3, 4, 9, 2]), number("height", [5, 3, 8, 1, 2, 7, 7, 4])]
    assert np.isfinite(imputation(data, treated, outcome, seed=1, index=0).columns[0]).all()
