"""The sandwich over subjects: what each of them moves the contrasts by, held against fits without them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.stats.repeated.mixed_model import fit_mixed
from medicore.stats.repeated.subject_sandwich import subject_influence
from tests.stats.repeated_samples import profiles

Vector = NDArray[np.float64]
EXACT = 1e-10
SLOPE = 1e-6
BOTH = np.zeros((2, 7))
BOTH[:, 2] = 1.0
BOTH[0, 5] = 1.0
"""The means of both arms at the third visit, of the predictors of ``profiles``."""


def least_squares(covariance: Vector, design: Vector, outcome: Vector, counts: Vector) -> Vector:
    """Return the generalised least-squares coefficients, each subject counted ``counts`` times, subject by subject."""
    size = design.shape[2]
    information, score = np.zeros((size, size)), np.zeros(size)
    for x, y, times in zip(design, outcome, counts, strict=True):
        seen = ~np.isnan(y)
        weight = np.linalg.inv(covariance[np.ix_(seen, seen)])
        information += times * x[seen].T @ weight @ x[seen]
        score += times * x[seen].T @ weight @ y[seen]
    solved: Vector = np.linalg.solve(information, score)
    return solved


def test_the_influence_is_the_slope_by_a_subject_s_weight() -> None:
    """With the covariance kept, counting a subject a little more moves the means by its influence; all add up to nothing."""
    data = profiles(5, n=40)
    fit = fit_mixed(data.design, data.outcome)
    found = subject_influence(fit, data.design, data.outcome, BOTH)
    step = 1e-4
    for place in (0, 7, 23):
        ends = []
        for sign in (1, -1):
            counts = np.ones(40)
            counts[place] += sign * step
            ends.append(BOTH @ least_squares(fit.covariance, data.design, data.outcome, counts))
        assert found[place] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=SLOPE)
    assert found.sum(axis=0) == pytest.approx(np.zeros(2), abs=EXACT)


def test_corrected_it_is_the_change_without_the_subject() -> None:
    """With residuals corrected for leverage it is exactly what the means lose when the subject is left out, covariance kept."""
    data = profiles(6, n=40)
    fit = fit_mixed(data.design, data.outcome)
    found = subject_influence(fit, data.design, data.outcome, BOTH, corrected=True)
    for place in (1, 12, 39):
        counts = np.ones(40)
        counts[place] = 0.0
        without = BOTH @ least_squares(fit.covariance, data.design, data.outcome, counts)
        assert found[place] == pytest.approx(BOTH @ fit.coefficients - without, abs=EXACT)


def test_who_was_never_seen_or_stands_alone_moves_nothing() -> None:
    """A subject without a visit has no influence, and one who alone has a level has none along that level."""
    data = profiles(7, n=40)
    outcome = data.outcome.copy()
    outcome[3] = np.nan
    alone = np.zeros((40, 3, 1))
    alone[9] = 1.0
    outcome[9] = (1.0, np.nan, np.nan)
    design = np.concatenate([data.design, alone], axis=2)
    weights = np.column_stack([BOTH, np.zeros(2)])
    fit = fit_mixed(design, outcome)
    found = subject_influence(fit, design, outcome, weights, corrected=True)
    assert found[3] == pytest.approx(np.zeros(2), abs=EXACT)
    assert found[9] == pytest.approx(np.zeros(2), abs=EXACT)
    assert np.isfinite(found).all()
