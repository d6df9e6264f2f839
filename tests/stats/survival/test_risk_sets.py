"""Risk sets hold who is still followed."""

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.survival.risk_sets import RiskSets, require_follow_up

TIME = np.array([2.0, 1.0, 2.0, 5.0])
VALUES = np.array([10.0, 1.0, 100.0, 1000.0])


def test_sums_at_a_time_from_it_on_and_until_it_hold_the_right_subjects() -> None:
    """Subjects with the same time are in one set, and a subject is at risk up to and at its own time."""
    sets = RiskSets.of(TIME)
    assert sets.times.tolist() == [1.0, 2.0, 5.0]
    assert sets.at(VALUES).tolist() == [1.0, 110.0, 1000.0]
    assert sets.at_risk(VALUES).tolist() == [1111.0, 1110.0, 1000.0]
    assert sets.until(np.array([1.0, 2.0, 4.0])).tolist() == [3.0, 1.0, 3.0, 7.0]


def test_sums_of_rows_keep_their_columns() -> None:
    """Values with several columns are summed column by column."""
    rows = np.column_stack([VALUES, -VALUES])
    assert RiskSets.of(TIME).at_risk(rows)[0].tolist() == [1111.0, -1111.0]


@pytest.mark.parametrize(
    ("time", "event", "weights", "said"),
    [
        (np.array([-1.0]), np.array([True]), None, "negative"),
        (np.array([np.nan]), np.array([True]), None, "NaN"),
        (np.zeros(0), np.zeros(0, dtype=bool), None, "absent"),
        (np.array([1.0]), np.array([1]), None, "boolean"),
        (np.array([1.0]), np.array([True, False]), None, "boolean"),
        (np.array([1.0]), np.array([True]), np.array([-1.0]), "weights"),
        (np.array([1.0]), np.array([True]), np.array([np.inf]), "weights"),
        (np.array([1.0]), np.array([True]), np.array([1.0, 1.0]), "weights"),
    ],
)
def test_follow_up_that_is_none_is_refused(
    time: np.ndarray, event: np.ndarray, weights: np.ndarray | None, said: str
) -> None:
    """The message says what of times, events and weights is wrong."""
    with pytest.raises(EstimationError, match=said):
        require_follow_up(time, event, weights)


def test_follow_up_of_length_zero_is_allowed() -> None:
    """A subject may leave at time 0, and a weight may be 0."""
    require_follow_up(np.array([0.0, 1.0]), np.array([True, False]), np.array([0.0, 1.0]))
