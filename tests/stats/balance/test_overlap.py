"""Overlap: the c-statistic, equipoise, ranges of scores, and whom discarding keeps."""

import numpy as np
import pytest
from hypothesis import given

from medicore.stats.balance.overlap import TIED, ScoreRange, c_statistic, equipoise, score_range, within
from tests.stats.samples import Sample, samples

TREATED = np.array([True, True, True, False, False])
SCORE = np.array([0.9, 0.5, 0.4, 0.5, 0.1])


def test_c_statistic_counts_pairs_and_half_of_ties() -> None:
    """Of six pairs the treated is higher in four, equal in one."""
    assert c_statistic(TREATED, SCORE) == pytest.approx(4.5 / 6)


@given(sample=samples)
def test_c_statistic_is_the_share_of_ordered_pairs(sample: Sample) -> None:
    """It equals the count over all pairs, and 1 less itself with the arms swapped."""
    score = np.round(sample.fit.fitted, 2)
    gaps = score[sample.treated][:, None] - score[~sample.treated]
    share = ((gaps > 0) + 0.5 * (gaps == 0)).mean()
    assert c_statistic(sample.treated, score) == pytest.approx(share)
    assert c_statistic(~sample.treated, score) == pytest.approx(1 - share)


def test_equipoise_counts_preference_scores_in_the_middle() -> None:
    """With half treated the preference score is the score itself: three of five are between 0.3 and 0.7."""
    treated = np.array([True, True, False, False])
    assert equipoise(treated, np.array([0.2, 0.3, 0.7, 0.8])) == pytest.approx(0.5)


def test_equipoise_takes_out_how_common_treatment_is() -> None:
    """A score equal to the share treated is a preference of one half, however rare treatment is."""
    treated = np.arange(10) == 0
    assert equipoise(treated, np.full(10, 0.1)) == 1
    assert equipoise(treated, np.full(10, 0.5)) == 0


def test_scores_of_zero_and_one_are_out_of_equipoise() -> None:
    """They raise no warning, and count as outside."""
    assert equipoise(TREATED, np.array([0.0, 1.0, 0.0, 1.0, 0.0])) == 0


def test_ranges_count_strictly_outside_and_within_keeps_the_limits() -> None:
    """A score at a limit is inside."""
    assert score_range(TREATED, SCORE, 0.4, 0.5) == ScoreRange(0.4, 0.9, 0, 1)
    assert score_range(~TREATED, SCORE, 0.4, 0.5) == ScoreRange(0.1, 0.5, 1, 0)
    np.testing.assert_array_equal(within(SCORE, 0.4, 0.5), [False, True, True, True, False])


def test_scores_that_differ_in_their_last_bits_are_tied() -> None:
    """Subjects who are alike count half, whichever way the processor rounded their scores."""
    treated = np.array([True, False, True, False])
    alike = np.array([0.3, 0.3, 0.6, 0.6])
    for turn in (np.array([1, -1, 1, -1]), np.array([-1, 1, -1, 1])):
        assert c_statistic(treated, alike + turn * 2e-16) == c_statistic(treated, alike) == 0.5
    assert c_statistic(treated, alike + np.array([1e-9, 0, 0, 0])) == 0.625


def test_scores_at_the_distance_of_a_tie_are_tied() -> None:
    """The limit itself belongs to the ties."""
    one = np.array([False, True])
    assert c_statistic(one, np.array([0.0, TIED])) == 0.5
    assert c_statistic(one, np.array([0.0, 2 * TIED])) == 1.0
