"""Standardisation and rank: which columns stay, which are aliased, and the way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.models.design import standardise
from tests.stats.samples import draw, seeds

ROUNDING = 1e-12


def test_columns_have_mean_zero_and_standard_deviation_one() -> None:
    """Kept columns are centred, and scaled by the standard deviation with divisor n."""
    x = draw(1).x * 37 + 4
    design = standardise(x)
    np.testing.assert_allclose(design.columns.mean(axis=0), 0, atol=ROUNDING)
    np.testing.assert_allclose(design.columns.std(axis=0), 1, rtol=ROUNDING)
    assert design.kept == (0, 1, 2)
    assert design.aliased == ()


def test_of_aliased_columns_the_later_ones_go() -> None:
    """A constant, a copy and a sum are left out and named; the columns they came from stay."""
    x = draw(2).x
    made = np.column_stack(
        [np.full(len(x), 3.0), x[:, 0], 5 - 2 * x[:, 0], x[:, 1], x[:, 0] + x[:, 1], x[:, 2]]
    )
    design = standardise(made)
    assert design.kept == (1, 3, 5)
    assert design.aliased == (0, 2, 4)


@given(seed=seeds, places=st.permutations(range(4)))
def test_dummies_of_every_level_lose_the_last_one(seed: int, places: list[int]) -> None:
    """With an indicator for every level of a category, the last of them is the one that is dropped."""
    chance = np.random.Generator(np.random.PCG64(seed))
    level = chance.integers(0, 4, size=60)
    level[:4] = range(4)
    dummies = np.column_stack([(level == place).astype(float) for place in places])
    assert standardise(dummies).aliased == (3,)


def test_a_nearly_aliased_column_stays() -> None:
    """A column that differs from another by a standard deviation of more than 1e-8 is independent of it."""
    x = draw(3).x[:, :1]
    noise = np.random.Generator(np.random.PCG64(3)).normal(size=x.shape)
    for unit in (1.0, 1e-6, 1e6):
        assert standardise(unit * np.hstack([x, x + 3e-8 * noise])).aliased == ()
        assert standardise(unit * np.hstack([x, x + 3e-9 * noise])).aliased == (1,)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_constant_whose_mean_is_rounded_is_constant(sign: int) -> None:
    """The mean of equal decimal fractions is not always the fraction; what is left of it is no spread."""
    x = np.repeat(sign * np.array([[0.1, 0.7, 1 / 3, 1e5 / 7]]), 239, axis=0)
    assert (x.mean(axis=0) != x[0]).any()
    assert standardise(x).kept == ()


def test_the_unit_of_a_column_does_not_make_it_constant() -> None:
    """Columns of the order of 1e-13 are as good as any."""
    assert standardise(draw(5).x * 1e-13).kept == (0, 1, 2)


def test_more_columns_than_subjects_leaves_as_many_as_there_can_be() -> None:
    """Of ten columns on five subjects, four are independent of the intercept and of one another."""
    x = np.random.Generator(np.random.PCG64(4)).normal(size=(5, 10))
    design = standardise(x)
    assert design.kept == (0, 1, 2, 3)
    assert len(design.aliased) == 6


def test_no_columns_is_a_design_too() -> None:
    """A model with an intercept alone has an empty design."""
    design = standardise(np.empty((4, 0)))
    assert design.columns.shape == (4, 0)
    np.testing.assert_array_equal(design.basis(np.empty((2, 0))), np.ones((2, 1)))
    np.testing.assert_array_equal(design.given_scale(), [[1.0]])


def test_coefficients_find_their_way_back() -> None:
    """A linear predictor is the same by the basis and by the given columns, for new rows as well."""
    x = draw(5).x * [2.0, 100.0, 1.0] + [0.0, 50.0, 0.0]
    design = standardise(np.column_stack([x, x[:, 0]]))
    theta = np.array([0.3, -1.0, 2.0, 0.5])
    given_scale = design.given_scale() @ theta
    new = np.column_stack([x[:7] + 1, x[:7, 0] + 1])
    direct = given_scale[0] + new @ given_scale[1:]
    np.testing.assert_allclose(design.basis(new) @ theta, direct, rtol=1e-10)
    assert given_scale[4] == 0


def test_no_rows_are_refused() -> None:
    """An empty arm has no design."""
    with pytest.raises(EstimationError, match="0 subjects cannot carry a model"):
        standardise(np.empty((0, 3)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    """NaN and infinity raise, and the message does not hold the value."""
    x = draw(6).x.copy()
    x[3, 1] = value
    with pytest.raises(EstimationError, match="NaN or infinity"):
        standardise(x)
