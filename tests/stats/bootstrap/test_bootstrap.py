"""The bootstrap: replicate by replicate the primary's own estimate, with the same bits however it is computed."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from medicore.errors import ConfigurationError, EstimationError
from medicore.stats.balance.weights import Target
from medicore.stats.bootstrap import batched_logistic
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult, acceleration
from medicore.stats.bootstrap.resampling import drawn, seeded_streams
from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.inverse_probability import weighted_means
from medicore.stats.effect.standardisation import standardised_means
from medicore.stats.models.logistic import fit_logistic
from tests.reference.reference import MISSING, available, case, rows
from tests.stats.samples import Sample, draw

REPLICATE_TOLERANCE = 1e-8
"""Of a replicate against the primary's own estimate from the same resample, in bootstrap standard errors."""
ALGEBRA_TOLERANCE = 1e-9
"""Relative; the same estimate by another order of sums."""

Vector = NDArray[np.float64]


def bootstrap(sample: Sample, replicates: int = 64, seed: int = 1, chunk: int = 64) -> BootstrapResult:
    """Return the bootstrap of a sample."""
    return bootstrap_effect(
        sample.x, sample.x, sample.treated, sample.outcome,
        replicates=replicates, seed=seed, family=sample.family, chunk=chunk,
    )  # fmt: skip


def resamples(sample: Sample, replicates: int, seed: int) -> Iterator[Sample]:
    """Yield the very resamples that the bootstrap draws."""
    drawn_rows = (
        row
        for stream in seeded_streams(seed, 1)
        for some in drawn(stream, len(sample.outcome))
        for row in some
    )
    for row, _ in zip(drawn_rows, range(replicates), strict=False):
        yield Sample(sample.x[row], sample.treated[row], sample.outcome[row], sample.family)


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_each_replicate_is_the_primary_estimate_of_its_resample(family: str) -> None:
    """Drawn again and estimated one by one by the primary's own code, every replicate of three estimators agrees."""
    sample = draw(21, n=260, family=family)  # type: ignore[arg-type]
    found = bootstrap(sample, 12, seed=4)
    expected = []
    for again in resamples(sample, 12, 4):
        primary = augmented_inverse_probability(
            again.x, again.treated, again.outcome, again.fit, family=again.family
        )
        weighted = difference(weighted_means(again.treated, again.outcome, again.fit).weights_fixed)
        standardised = difference(standardised_means(again.x, again.treated, again.outcome, again.family))
        expected.append((primary.mean_treated, primary.mean_control, weighted.value, standardised.value))
    assert sum(found.failed.values()) == 0
    columns = np.column_stack([found.arm_means, found.hajek, found.g_computation])
    np.testing.assert_allclose(columns, expected, atol=REPLICATE_TOLERANCE * found.standard_error, rtol=0)
    assert (found.estimates == found.arm_means[:, 0] - found.arm_means[:, 1]).all()


def test_propensity_and_outcome_models_may_have_different_covariates() -> None:
    """With one design for the scores and another for the outcome, replicates are those of these two designs."""
    sample = draw(22, n=260)
    narrow = sample.x[:, :1]
    found = bootstrap_effect(sample.x, narrow, sample.treated, sample.outcome, replicates=8, seed=4)
    for again, value in zip(resamples(sample, 8, 4), found.estimates, strict=True):
        expected = augmented_inverse_probability(
            again.x[:, :1], again.treated, again.outcome, again.fit
        ).sandwich.value
        assert abs(value - expected) <= REPLICATE_TOLERANCE * found.standard_error


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_columns_aliased_in_the_sample_or_an_arm_stay_left_out(family: str) -> None:
    """A copied column changes nothing, and one that is constant in an arm is out of that arm's model alone."""
    sample = draw(23, n=260, family=family)  # type: ignore[arg-type]
    only_treated = sample.treated & (sample.x[:, 0] > 0)
    x = np.column_stack([sample.x, sample.x[:, 0] * 2 + 1, only_treated])
    found = bootstrap_effect(
        sample.x, x, sample.treated, sample.outcome, replicates=8, seed=4, family=sample.family
    )
    for again, value in zip(resamples(replace(sample, x=x), 8, 4), found.estimates, strict=True):
        fit = fit_logistic(again.x[:, :3], again.treated)
        expected = augmented_inverse_probability(
            again.x, again.treated, again.outcome, fit, family=again.family
        ).sandwich.value
        assert abs(value - expected) <= REPLICATE_TOLERANCE * found.standard_error


def wide(seed: int, p: int, n: int = 700) -> Sample:
    """Return a sample with many covariates."""
    chance = np.random.Generator(np.random.PCG64(seed))
    x = chance.normal(size=(n, p))
    treated = chance.random(n) < 1 / (1 + np.exp(-0.4 * x[:, 0]))
    return Sample(x, treated, x @ np.full(p, 0.1) + treated + chance.normal(size=n))


SAMPLES = (
    draw(31, n=300),
    draw(32, n=1500, p=6),
    draw(33, n=500, family="binomial"),
    wide(34, 24),
    wide(35, 66),
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.x.shape[1]} {sample.family}")
def test_the_same_bits_for_every_chunk_and_number_of_threads(sample: Sample) -> None:
    """Replicates, failures, error and intervals keep their bits, whatever the chunk size and the threads."""
    found = set()
    for threads, chunk in ((1, 32), (1, 64), (1, 96), (1, 160), (2, 32), (2, 96)):
        with threadpool_limits(threads):
            made = bootstrap(sample, 100, seed=6, chunk=chunk)
        arrays = (made.estimates, made.arm_means, made.hajek, made.g_computation)
        intervals = made.interval(0.95, "percentile"), made.interval(0.9, "BCa")
        found.add((*(a.tobytes() for a in arrays), made.standard_error, intervals, str(made.failed)))
    assert len(found) == 1


def test_a_seed_names_its_replicates() -> None:
    """The same seed gives the same replicates, a longer run begins with them, and another seed gives others."""
    sample = draw(24)
    first, again, longer, other = (
        bootstrap(sample, replicates, seed) for replicates, seed in ((50, 1), (50, 1), (70, 1), (50, 2))
    )
    assert (first.estimates == again.estimates).all()
    assert (first.estimates == longer.estimates[:50]).all()
    assert not np.isin(first.estimates, other.estimates).any()
    assert (first.seed, first.replicates, len(longer.estimates)) == (1, 50, 70)


def test_the_value_is_the_primary_estimate() -> None:
    """The estimate that the intervals are built around is the full sample's."""
    sample = draw(25)
    expected = augmented_inverse_probability(sample.x, sample.treated, sample.outcome, sample.fit)
    assert bootstrap(sample, 2).value == expected.influence_function.value


@settings(max_examples=8)
@given(st.integers(0, 1000), st.floats(-50, 50), st.floats(0.01, 100))
def test_scaling_the_outcome_scales_every_replicate(seed: int, shift: float, scale: float) -> None:
    """Replicates of a + b·y are b times those of y; a constant cancels."""
    sample = draw(seed, n=120)
    plain = bootstrap(sample, 32)
    moved = bootstrap(sample.with_outcome(shift + scale * sample.outcome), 32)
    limit = ALGEBRA_TOLERANCE * scale * plain.standard_error * (1 + abs(shift))
    assert np.abs(moved.estimates - scale * plain.estimates).max() <= limit
    assert moved.failed == plain.failed


@settings(max_examples=8)
@given(st.integers(0, 1000))
def test_swapping_the_arms_negates_every_replicate(seed: int) -> None:
    """With the arms swapped, the same resamples give the opposite effect; rescaled covariates change nothing."""
    sample = draw(seed, n=120)
    plain = bootstrap(sample, 32)
    swapped = bootstrap(Sample(sample.x, ~sample.treated, sample.outcome), 32)
    rescaled = bootstrap(Sample(sample.x * [1000.0, 0.01, -3.0] + 7, sample.treated, sample.outcome), 32)
    limit = ALGEBRA_TOLERANCE * plain.standard_error * 10
    np.testing.assert_allclose(swapped.estimates, -plain.estimates, atol=limit, rtol=0)
    np.testing.assert_allclose(rescaled.estimates, plain.estimates, atol=limit, rtol=0)


def test_unproved_maxima_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replicate whose maximum is not proved is counted and left out, in either kind of regression."""
    for steps, sample in ((3, draw(26, n=1000)), (4, draw(26, n=400, family="binomial"))):
        monkeypatch.setattr(batched_logistic, "NEWTON_STEPS", steps)
        found = bootstrap(sample, 128)
        assert 0 < found.failed["not converged"] == 128 - len(found.estimates)


def test_scores_that_are_not_at_their_maximum_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the search stops after one step, the score that is left shows it, though no limit was reached."""
    monkeypatch.setattr(batched_logistic, "LAST_STEP", 1e9)
    with pytest.raises(EstimationError, match=r"^0 of 40 .*\(not converged 40\)"):
        bootstrap(draw(28, n=200), 40)


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATO"])
def test_acceleration_is_that_of_the_primarys_influence(target: Target) -> None:
    """The skewness of the stacked influence values of the difference, to twelve digits."""
    sample = draw(30, n=200)
    found = bootstrap_effect(
        sample.x, sample.x, sample.treated, sample.outcome, replicates=2, seed=1, target=target
    )
    primary = doubly_robust(sample.x, sample.treated, sample.outcome, sample.fit, target=target)
    expected = acceleration(primary.stacked.root @ np.array([1.0, -1.0]))
    assert found.acceleration == round(expected, 12)
    assert round(expected, 11) != found.acceleration != round(expected, 13)


@pytest.mark.parametrize("chunk", [0, 1, -32, 33])
def test_a_chunk_is_a_multiple_of_32(chunk: int) -> None:
    """Other chunk sizes are refused."""
    with pytest.raises(ConfigurationError, match="positive multiple of 32"):
        bootstrap(draw(27), chunk=chunk)


def test_one_replicate_is_refused() -> None:
    """A standard deviation needs two."""
    with pytest.raises(ConfigurationError, match="expected at least 2"):
        bootstrap(draw(27), replicates=1)


CASES = (
    "nhefs_wi", "nhefs_6", "lalonde614", "nsw_dw_rct", "cattaneo2", "cdisc_adas_high", "beeca_trial01",
    "robincar2_trt1_y", "eager_obs", "dw_psid1",
)  # fmt: skip


@pytest.mark.skipif(not available(), reason=MISSING)
@pytest.mark.parametrize("name", CASES)
def test_reference_bootstraps_are_reproduced(name: str) -> None:
    """Standard errors and percentile intervals of three estimators, within the Monte-Carlo error of the reference."""
    data = case(name)
    found = bootstrap_effect(
        data.x_propensity, data.x_outcome, data.treated, data.outcome,
        replicates=1000, seed=20250101, family=data.family,  # type: ignore[arg-type]
    )  # fmt: skip
    by_estimator = {"AIPW": found.estimates, "IPW-Hajek": found.hajek, "g-comp": found.g_computation}
    compared = 0
    for row in rows():
        if row.case != name or row.estimand != "ATE" or row.estimator not in by_estimator:
            continue
        estimates = by_estimator[row.estimator]
        quantities = {
            "boot_se": lambda made: made.std(ddof=1),
            "boot_pct_low": lambda made: np.quantile(made, 0.025),
            "boot_pct_high": lambda made: np.quantile(made, 0.975),
        }
        if row.quantity in quantities:
            assert abs(quantities[row.quantity](estimates) - row.value) <= row.tolerance, row
            compared += 1
    assert compared == 9
    assert sum(found.failed.values()) <= (60 if name == "eager_obs" else 0)
