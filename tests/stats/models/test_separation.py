"""Who is behind a logistic regression without a maximum: each kind of trouble names its own columns."""

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.stats.models.separation import collinear_columns, separating_columns, undetermined_columns

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
    assert collinear_columns(fit) == ()


def test_collinear_columns_are_told_apart_from_others() -> None:
    """Both columns of a nearly collinear pair are named, one that is aliased or sound is not."""
    assert collinear_columns(fit_with(NOISE[:, 1] + 1e-5 * RANDOM.normal(size=200))) == (1, 3)
    assert collinear_columns(fit_with(NOISE[:, 1] + 1e-2 * RANDOM.normal(size=200))) == ()
    assert collinear_columns(fit_with(NOISE[:, 1] * 2 + 1)) == ()


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
        assert collinear_columns(fit) == expected


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
    assert (undetermined_columns(fit), collinear_columns(fit)) == ((), ())
