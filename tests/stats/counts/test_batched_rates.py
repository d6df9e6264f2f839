"""The bootstrap and the jackknife of rates fit every model again in each resample."""

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from medicore.errors import ConfigurationError, EstimationError
from medicore.stats.bootstrap.bootstrap import ONE_ARM, RANK_LOST, SEPARATED
from medicore.stats.bootstrap.bootstrap_measure import NO_RATE, measured
from medicore.stats.bootstrap.replicated import bootstrapped
from medicore.stats.bootstrap.resampling import drawn, seeded_streams
from medicore.stats.counts.batched_rates import NO_EVENT, RateSample
from medicore.stats.effect.contrasts import log_rate_ratio
from medicore.stats.effect.measures import contrasts_of
from tests.stats.counts.counted import Counted, counted

SAME = 1e-8
"""Difference of a replicate from the estimate of its resample; Newton's last step is about 1e-12."""


def _sample(data: Counted) -> RateSample:
    return RateSample.of(data.x, data.treated, data.count, data.time, data.fit, data.result())


def test_each_replicate_is_the_estimate_of_its_resample() -> None:
    """By all three estimators, on samples drawn again from the recorded seed."""
    data = counted(41, n=120)
    found = _sample(data).bootstrap(40, seed=7)
    (stream, _) = seeded_streams(7, 40)
    resamples = [row for some in drawn(stream, 120) for row in some]
    assert not any(found.failed.values())
    for place in range(0, 32, 5):
        again = data.chosen(resamples[place])
        both, weights, models = (again.result(kind).means for kind in ("augmented", "weights", "models"))  # type: ignore[arg-type]
        assert found.arm_means[place] == pytest.approx((both.treated, both.control), abs=SAME)
        assert found.hajek[place] == pytest.approx(weights.treated - weights.control, abs=SAME)
        assert found.g_computation[place] == pytest.approx(models.treated - models.control, abs=SAME)
    own = data.result().means
    assert found.value == pytest.approx(own.treated - own.control)


def test_the_jackknife_leaves_out_each_subject_once() -> None:
    """Its variance is (n − 1)/n times the sum of squares of the estimates without each subject."""
    data = counted(42, n=60)
    rows = np.arange(60)
    without = np.array(
        [
            (means.treated, means.control)
            for means in (data.chosen(np.flatnonzero(rows != row)).result().means for row in rows)
        ]
    )
    found = _sample(data).jackknifed(54.0)
    expected = 59 / 60 * ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    assert np.diag(found.covariance) == pytest.approx(expected, rel=1e-6)
    assert found.degrees_of_freedom == 54.0


def test_the_first_replicates_of_a_longer_bootstrap_are_those_of_a_shorter_one() -> None:
    """The number of replicates changes none of them, and neither do threads."""
    sample = _sample(counted(43))
    long = sample.bootstrap(70, seed=3)
    assert sample.bootstrap(33, seed=3).estimates.tolist() == long.estimates[:33].tolist()
    with threadpool_limits(limits=2):
        assert sample.bootstrap(70, seed=3).estimates.tolist() == long.estimates.tolist()
    assert sample.bootstrap(70, seed=4).estimates.tolist() != long.estimates.tolist()


def test_a_failed_replicate_is_counted_under_its_reasons() -> None:
    """Resamples with one arm, without an event, with dependent columns, or with a level without event are named."""
    data = counted(44, n=80)
    level = np.zeros(80)
    for arm in (data.treated, ~data.treated):
        with_event, without = np.flatnonzero(arm & (data.count > 0)), np.flatnonzero(arm & (data.count == 0))
        level[[*with_event[:2], *without[:4]]] = 1.0
    data = replace(data, x=np.column_stack([data.x[:, 0], level]))
    weights = np.ones((32, 80))
    weights[0, ~data.treated] = 0
    weights[1, data.treated & (data.count > 0)] = 0
    weights[2, level == 1] = 0
    weights[3, data.treated & (level == 1) & (data.count > 0)] = 0
    _, flags = _sample(data).replicate(weights)
    assert flags[ONE_ARM][0]
    assert flags[NO_EVENT][1]
    assert flags[RANK_LOST][2]
    assert flags[SEPARATED][3]
    assert not any(flag[4:].any() for flag in flags.values())


def test_a_ratio_is_resampled_on_the_logarithm() -> None:
    """Replicates without a rate above 0 count as failed, and with fewer than two others there is no bootstrap."""
    data = counted(45, n=100)
    result, plain = data.result(), _sample(data).bootstrap(40, seed=1)
    means = plain.arm_means.copy()
    means[:3, 1] = 0.0
    found = measured(replace(plain, arm_means=means), result.stacked, "rate ratio")
    assert found.failed[NO_RATE] == 3
    assert found.estimates == pytest.approx(np.log(means[3:, 0]) - np.log(means[3:, 1]))
    assert found.value == pytest.approx(log_rate_ratio(result.stacked).value)
    assert np.isnan(contrasts_of(means[:, 0], means[:, 1], "rate ratio")[:3]).all()
    means[1:, 1] = 0.0
    with pytest.raises(EstimationError, match="rates above 0"):
        measured(replace(plain, arm_means=means), result.stacked, "rate ratio")


def test_a_sample_that_cannot_be_resampled_is_refused() -> None:
    """Too few replicates asked for, too few that can be estimated, or an estimate that rests on one subject, are told."""
    data = counted(46, n=60)
    result = data.result()
    with pytest.raises(ConfigurationError, match="expected at least 2"):
        _sample(data).bootstrap(1, seed=1)
    with pytest.raises(EstimationError, match="0 of 9 bootstrap replicates"):
        bootstrapped(np.zeros((0, 3, 2)), {ONE_ARM: 9}, result.means, result.stacked, replicates=9, seed=1)
    only = np.flatnonzero(data.treated & (data.count > 0))[1:]
    count = data.count.copy()
    count[only] = 0.0
    rare = replace(data, count=count, x=data.x[:, 1:])
    with pytest.raises(EstimationError, match="single subjects"):
        _sample(rare).jackknifed(10.0)
