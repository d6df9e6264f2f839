"""The bootstrap with missing outcomes: the same resamples, estimated as the sample is; without, the bits of before."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from medicore.errors import EstimationError
from medicore.stats.balance.weights import Target
from medicore.stats.bootstrap.batched_observation import ObservationReplicates
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult, acceleration
from medicore.stats.bootstrap.resampling import drawn, seeded_streams
from medicore.stats.effect.contrasts import difference
from medicore.stats.missing.hajek_observed import hajek_observed
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.standardised_observed import standardised_observed
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.outcome_model import Family, fit_outcome_models
from tests.stats.missing.unobserved import COMPLETE, Unobserved, unobserved
from tests.stats.samples import draw

TARGETS: tuple[Target, ...] = ("ATE", "ATT", "ATO")
FAMILIES: tuple[Family, ...] = ("gaussian", "binomial")
REPLICATE_TOLERANCE = 1e-8
"""Of a replicate against the estimator on the same resample, in bootstrap standard errors."""


def bootstrap(sample: Unobserved, replicates: int = 32, **changed: object) -> BootstrapResult:
    """Return the bootstrap of a sample, every model on all covariates."""
    settings = {"seed": 4, "family": sample.family, "observed": sample.observed, **changed}
    return bootstrap_effect(
        sample.x, sample.x, sample.treated, sample.outcome, replicates=replicates, **settings,  # type: ignore[arg-type]
    )  # fmt: skip


def resamples(n: int, replicates: int) -> list[np.ndarray]:
    """Return the very resamples that the bootstrap draws."""
    return [one for stream in seeded_streams(4, replicates) for some in drawn(stream, n) for one in some]


@pytest.mark.parametrize("complete", COMPLETE)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("family", FAMILIES)
def test_each_replicate_is_the_estimate_of_its_resample(
    family: Family, target: Target, complete: str
) -> None:
    """Means, weighting and standardisation of replicate k are those of the subjects that stream k draws."""
    sample = unobserved(81, p=2, family=family, complete=complete)
    found = bootstrap(sample, target=target)
    assert sum(found.failed.values()) == 0
    limit = REPLICATE_TOLERANCE * found.standard_error
    for k in (0, 13, 31):
        again = sample.taken(resamples(240, 32)[k])
        alone = again.augmented(target)
        assert abs(found.estimates[k] - alone.sandwich.value) <= limit
        assert np.abs(found.arm_means[k] - [alone.mean_treated, alone.mean_control]).max() <= limit
        weighted = hajek_observed(
            again.treated, again.outcome, again.observed, again.propensity, again.observation, target
        )
        assert abs(found.hajek[k] - difference(weighted).value) <= limit
        assert abs(found.g_computation[k] - _standardised(again, target)) <= limit


def _standardised(sample: Unobserved, target: Target) -> float:
    if target != "ATO":
        return difference(
            standardised_observed(
                sample.x, sample.treated, sample.outcome, sample.observed, family=sample.family, target=target
            )
        ).value
    score = sample.propensity.fitted
    models = fit_outcome_models(
        sample.x, sample.treated, sample.known, sample.family, observed=sample.observed
    )
    return float(np.average(models[0].predicted - models[1].predicted, weights=score * (1 - score)))


@pytest.mark.parametrize("named", [True, False])
def test_each_model_has_its_own_covariates(named: bool) -> None:
    """Observation's are those named for it, or the propensity model's."""
    sample = unobserved(82)
    x_outcome, x_observation = sample.x[:, :1], sample.x[:, 1:] if named else None
    found = bootstrap_effect(
        sample.x, x_outcome, sample.treated, sample.outcome, replicates=8, seed=4,
        observed=sample.observed, x_observation=x_observation,
    )  # fmt: skip
    for rows, value in zip(resamples(240, 8), found.estimates, strict=False):
        again = sample.taken(rows)
        observation = fit_observation(again.x[:, 1:] if named else again.x, again.treated, again.observed)
        expected = augmented_observed(
            again.x[:, :1], again.treated, again.outcome, again.observed, again.propensity, observation
        ).sandwich.value
        assert abs(value - expected) <= REPLICATE_TOLERANCE * found.standard_error


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_bits_for_every_chunk_and_number_of_threads(family: Family, target: Target) -> None:
    """Replicates and failures keep their bits; some resamples here miss no outcome in an arm."""
    sample = unobserved(83, n=300, family=family)
    controls = np.flatnonzero(~sample.treated)
    observed = sample.observed.copy()
    observed[controls[3:]] = True
    observed[controls[:3]] = False
    few = replace(sample, observed=observed, outcome=np.where(observed, sample.known, np.nan))
    found = set()
    for threads, chunk in ((1, 32), (1, 96), (1, 160), (2, 64)):
        with threadpool_limits(threads):
            made = bootstrap(few, 100, target=target, chunk=chunk)
        arrays = (made.estimates, made.arm_means, made.hajek, made.g_computation)
        found.add((*(array.tobytes() for array in arrays), str(made.failed)))
    assert len(found) == 1


@pytest.mark.parametrize("target", TARGETS)
def test_value_error_and_acceleration_are_the_estimators(target: Target) -> None:
    """The value is the full sample's, the error near the sandwich's, the acceleration of its influence."""
    sample = unobserved(84, n=600, p=2)
    primary = sample.augmented(target)
    found = bootstrap(sample, 200, target=target)
    assert found.value == primary.sandwich.value
    assert found.standard_error == pytest.approx(primary.sandwich.standard_error, rel=1 / 6)
    assert found.acceleration == round(acceleration(primary.stacked.root @ np.array([1.0, -1.0])), 12)


def test_an_outcome_that_is_not_observed_is_never_read() -> None:
    """NaN or a number in its place, every bit is the same."""
    sample = unobserved(85)
    mine, theirs = bootstrap(sample), bootstrap(replace(sample, outcome=sample.known))
    assert mine.arm_means.tobytes() == theirs.arm_means.tobytes()


def test_failures_of_the_observation_model_are_counted() -> None:
    """Where nine outcomes of one category are missing and one is observed, resamples separate; they are left out."""
    sample = unobserved(86)
    category = np.arange(240) % 24 == 0
    observed = sample.observed & ~category
    observed[24] = True
    x = np.column_stack([sample.x[:, 0], category])
    found = bootstrap(replace(sample, outcome=sample.known), 64, observed=observed, x_observation=x)
    assert found.failed["separation"] > 10
    assert len(found.estimates) == 64 - sum(found.failed.values())
    told = np.where(sample.observed, 1.0, -1.0)[:, None]
    with pytest.raises(EstimationError, match=r"^0 of 32 .*\(separation 32\)"):
        bootstrap(sample, x_observation=told)


def test_each_failure_of_the_observation_model_has_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rank lost, separation and a maximum that is not reached are counted apart, each replicate once."""
    flags = [np.isin(np.arange(32), places) for places in ([0, 1], [1, 2, 3, 4], [4, 5, 6, 7, 8, 9])]
    monkeypatch.setattr(ObservationReplicates, "failures", lambda _, __: tuple(flags))
    found = bootstrap(unobserved(88))
    assert found.failed == {"one arm only": 0, "rank lost": 2, "separation": 3, "not converged": 5}
    assert len(found.estimates) == 22


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("family", FAMILIES)
def test_everybody_observed_is_the_bootstrap_without(family: Family, target: Target) -> None:
    """A mark that says that nothing is missing changes no bit, whatever covariates are named for it."""
    sample = unobserved(87, family=family)
    complete = replace(sample, outcome=sample.known)
    plain = bootstrap(complete, target=target, observed=None)
    marked = bootstrap(complete, target=target, observed=np.ones(240, dtype=bool), x_observation=sample.x)
    for name in ("estimates", "arm_means", "hajek", "g_computation"):
        assert getattr(plain, name).tobytes() == getattr(marked, name).tobytes()
    assert (plain.value, plain.acceleration) == (marked.value, marked.acceleration)


BEFORE = {
    ("gaussian", "ATE", 3): "f088f5e619a301c1",
    ("gaussian", "ATE", 2): "6ed4fb9466e2b949",
    ("gaussian", "ATT", 3): "09772abe7cc714ca",
    ("gaussian", "ATT", 2): "7bcb1cdddec2feeb",
    ("gaussian", "ATO", 3): "c720816760b00974",
    ("gaussian", "ATO", 2): "63346d2a58bd84f7",
    ("binomial", "ATE", 3): "d50fc9eba144ce8b",
    ("binomial", "ATE", 2): "16c0cc1fb1102a17",
    ("binomial", "ATT", 3): "77dd752adb1fa063",
    ("binomial", "ATT", 2): "359f3419a629f973",
    ("binomial", "ATO", 3): "bb2363173f9b9a37",
    ("binomial", "ATO", 2): "41ded76f933c5796",
}
"""SHA-256, cut to 16 digits, of results to ten digits, by the code that knew of no missing outcome."""


@pytest.mark.parametrize(("family", "target", "columns"), BEFORE)
def test_without_missing_outcomes_results_are_those_of_before(
    family: Family, target: Target, columns: int
) -> None:
    """Replicates, value and acceleration are, to ten digits, what they were before outcomes could be missing."""
    sample = draw(22, n=300, p=3, family=family)
    found = bootstrap_effect(
        sample.x, sample.x[:, :columns], sample.treated, sample.outcome,
        replicates=70, seed=4, family=family, target=target,
    )  # fmt: skip
    digest = hashlib.sha256()
    arrays = (found.estimates, found.arm_means.ravel(), found.hajek, found.g_computation)
    for array in (*arrays, np.array([found.value, found.acceleration])):
        digest.update("\n".join(f"{value:.9e}" for value in array).encode())
    assert digest.hexdigest()[:16] == BEFORE[family, target, columns]
