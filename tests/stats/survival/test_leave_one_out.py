"""The update without each subject is beside the plain loop that leaves it out, and says where nothing can be fitted."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.stats.effect.contrasts import difference
from medicore.stats.survival import leave_one_out as module
from medicore.stats.survival.augmented_survival import augmented_survival
from medicore.stats.survival.batched_survival import SurvivalSample, jackknifed
from medicore.stats.survival.curve_influence import Summary
from medicore.stats.survival.leave_one_out import UPDATED, leave_one_out, without_each
from tests.stats.survival.followed import HORIZON, Followed, follow

SUMMARIES: tuple[Summary, ...] = ("survival", "restricted mean")
SAME_ORDER = 0.999
"""Correlation of the updates with the plain loop's estimates: they differ in terms of the order of n⁻²."""
SECOND_ORDER = 6.0
"""Times 1/n: how far the standard error may lie above the plain loop's, relatively."""
ROUNDING = 1e-10


def sampled(data: Followed, summary: Summary = "survival") -> SurvivalSample:
    """Return the sample of these subjects, arranged for resampling."""
    result = data.result(summary)
    return SurvivalSample.of(
        data.treated, data.time, data.event, data.fit, result, horizon=HORIZON, summary=summary
    )


def by_plain_loop(data: Followed, *summaries: Summary) -> tuple[NDArray[np.float64], ...]:
    """Return the arms' estimates without each subject, every model fitted again by the code for one sample."""
    n, found = len(data.time), []
    for row in range(n):
        left = data.chosen(np.flatnonzero(np.arange(n) != row))
        fit, models = left.fit, left.models()
        means = [
            augmented_survival(
                left.treated, left.time, left.event, fit, models, horizon=HORIZON, summary=summary
            ).means
            for summary in summaries
        ]
        found.append([(one.treated, one.control) for one in means])
    return tuple(np.array(found).swapaxes(0, 1))


@cache
def tied(n: int) -> tuple[Followed, dict[Summary, NDArray[np.float64]]]:
    """Return a sample with tied times, and for both summaries the estimates of the plain loop."""
    data = follow(42, n=n).rounded(2)
    return data, dict(zip(SUMMARIES, by_plain_loop(data, *SUMMARIES), strict=True))


def error(data: Followed, summary: Summary, without: NDArray[np.float64]) -> float:
    """Return the jackknife's standard error of the difference."""
    return difference(jackknifed(data.result(summary), without, 10.0)).standard_error


@pytest.mark.parametrize("summary", SUMMARIES)
@pytest.mark.parametrize("n", [150, 250])
def test_the_update_is_that_of_the_plain_loop(summary: Summary, n: int) -> None:
    """Both arms' estimates go along with the loop's, and the standard error is at most some 6/n of itself above it."""
    data, by_loop = tied(n)
    plain, updated = by_loop[summary], leave_one_out(sampled(data, summary))
    for arm in (0, 1):
        assert np.corrcoef(plain[:, arm], updated[:, arm])[0, 1] > SAME_ORDER
    ratio = error(data, summary, updated) / error(data, summary, plain)
    assert -1 / n < ratio - 1 < SECOND_ORDER / n


def test_the_scores_are_followed_exactly() -> None:
    """Who leaves changes the other arm through the scores alone: there the update is the plain loop's estimate itself."""
    data = follow(42, n=90)
    (plain,), updated = by_plain_loop(data, "survival"), leave_one_out(sampled(data))
    for arm, others in ((0, ~data.treated), (1, data.treated)):
        assert updated[others, arm] == pytest.approx(plain[others, arm], abs=1e-7)


def test_pieces_of_the_tables_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less memory at once changes the last digits at most."""
    sample = sampled(follow(43), "restricted mean")
    whole = leave_one_out(sample)
    monkeypatch.setattr(module, "_AT_ONCE", 2000)
    assert leave_one_out(sample) == pytest.approx(whole, abs=ROUNDING)


def test_a_large_sample_is_updated_and_a_small_one_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the limit nothing is approximate; beyond it the variance says that the estimate is an update."""
    data = follow(44, n=80)
    sample = sampled(data)
    exact, how = without_each(sample)
    assert (exact.tolist(), how) == (sample.jackknife().tolist(), "")
    monkeypatch.setattr(module, "LARGEST_EXACT", 79)
    updated, how = without_each(sample)
    assert (updated.tolist(), how) == (leave_one_out(sample).tolist(), UPDATED)
    found = jackknifed(data.result("survival"), updated, 70.0, how)
    assert found.variance == (
        "jackknife, every model fitted again, estimate updated by its derivatives, Student's t"
    )


def test_a_sample_without_its_only_event_has_no_estimate() -> None:
    """Without the one subject on whose event a model rests there is no number, as in the plain loop."""
    data = follow(45, n=80)
    events = np.flatnonzero(data.treated & data.event)
    event = data.event.copy()
    event[events[1:]] = False
    alone = Followed(data.x[:, :0], data.treated, data.time, event, data.competing)
    found = leave_one_out(sampled(alone))
    assert np.flatnonzero(np.isnan(found).any(axis=1)).tolist() == [events[0]]


def test_an_arm_without_censoring_needs_no_model_of_it() -> None:
    """Where everybody of an arm has the event, the update follows the model of the event alone."""
    data = follow(46, n=120)
    event = data.event | data.treated
    whole = Followed(data.x, data.treated, data.time, event, data.competing)
    updated = leave_one_out(sampled(whole))
    (plain,) = by_plain_loop(whole, "survival")
    assert np.corrcoef(plain[:, 0], updated[:, 0])[0, 1] > SAME_ORDER
