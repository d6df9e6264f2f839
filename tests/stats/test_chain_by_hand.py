"""The chain of imputation models: what it starts from, what it enters among its predictors, and when it has enough."""

import numpy as np
import pytest
from scipy.stats import binomtest

from medicore.errors import EstimationError
from medicore.stats.imputation.chained_equations import (
    ImputationModel,
    _Chain,
    _given,
    imputation,
    visiting_order,
)
from tests.stats.gaps import NAN, number, sample

UNLIKELY = 1e-4
"""p-value below which a fixed seed's draws do not follow their law."""


def test_every_observed_value_starts_as_often() -> None:
    """Gaps begin with one of the observed values, the first and the last as often as any other."""
    chance = np.random.Generator(np.random.PCG64(1))
    chain = _Chain([number("a", [*range(1, 20), *[NAN] * 6000])], np.ones((1, 6019)), ImputationModel())
    chain.start(0, chance)
    begun = chain.columns[0][19:]
    for seen in (1.0, 19.0):
        assert binomtest(int((begun == seen).sum()), 6000, 1 / 19).pvalue > UNLIKELY


def test_predictors_are_the_completed_covariates() -> None:
    """After every visit the predictors hold numbers standardised, and a 1 where a level but the first was drawn."""
    covariates, treated, outcome = sample(5, n=200)
    chain = _Chain(covariates, _given(treated, outcome, True), ImputationModel())
    chance = np.random.Generator(np.random.PCG64(2))
    for move in (chain.start, chain.visit):
        for place in visiting_order(covariates):
            move(place, chance)
        for place, (covariate, column) in enumerate(zip(covariates, chain.columns, strict=True)):
            rows = chain._rows[chain._owner == place]
            if covariate.levels:
                expected = np.array([column == level for level in range(1, len(covariate.levels))])
            else:
                expected = ((column - column.mean()) / column.std())[None]
            np.testing.assert_array_equal(rows, expected)


def test_two_covariates_with_gaps_take_every_iteration() -> None:
    """Gaps in one number need one draw; in two, as many rounds as the protocol says."""
    covariates, treated, outcome = sample(6)
    for gaps, rounds in ((1, 1), (2, 4)):
        data = [*covariates[:gaps], number("height", covariates[4].values)]
        made = imputation(data, treated, outcome, seed=1, index=0, model=ImputationModel(iterations=4))
        assert made.trace.shape == (rounds, gaps)
        assert np.isfinite(made.trace).all()
    seen = ~data[0].missing
    last = made.columns[0][~seen].mean()
    assert made.trace[-1, made.visited.index("weight")] == pytest.approx(last)


def test_a_model_needs_more_values_than_parameters() -> None:
    """One observed value more than 1, arm, outcome, their product and a number is enough; as many are not."""
    chance = np.random.Generator(np.random.PCG64(3))
    treated = np.arange(9) % 2 == 0
    outcome, other = chance.normal(size=(2, 9))
    for observed in (6, 5):
        values = np.where(np.arange(9) < observed, chance.normal(size=9), NAN)
        data = [number("a", values), number("b", other)]
        if observed == 6:
            assert np.isfinite(imputation(data, treated, outcome, seed=1, index=0).columns[0]).all()
        else:
            with pytest.raises(EstimationError, match="5 observed values for 5 parameters"):
                imputation(data, treated, outcome, seed=1, index=0)
