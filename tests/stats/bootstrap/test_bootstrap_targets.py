"""The bootstrap in other target populations and on ratios: the same resamples, estimated as the sample is."""

import numpy as np
import pytest

from medicore.errors import ConfigurationError, EstimationError
from medicore.stats.balance.weights import tilting
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.resampling import drawn, seeded_streams
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.inverse_probability import weighted_means
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import fit_outcome_models
from tests.stats.samples import draw

TARGETS = ("ATE", "ATT", "ATO")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_each_replicate_is_the_estimate_of_its_resample(target: str, family: str) -> None:
    """Replicate k is what the primary estimator gives on the subjects that stream k draws."""
    sample = draw(22, n=200, p=2, family=family)  # type: ignore[arg-type]
    found = bootstrap_effect(
        sample.x, sample.x, sample.treated, sample.outcome,
        replicates=35, seed=4, family=family, target=target,  # type: ignore[arg-type]
    )  # fmt: skip
    resamples = [one for stream in seeded_streams(4, 35) for some in drawn(stream, 200) for one in some]
    assert found.failed == {"one arm only": 0, "rank lost": 0, "separation": 0, "not converged": 0}
    for k in (0, 17, 34):
        rows = resamples[k]
        x, arm = sample.x[rows], sample.treated[rows]
        alone = doubly_robust(
            x, arm, sample.outcome[rows], fit_logistic(x, arm), family=family, target=target,  # type: ignore[arg-type]
        )  # fmt: skip
        assert found.estimates[k] == pytest.approx(alone.influence_function.value, rel=1e-9)
        assert tuple(found.arm_means[k]) == pytest.approx((alone.mean_treated, alone.mean_control), rel=1e-9)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_chunks_change_no_bit(target: str, family: str) -> None:
    """However many replicates are held at once, every one has the same bits."""
    sample = draw(27, n=300, p=3, family=family)  # type: ignore[arg-type]
    first, second = (
        bootstrap_effect(
            sample.x, sample.x[:, :2], sample.treated, sample.outcome,
            replicates=150, seed=4, family=family, target=target, chunk=chunk,  # type: ignore[arg-type]
        )
        for chunk in (32, 160)
    )  # fmt: skip
    for name in ("estimates", "arm_means", "hajek", "g_computation"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_other_estimators_come_from_the_same_resample(target: str, family: str) -> None:
    """Weighting and averaged predictions are those of their own estimators on the same subjects."""
    sample = draw(28, n=200, p=2, family=family)  # type: ignore[arg-type]
    found = bootstrap_effect(
        sample.x, sample.x, sample.treated, sample.outcome,
        replicates=32, seed=4, family=family, target=target,  # type: ignore[arg-type]
    )  # fmt: skip
    resamples = [one for stream in seeded_streams(4, 32) for some in drawn(stream, 200) for one in some]
    for k in (3, 30):
        rows = resamples[k]
        x, arm, outcome = sample.x[rows], sample.treated[rows], sample.outcome[rows]
        fit = fit_logistic(x, arm)
        weighted = weighted_means(arm, outcome, fit, target).scores_estimated  # type: ignore[arg-type]
        assert found.hajek[k] == pytest.approx(weighted.treated - weighted.control, rel=1e-9)
        models = fit_outcome_models(x, arm, outcome, family)  # type: ignore[arg-type]
        counted = arm.astype(float) if target == "ATT" else tilting(fit.fitted, target)[0]  # type: ignore[arg-type]
        predicted = counted @ (models[0].predicted - models[1].predicted) / counted.sum()
        assert found.g_computation[k] == pytest.approx(predicted, rel=1e-9)


@pytest.mark.parametrize("target", TARGETS)
def test_standard_errors_agree(target: str) -> None:
    """Over a sample of 600 the bootstrap's standard error is that of the sandwich within a sixth."""
    sample = draw(23, n=600, p=2)
    found = bootstrap_effect(
        sample.x, sample.x, sample.treated, sample.outcome, replicates=200, seed=5, target=target,  # type: ignore[arg-type]
    )  # fmt: skip
    primary = doubly_robust(sample.x, sample.treated, sample.outcome, sample.fit, target=target)  # type: ignore[arg-type]
    assert found.value == pytest.approx(primary.sandwich.value)
    assert found.standard_error == pytest.approx(primary.sandwich.standard_error, rel=1 / 6)
    assert found.hajek.std() > 0
    assert found.g_computation.std() > 0


def test_failed_replicates_are_counted_by_reason() -> None:
    """With three treated subjects of whom one carries a column, resamples lose an arm, rank, or separate."""
    treated = np.arange(30) < 3
    x = np.column_stack([np.tile([1.0, 0.0, 0.5], 10), (np.arange(30) % 9 == 0).astype(float)])
    outcome = np.sin(np.arange(30.0))
    found = bootstrap_effect(x, x[:, :1], treated, outcome, replicates=120, seed=6, target="ATT")
    assert sum(found.failed.values()) + len(found.estimates) == 120
    assert found.failed["one arm only"] > 0
    assert found.failed["rank lost"] + found.failed["separation"] > 0


def test_nothing_to_replicate_is_an_error() -> None:
    """One replicate is a wrong question, and a sample that separates in every resample has no answer."""
    sample = draw(24, n=60, p=1)
    with pytest.raises(ConfigurationError, match="at least 2"):
        bootstrap_effect(
            sample.x, sample.x, sample.treated, sample.outcome, replicates=1, seed=1, target="ATT"
        )
    apart = np.where(sample.treated, 5.0, -5.0)[:, None] + sample.x
    with pytest.raises(EstimationError, match=r"bootstrap replicates could be estimated \(.*separation"):
        bootstrap_effect(apart, sample.x, sample.treated, sample.outcome, replicates=4, seed=1, target="ATO")
