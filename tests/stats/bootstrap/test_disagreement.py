"""False alarms of the gates of variances: the rates by a second, plainer simulation."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, ndtr

from medicore.errors import EstimationError
from medicore.stats.bootstrap import disagreement
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult
from medicore.stats.bootstrap.disagreement import _studies, bootstrap_alarm_rate, sandwich_alarm_rate
from medicore.stats.bootstrap.world import World
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.models.outcome_model import Family
from tests.stats.samples import Sample, draw

ROUNDING = 1e-9
REPLICATES = 224
"""Of a run; the rates find their share with 96."""


def world(sample: Sample, *, randomised: bool = False) -> World:
    """Return the world of a sample."""
    return World.of(sample.x, sample.x, sample.treated, sample.outcome, sample.family, randomised=randomised)


def studies(made: World, number: int) -> list[Sample]:
    """Return studies of a world from other random numbers than the rates', without those that separate."""
    found = []
    for index in range(number):
        treated, outcome = made.draw(np.random.Generator(np.random.PCG64(10_000 + index)))
        study = Sample(made.x_outcome, treated, outcome)
        if not study.fit.separated:
            found.append(study)
    return found


def test_the_sandwich_rate_is_a_plain_simulations() -> None:
    """Of 1,200 studies as many differ by 3 % as of the 600 that the rate counts."""
    made = world(draw(24, n=60, p=4))
    seen = []
    for study in studies(made, 1200):
        found = doubly_robust(study.x, study.treated, study.outcome, study.fit)
        seen.append(abs(found.sandwich.standard_error / found.influence_function.standard_error - 1) >= 0.03)
    rate = sandwich_alarm_rate(made, 0.03, seed=1, draws=600)
    assert 0.2 < rate < 0.8
    assert rate == pytest.approx(np.mean(seen), abs=3.5 * np.sqrt(0.25 / 600 + 0.25 / 1200))


@pytest.fixture
def _bootstrapped_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the rates at several limits find the bootstrap of a study that an earlier one has made."""
    made: dict[tuple[bytes, bytes, int], BootstrapResult] = {}

    def remembered(*given: Any, **options: Any) -> BootstrapResult:
        key = (given[2].tobytes(), given[3].tobytes(), options["seed"])
        if key not in made:
            made[key] = bootstrap_effect(*given, **options)
        return made[key]

    monkeypatch.setattr(disagreement, "bootstrap_effect", remembered)


@pytest.mark.usefixtures("_bootstrapped_once")
def test_the_bootstrap_rate_is_that_of_full_bootstraps() -> None:
    """Few replicates in each study give the rate of as many replicates as a run has, in both directions."""
    made = world(draw(25, n=60, p=4))
    gaps = []
    for index, study in enumerate(studies(made, 150)):
        found = doubly_robust(study.x, study.treated, study.outcome, study.fit)
        expected = small_sample_means(study.treated, study.outcome, study.fit, found, correction="HC3")
        spread = bootstrap_effect(
            study.x, study.x, study.treated, study.outcome, replicates=REPLICATES, seed=index
        ).spread
        gaps.append(spread / difference(expected).standard_error - 1)
    for limit in (0.07, 0.12):
        rate = bootstrap_alarm_rate(made, limit, replicates=REPLICATES, seed=2, draws=150, resamples=96)
        seen = float((np.abs(gaps) >= limit).mean())
        assert 0.1 < rate < 0.9
        assert rate == pytest.approx(seen, abs=3.5 * np.sqrt(2 * 0.25 / 150))


def test_few_replicates_are_extrapolated_along_their_inverse() -> None:
    """The rate is the line through those of all replicates and of their halves, at as many replicates as a run has."""
    made = world(draw(29, n=40, p=5), randomised=True)
    limit, few, rates = 0.15, 64, []
    for share in (1, 2):
        gaps = []
        for study in _studies(made, 5, 12, "gaussian", "ATE"):
            arrays = study.treated, study.outcome
            drawn = bootstrap_effect(
                made.x_propensity, made.x_outcome, *arrays, replicates=few, seed=study.seed
            )
            means = small_sample_means(*arrays, study.fit, study.result, correction="HC3")
            for part in range(share):
                ends = np.quantile(drawn.estimates[part::share], ndtr([-1, 1]), method="median_unbiased")
                gaps.append(np.diff(ends)[0] / 2 / difference(means).standard_error - 1)
        rates.append(float((np.abs(gaps) >= limit).mean()))
    assert 0 < rates[0] < rates[1]
    for replicates in (64, 100, 2000):
        at = np.interp(few / replicates, [0, 1], [2 * rates[0] - rates[1], rates[0]])
        found = bootstrap_alarm_rate(made, limit, replicates=replicates, seed=5, draws=12, resamples=few)
        assert found == pytest.approx(max(float(at), 0.0), abs=ROUNDING)


def test_a_run_with_few_replicates_is_simulated_with_as_many() -> None:
    """Where a run has fewer replicates than the studies may have, nothing is extrapolated."""
    made = world(draw(29, n=40, p=5), randomised=True)
    found = [
        bootstrap_alarm_rate(made, 0.15, replicates=32, seed=5, draws=12, resamples=number)
        for number in (32, 96)
    ]
    assert found[0] == found[1] > 0


def test_more_replicates_leave_less_noise() -> None:
    """The noise of 20 replicates alone fires nearly always; a limit beyond 1 is never reached from below."""
    made = world(draw(26, n=300))
    rates = [
        bootstrap_alarm_rate(made, 0.15, replicates=number, seed=3, draws=12, resamples=64)
        for number in (4, 200, 20_000)
    ]
    assert rates[0] > rates[1] > rates[2]
    assert rates[0] > 0.5
    assert bootstrap_alarm_rate(made, 1.0, replicates=200, seed=3, draws=12, resamples=64) < 1e-6


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATO"])
def test_rates_are_those_of_the_measure_and_of_the_seed(target: str) -> None:
    """A ratio of risks has its own rate; the same seed gives the same rate, another seed another."""
    made = world(draw(27, n=120, family="binomial"))
    options = {"family": "binomial", "target": target, "draws": 40}
    rates = [
        sandwich_alarm_rate(made, 0.02, seed=seed, measure=measure, **options)  # type: ignore[arg-type]
        for seed in (1, 1, 2)
        for measure in ("difference", "odds ratio")
    ]
    assert rates[:2] == rates[2:4]
    assert len(set(rates)) > (2 if target == "ATE" else 1)
    found = bootstrap_alarm_rate(
        made,
        0.1,
        replicates=200,
        seed=1,
        measure="risk ratio",
        resamples=64,
        **(options | {"draws": 6}),  # type: ignore[arg-type]
    )
    assert 0 < found < 1


def test_a_world_that_cannot_be_estimated_has_no_rate() -> None:
    """Studies that separate, or have one arm, are left out; fewer than two that remain are an error."""
    made = replace(world(draw(28, n=60)), score=np.full(60, 1e-9))
    for rate in (
        lambda: sandwich_alarm_rate(made, 0.2, seed=1, draws=5),
        lambda: bootstrap_alarm_rate(made, 0.2, replicates=200, seed=1, draws=5),
    ):
        with pytest.raises(EstimationError, match="could be estimated; expected two or more"):
            rate()


def steep(n: int, p: int, slope: float, seed: int, *, binary: bool = False) -> World:
    """Return a small world whose scores, and risks where the outcome is ``binary``, follow the first covariate closely."""
    chance = np.random.Generator(np.random.PCG64(seed))
    x = chance.normal(size=(n, p))
    risk = np.clip(0.5 + 0.45 * np.sign(x[:, 0]), 0.02, 0.98) if binary else np.zeros(n)
    residuals = (np.zeros(0), np.zeros(0)) if binary else (chance.normal(size=n), chance.normal(size=n))
    return World(x, x, expit(slope * x[:, 0]), np.column_stack([risk, risk]), residuals)


@pytest.mark.parametrize(("binary", "left"), [(False, 13), (True, 1)])
def test_studies_that_separate_are_left_out(binary: bool, left: int) -> None:
    """Of sixteen small studies those stay whose propensity model, and both outcome models, have a maximum."""
    family: Family = "binomial" if binary else "gaussian"
    studies = [*_studies(steep(24, 2, 2.0, 3, binary=binary), 1, 16, family, "ATE")]
    assert len(studies) == left
    assert not any(one.fit.separated or any(m.separated for m in one.result.models) for one in studies)


def test_a_study_without_replicates_is_left_out() -> None:
    """Where no two replicates of a study can be estimated, it says nothing of the rate."""
    with pytest.raises(EstimationError, match="1 study of those drawn"):
        bootstrap_alarm_rate(steep(12, 4, 0.2, 5), 0.2, replicates=200, seed=1, draws=32, resamples=96)
