"""1:1 matching against all pairs compared one by one, and its rules for ties and calipers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.matching import (
    match_with_replacement,
    match_without_replacement,
    matching_distance,
)
from tests.stats.samples import Sample, draw, samples

A = np.array([True, True, False, False, False])
Y = np.array([10.0, 20.0, 1.0, 2.0, 4.0])


def by_pairs(sample: Sample, position: np.ndarray, target: str) -> tuple[float, float]:
    """Return estimate and Abadie–Imbens error from the full table of distances."""
    n = len(sample.outcome)
    part = np.zeros((n, n))
    for one in range(n):
        others = np.flatnonzero(sample.treated != sample.treated[one])
        distance = np.abs(position[others] - position[one])
        nearest = others[distance <= distance.min() + 1e-12]
        part[one, nearest] = 1 / len(nearest)
    inside = np.ones(n, dtype=bool) if target == "ATE" else sample.treated
    sign = np.where(sample.treated, 1.0, -1.0)
    effect = (sign * (sample.outcome - part @ sample.outcome))[inside]
    value = effect.mean()
    gaps = sign[:, None] * (sample.outcome[:, None] - sample.outcome)
    spread = 0.5 * (part * (gaps - value) ** 2)[inside].sum() / inside.sum()
    used, squares = part[inside].sum(axis=0), (part[inside] ** 2).sum(axis=0)
    crossed = 2 * used if target == "ATE" else 0.0
    variance = ((effect - value) ** 2).sum() + spread * (used**2 + crossed - squares).sum()
    return float(value), float(np.sqrt(variance) / inside.sum())


@pytest.mark.parametrize("target", ["ATE", "ATT"])
@settings(max_examples=20)
@given(sample=samples, decimals=st.sampled_from([1, 12]))
def test_estimate_and_error_are_those_of_all_pairs(target: str, sample: Sample, decimals: int) -> None:
    """With and without ties, sorting finds the partners that comparing everybody finds."""
    position = np.round(matching_distance(sample.fit.fitted), decimals)
    found = match_with_replacement(sample.treated, sample.outcome, position, target=target)  # type: ignore[arg-type]
    value, error = by_pairs(sample, position, target)
    assert found.estimate.value == pytest.approx(value, abs=1e-9)
    assert found.estimate.standard_error == pytest.approx(error, rel=1e-9)
    assert found.unmatched == 0
    assert found.estimate.estimand == target


def test_tied_partners_count_in_equal_parts() -> None:
    """Two controls at the same distance on either side: their mean is the partner."""
    position = np.array([0.0, 3.0, -1.0, 1.0, 3.5])
    found = match_with_replacement(A, Y, position)
    assert found.estimate.value == pytest.approx(((10 - 1.5) + (20 - 4)) / 2)
    assert found.largest_use == 1
    assert found.matched == 2


def test_a_wider_tie_takes_in_more_partners() -> None:
    """A squared distance within the tolerance of the smallest counts as equal."""
    position = np.array([0.0, 3.0, 0.5, 0.6, 9.0])
    near = match_with_replacement(A, Y, position)
    wide = match_with_replacement(A, Y, position, tie_tolerance=0.2)
    assert near.estimate.value == pytest.approx(((10 - 1) + (20 - 2)) / 2)
    assert wide.estimate.value == pytest.approx(((10 - 1.5) + (20 - 2)) / 2)


def test_a_caliper_leaves_subjects_unmatched_and_says_so() -> None:
    """The third treated subject has nobody within half a standard deviation: another estimand."""
    position = np.array([0.0, 3.0, 20.0, 0.1, 3.2, 9.0])
    treated, outcome = np.arange(6) < 3, np.array([10.0, 20.0, 30.0, 1.0, 2.0, 4.0])
    found = match_with_replacement(treated, outcome, position, caliper=0.5)
    assert (found.matched, found.unmatched) == (2, 1)
    assert found.estimate.value == pytest.approx((9 + 18) / 2)
    assert found.estimate.estimand == "ATT (matched)"
    assert found.estimate.n == 5


def test_no_partner_at_all_is_refused() -> None:
    """A caliper that nobody meets leaves no estimate."""
    position = np.array([0.0, 3.0, 10.0, 11.0, 12.0])
    with pytest.raises(EstimationError, match=r"0 subject\(s\) have a partner"):
        match_with_replacement(A, Y, position, caliper=0.5)


def test_without_replacement_the_highest_score_chooses_first() -> None:
    """The second subject, of higher position, takes the best control; the first gets the next one."""
    position = np.array([1.0, 2.0, 1.4, 0.0, -9.0])
    found = match_without_replacement(A, Y, position)
    assert found.estimate.value == pytest.approx(((20 - 1) + (10 - 2)) / 2)
    assert found.estimate.n == 4
    assert found.unmatched == 0
    assert (found.means.treated, found.means.control) == (15, 1.5)
    assert difference(found.means).standard_error == pytest.approx(found.estimate.standard_error)


def test_without_replacement_earlier_rows_win_ties() -> None:
    """Equal positions choose, and equally near controls are chosen, in the order of the rows."""
    position = np.array([0.0, 0.0, 1.0, -1.0, 5.0])
    found = match_without_replacement(A, Y, position)
    assert found.estimate.value == pytest.approx(((10 - 1) + (20 - 2)) / 2)
    differences = np.array([9.0, 18.0])
    assert found.estimate.standard_error == pytest.approx(differences.std(ddof=1) / np.sqrt(2))


def test_without_replacement_a_caliper_and_a_short_supply_leave_some_out() -> None:
    """A control too far away is not taken, and when none is left the rest stay unmatched."""
    treated = np.array([True, True, True, False, False])
    outcome = np.array([10.0, 20.0, 30.0, 1.0, 2.0])
    position = np.array([0.0, 0.1, 9.0, 0.2, -0.1])
    found = match_without_replacement(treated, outcome, position, caliper=1.0)
    assert (found.matched, found.unmatched) == (2, 1)
    assert found.estimate.estimand == "ATT (matched)"
    short = match_without_replacement(treated, outcome, position)
    assert (short.matched, short.unmatched) == (2, 1)
    assert short.estimate.value == pytest.approx(((30 - 1) + (20 - 2)) / 2)


def test_fewer_than_two_pairs_are_refused() -> None:
    """One pair has no spread."""
    with pytest.raises(EstimationError, match=r"1 pair\(s\)"):
        match_without_replacement(A, Y, np.array([0.0, 9.0, 0.1, 50.0, 60.0]), caliper=0.5)


@pytest.mark.parametrize("scale", ["logit", "score"])
def test_positions_have_standard_deviation_one(scale: str) -> None:
    """Logits, or scores, over their standard deviation, in the same order."""
    score = draw(171).fit.fitted
    position = matching_distance(score, scale)  # type: ignore[arg-type]
    assert position.std(ddof=1) == pytest.approx(1)
    np.testing.assert_array_equal(np.argsort(position), np.argsort(score))


@pytest.mark.parametrize("score", [np.full(5, 0.3), np.array([0.2, 0.4, 1.0, 0.5, 0.6])])
def test_scores_without_spread_or_logit_are_refused(score: np.ndarray) -> None:
    """Equal scores, and a score of 1, have no standardised logit."""
    with pytest.raises(EstimationError, match="do not vary, or are 0 or 1"):
        matching_distance(score)


def test_greedy_pairs_are_those_of_a_search_by_hand() -> None:
    """From the highest position down, each treated subject takes the nearest control that is left."""
    sample = draw(152, n=60)
    position = matching_distance(sample.fit.fitted)
    left, gaps = list(np.flatnonzero(~sample.treated)), []
    for seeker in sorted(np.flatnonzero(sample.treated), key=lambda row: -position[row]):
        if left:
            partner = min(left, key=lambda row: abs(position[row] - position[seeker]))
            left.remove(partner)
            gaps.append(sample.outcome[seeker] - sample.outcome[partner])
    found = match_without_replacement(sample.treated, sample.outcome, position)
    assert found.matched == len(gaps)
    assert found.estimate.value == pytest.approx(np.mean(gaps), rel=1e-12)


def test_a_caliper_includes_its_end() -> None:
    """A partner at exactly the caliper's distance is within it, with replacement and without."""
    position = np.array([0.0, 3.0, 0.5, 3.5, 9.0])
    assert match_with_replacement(A, Y, position, caliper=0.5).matched == 2
    assert match_without_replacement(A, Y, position, caliper=0.5).matched == 2
    with pytest.raises(EstimationError, match=r"0 subject\(s\) have a partner"):
        match_with_replacement(A, Y, position, caliper=0.49)


def test_the_origin_of_the_outcome_costs_no_digits() -> None:
    """Ten million added to every outcome leave the error as it was, to six digits."""
    sample = draw(153)
    position = matching_distance(sample.fit.fitted)
    plain = match_with_replacement(sample.treated, sample.outcome, position, target="ATE").estimate
    moved = match_with_replacement(sample.treated, sample.outcome + 1e7, position, target="ATE").estimate
    assert moved.standard_error == pytest.approx(plain.standard_error, rel=1e-6)


def test_one_partner_has_no_variance() -> None:
    """A single matched subject would have a standard error of 0 and a p-value of 0."""
    with pytest.raises(
        EstimationError, match=r"1 subject\(s\) have a partner within the caliper; expected two"
    ):
        match_with_replacement(A, Y, np.array([0.0, 3.0, 0.5, 50.0, 60.0]), caliper=0.5)
    alone = np.array([True, False, False])
    with pytest.raises(EstimationError, match=r"1 subject\(s\)"):
        match_with_replacement(alone, Y[:3], np.array([0.0, 1.0, 2.0]))


def test_ties_are_counted() -> None:
    """Where subjects of an arm share a position, the order of the rows decides, and the result says how many do."""
    position = np.array([0.0, 0.0, 0.5, 0.5, 0.5])
    found = match_without_replacement(A, Y, position)
    assert found.tied == 3
    assert match_without_replacement(A, Y, position + np.arange(5) / 100).tied == 0
