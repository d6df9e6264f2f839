"""The bootstrap and the jackknife of survival fit every model again in each resample."""

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from medicore.errors import ConfigurationError, EstimationError
from medicore.stats.bootstrap.bootstrap import NOT_CONVERGED, ONE_ARM, RANK_LOST, SEPARATED
from medicore.stats.bootstrap.replicated import bootstrapped
from medicore.stats.bootstrap.resampling import drawn, seeded_streams
from medicore.stats.survival import batched_survival as module
from medicore.stats.survival.augmented_survival import augmented_survival, fit_survival_models
from medicore.stats.survival.batched_survival import NO_EVENT, UNFOLLOWED, SurvivalSample, jackknifed
from medicore.stats.survival.curve_influence import Summary
from tests.stats.survival.followed import HORIZON, Followed, follow

SUMMARIES: tuple[Summary, ...] = ("survival", "restricted mean")
SAME = 1e-8
"""Difference of a replicate from the estimate of its resample; Newton's last step is about 1e-12."""


def _sample(data: Followed, summary: Summary = "survival", horizon: float = HORIZON) -> SurvivalSample:
    return SurvivalSample.of(
        data.treated,
        data.time,
        data.event,
        data.fit,
        data.result(summary, horizon=horizon),
        horizon=horizon,
        summary=summary,
    )


@pytest.mark.parametrize("summary", SUMMARIES)
def test_each_replicate_is_the_estimate_of_its_resample(summary: Summary) -> None:
    """By all three estimators, on samples drawn again from the recorded seed, with tied times."""
    data = follow(41, n=120).rounded(2)
    found = _sample(data, summary).bootstrap(40, seed=7)
    assert found.replicates == 40
    (stream, _) = seeded_streams(7, 40)
    resamples = [row for some in drawn(stream, 120) for row in some]
    assert not any(found.failed.values())
    for place in range(0, 32, 5):
        again = data.chosen(resamples[place])
        kinds = {kind: again.result(summary, kind).means for kind in ("augmented", "weights", "models")}
        both = kinds["augmented"]
        assert found.arm_means[place] == pytest.approx((both.treated, both.control), abs=SAME)
        assert found.hajek[place] == pytest.approx(
            kinds["weights"].treated - kinds["weights"].control, abs=SAME
        )
        assert found.g_computation[place] == pytest.approx(
            kinds["models"].treated - kinds["models"].control, abs=SAME
        )
    assert found.estimates == pytest.approx(found.arm_means[:, 0] - found.arm_means[:, 1])
    own = data.result(summary).means
    assert found.value == pytest.approx(own.treated - own.control)


@pytest.mark.parametrize("summary", SUMMARIES)
def test_the_jackknife_leaves_out_each_subject_once(summary: Summary) -> None:
    """Each row is the estimate without the subject, and the variance is that of Efron and Tibshirani."""
    data = follow(42, n=70).rounded(2)
    without = _sample(data, summary).jackknife()
    for row in range(0, 70, 9):
        means = data.chosen(np.flatnonzero(np.arange(70) != row)).result(summary).means
        assert without[row] == pytest.approx((means.treated, means.control), abs=SAME)
    found = jackknifed(data.result(summary), without, 64.0)
    variance = 69 / 70 * ((without[:, 0] - without[:, 0].mean()) ** 2).sum()
    assert found.covariance[0, 0] == pytest.approx(variance)
    assert found.degrees_of_freedom == 64.0
    stacked = data.result(summary).stacked
    assert np.corrcoef(found.root[:, 0], stacked.root[:, 0])[0, 1] > 0.95


def test_the_first_replicates_of_a_longer_bootstrap_are_those_of_a_shorter_one() -> None:
    """The number of replicates changes none of them, and neither do threads or pieces of the tables."""
    sample = _sample(follow(43))
    long = sample.bootstrap(70, seed=3)
    assert sample.bootstrap(33, seed=3).estimates.tolist() == long.estimates[:33].tolist()
    with threadpool_limits(limits=2):
        assert sample.bootstrap(70, seed=3).estimates.tolist() == long.estimates.tolist()
    assert sample.bootstrap(70, seed=4).estimates.tolist() != long.estimates.tolist()


def test_pieces_of_the_tables_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less memory at once changes the last digits at most."""
    sample = _sample(follow(43), "restricted mean")
    whole = sample.bootstrap(32, seed=3).estimates
    monkeypatch.setattr(module, "_AT_ONCE", 5000)
    assert sample.bootstrap(32, seed=3).estimates == pytest.approx(whole, abs=1e-12)


def test_a_failed_replicate_is_counted_under_its_first_reason() -> None:
    """Resamples with one arm, without event, without follow-up to the horizon, or with dependent columns are named."""
    data = follow(44, n=60)
    sample = _sample(data)
    everybody = np.ones((32, 60))
    weights = everybody.copy()
    weights[0, ~data.treated] = 0
    weights[1, data.treated & data.event] = 0
    weights[2, data.treated & (data.time >= HORIZON)] = 0
    weights[2, data.treated & ~data.event & (data.time < HORIZON)] = 1
    weights[3] = 0
    weights[
        3,
        [*np.flatnonzero(data.treated & data.event)[:1], *np.flatnonzero(data.treated & (data.time > 1))[:1]],
    ] = 5
    weights[3, ~data.treated] = 1
    _, flags = sample.replicate(weights)
    assert flags[ONE_ARM][0]
    assert flags[NO_EVENT][1]
    last = data.treated & (data.time < HORIZON)
    ends_with_event = data.event[last][data.time[last] == data.time[last].max()].all()
    assert flags[UNFOLLOWED][2] == (not ends_with_event)
    assert flags[RANK_LOST][3] | flags[SEPARATED][3] | flags[NOT_CONVERGED][3]
    assert not any(flag[4:].any() for flag in flags.values())


def test_a_hazard_that_separates_in_a_resample_is_counted() -> None:
    """A level whose only event is not drawn has no maximum of the likelihood."""
    data = follow(45, n=90)
    level = np.zeros(90)
    inside, outside = np.flatnonzero(data.treated), np.flatnonzero(~data.treated)
    level[[*inside[data.event[inside]][:2], *inside[~data.event[inside]][:4]]] = 1.0
    level[[*outside[data.event[outside]][:4], *outside[~data.event[outside]][:4]]] = 1.0
    with_level = replace(data, x=np.column_stack([data.x, level]))
    weights = np.ones((32, 90))
    weights[0, inside[data.event[inside]][:2]] = 0
    _, flags = _sample(with_level).replicate(weights)
    assert flags[SEPARATED][0]
    assert not flags[SEPARATED][1]


def test_without_covariates_of_censoring_the_replicates_follow() -> None:
    """Censoring without covariates is estimated by the baseline alone in each replicate, too."""
    data = follow(48, n=80)
    nothing = data.x[:, :0]
    models = fit_survival_models(data.x, nothing, data.treated, data.time, data.event)
    arrays = data.treated, data.time, data.event, data.fit
    result = augmented_survival(*arrays, models, horizon=HORIZON, summary="survival")
    sample = SurvivalSample.of(*arrays, result, horizon=HORIZON, summary="survival")
    means, flags = sample.replicate(np.ones((32, 80)))
    assert means[0, 0] == pytest.approx((result.means.treated, result.means.control), abs=SAME)
    assert not any(flag.any() for flag in flags.values())


def test_a_sample_that_cannot_be_resampled_is_refused() -> None:
    """Too few replicates asked for, or too few that can be estimated, are told."""
    data = follow(46, n=60)
    sample, result = _sample(data), data.result()
    with pytest.raises(ConfigurationError, match="expected at least 2"):
        sample.bootstrap(1, seed=1)
    with pytest.raises(EstimationError, match="0 of 9 bootstrap replicates"):
        bootstrapped(np.zeros((0, 3, 2)), {ONE_ARM: 9}, result.means, result.stacked, replicates=9, seed=1)


def test_a_jackknife_that_rests_on_single_subjects_is_refused() -> None:
    """Where the only event of an arm is one subject's, nothing can be estimated without it."""
    data = follow(47, n=60)
    only = np.flatnonzero(data.treated & data.event)
    event = data.event.copy()
    event[only[1:]] = False
    rare = replace(data, event=event, x=data.x[:, :1])
    without = _sample(rare).jackknife()
    assert np.isnan(without[only[0]]).all()
    with pytest.raises(EstimationError, match="single subjects"):
        jackknifed(rare.result(), without, 10.0)
