"""Who is behind a logistic regression without a maximum: each kind of trouble names its own columns."""

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.stats.models.design import standardise
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.stats.models.separation import (
    collinear_columns,
    dependent_columns,
    separating_columns,
    undetermined_columns,
)

Vector = NDArray[np.float64]

RANDOM = np.random.default_rng(7)
TREATED = RANDOM.random(200) < 0.5
NOISE = RANDOM.normal(size=(200, 3))


def fit_with(column: Vector) -> LogisticFit:
    """Return the fit on three columns of noise and a fourth, index 3."""
    return fit_logistic(np.column_stack([NOISE, column]), TREATED)


@pytest.mark.parametrize(
    ("column", "alone"),
    [
        (np.where(TREATED, 2.0, 1.0), True),
        (np.where(TREATED, 1.0, 2.0) + NOISE[:, 0] / 100, True),
        (np.where(TREATED & (NOISE[:, 0] > 0), 1.0, 0.0), True),
        (np.where(~TREATED & (NOISE[:, 0] > 0), 1.0, 0.0), True),
        (NOISE[:, 0] + TREATED, False),
        (np.full(200, 3.0), False),
    ],
    ids=["two values", "complete", "quasi, treated", "quasi, control", "overlapping", "constant"],
)
def test_column_that_separates_alone_is_told(column: Vector, alone: bool) -> None:
    """A column separates alone when no treated value lies below a control value, or none above."""
    assert separating_columns(np.column_stack([NOISE, column]), TREATED) == ((3,) if alone else ())


def test_separation_by_two_columns_is_told_by_their_errors() -> None:
    """Where only a combination separates, the columns in it are those with unbounded standard errors."""
    sharp = np.column_stack([NOISE, np.where(TREATED, 1.0, -1.0) - 3 * NOISE[:, 0]])
    fit = fit_logistic(sharp, TREATED)
    assert fit.separated
    assert separating_columns(sharp, TREATED) == ()
    assert {0, 3} <= set(undetermined_columns(fit))
    assert collinear_columns(fit.design) == ()


def test_collinear_columns_are_told_apart_from_others() -> None:
    """Both columns of a nearly collinear pair are named, one that is aliased or sound is not."""
    assert collinear_columns(fit_with(NOISE[:, 1] + 1e-5 * RANDOM.normal(size=200)).design) == (1, 3)
    assert collinear_columns(fit_with(NOISE[:, 1] + 1e-2 * RANDOM.normal(size=200)).design) == ()
    assert collinear_columns(fit_with(NOISE[:, 1] * 2 + 1).design) == ()


def test_share_is_that_of_the_variance_inflation_factor() -> None:
    """The limit is a variance inflation factor of a million, whatever the columns' units."""
    for share, expected in ((1.01e-3, ()), (0.99e-3, (0, 3))):
        own = RANDOM.normal(size=200)
        others = np.column_stack([np.ones(200), NOISE])
        own -= others @ np.linalg.lstsq(others, own, rcond=None)[0]
        first = NOISE[:, 0] - NOISE[:, 0].mean()
        rest = np.column_stack([np.ones(200), NOISE[:, 1:]])
        inside = first - rest @ np.linalg.lstsq(rest, first, rcond=None)[0]
        # Two columns span the same plane: their shares are equal when the other two explain neither.
        made = inside / inside.std() + share * own / own.std()
        fit = fit_logistic(np.column_stack([inside * 1000, NOISE[:, 1:], made]), TREATED)
        assert collinear_columns(fit.design) == expected


def test_a_large_error_is_not_yet_an_unbounded_one() -> None:
    """A column that one pair alone keeps from separating is steep, its error over 10, and is not blamed below 50."""
    column = np.linspace(-1, 1, 101)
    treated = column > 0
    treated[[49, 51]] = True, False
    fit = fit_logistic(column[:, None], treated)
    assert 10 < np.sqrt(fit.covariance[1, 1]) < 50
    assert undetermined_columns(fit) == ()


def test_sound_model_names_nobody() -> None:
    """A model with overlap has no column to blame."""
    fit = fit_with(RANDOM.normal(size=200))
    assert not fit.separated
    assert (undetermined_columns(fit), collinear_columns(fit.design)) == ((), ())


YEAR = RANDOM.integers(2015, 2026, 200).astype(np.float64)
KILOGRAMS = np.round(RANDOM.normal(80, 15, 200), 1)


@pytest.mark.parametrize(
    "columns",
    [
        (YEAR, YEAR**2),
        (KILOGRAMS, np.round(KILOGRAMS * 2.20462, 1)),
        (NOISE[:, 1] + 1e-5 * RANDOM.normal(size=200),),
    ],
    ids=["a year and its square", "kilograms and pounds", "noise"],
)
def test_nearly_collinear_columns_do_not_separate(columns: tuple[Vector, ...]) -> None:
    """Two columns of one thing have large standard errors, and the likelihood has its maximum all the same."""
    fit = fit_logistic(np.column_stack([NOISE, *columns]), TREATED)
    assert fit.converged
    assert not fit.separated
    assert fit.weakest_error < 1
    assert fit.largest_standard_error > 20 * fit.weakest_error


def test_the_weakest_direction_is_that_of_any_basis() -> None:
    """The largest error over all combinations does not depend on how the columns are written."""
    x = NOISE + 3
    mixed = x @ np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1e-3], [1.0, 0.0, 1.0]])
    assert fit_logistic(mixed, TREATED).weakest_error == pytest.approx(
        fit_logistic(x, TREATED).weakest_error, rel=1e-6
    )
    assert fit_logistic(np.ones((200, 1)), TREATED).weakest_error == 0


def test_dependent_columns_vary() -> None:
    """A sum of others is told, a constant is not, and a design without any column has nothing to tell."""
    x = np.column_stack([NOISE, NOISE[:, 0] + NOISE[:, 1], np.ones(200)])
    assert dependent_columns(x, standardise(x)) == (3,)
    assert collinear_columns(standardise(np.ones((200, 2)))) == ()
