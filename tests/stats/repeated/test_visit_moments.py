"""The products of subjects who share their observed visits, and what is refused before a likelihood is asked for."""

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.repeated.visit_moments import moments_of, without
from tests.stats.repeated_samples import profiles

EXACT = 1e-9


def test_the_moments_count_every_subject_once() -> None:
    """The patterns hold the observed subjects, and their products are the sums over the subjects' rows."""
    data = profiles(1)
    found = moments_of(data.design, data.outcome)
    seen = ~np.isnan(data.outcome)
    assert sum(one.n for one in found) == int(seen.any(axis=1).sum())
    assert sum(one.n * len(one.visits) for one in found) == int(seen.sum())
    total = sum(np.einsum("aapq->pq", one.products) for one in found)
    rows = np.column_stack([data.design[seen], data.outcome[seen]])
    np.testing.assert_allclose(total, rows.T @ rows, rtol=EXACT)


def test_subjects_left_out_are_as_if_they_had_never_been() -> None:
    """Moments without some subjects are the moments of the others; a pattern without subjects is gone."""
    data = profiles(2, n=40)
    first = (np.isnan(data.outcome) == np.isnan(data.outcome[0])).all(axis=1)
    found = without(moments_of(data.design, data.outcome), data.design[first], data.outcome[first])
    fresh = moments_of(data.design[~first], data.outcome[~first])
    assert [one.n for one in found] == [one.n for one in fresh]
    for one, other in zip(found, fresh, strict=True):
        np.testing.assert_allclose(one.products, other.products, atol=EXACT)
    some = np.arange(40) % 7 == 0
    less = without(moments_of(data.design, data.outcome), data.design[some], data.outcome[some])
    assert sum(one.n for one in less) == int((~np.isnan(data.outcome[~some])).any(axis=1).sum())


def test_what_no_likelihood_can_be_made_of_is_refused_by_name() -> None:
    """Shapes that differ, numbers that are none, visits nobody shares, collinear predictors and too many of them."""
    data = profiles(3, n=24)
    with pytest.raises(EstimationError, match="predictors of 24 subjects at 3 visits"):
        moments_of(data.design[:, :2], data.outcome)
    holed = data.design.copy()
    holed[~np.isnan(data.outcome)] = np.nan
    with pytest.raises(EstimationError, match="NaN or infinite"):
        moments_of(holed, data.outcome)
    apart = data.outcome.copy()
    apart[~np.isnan(apart[:, 2]), 0] = np.nan
    with pytest.raises(EstimationError, match=r"0 subject\(s\) are observed at both visit 1 and visit 3"):
        moments_of(data.design, apart)
    twice = np.concatenate([data.design, data.design[:, :, :1] * 2], axis=2)
    with pytest.raises(EstimationError, match="8 predictors of the visits have rank 7"):
        moments_of(twice, data.outcome)
    with pytest.raises(EstimationError, match="outcomes are observed for 6 predictors"):
        moments_of(data.design[:2, :, [0, 1, 2, 3, 4, 5]], np.ones((2, 3)))
