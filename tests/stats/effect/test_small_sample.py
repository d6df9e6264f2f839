"""The variance for small samples: by hand, by other routes, and where it must not differ."""

from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.stats.balance.weights import balancing_weights
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.measures import effect_of
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.models.leverage import Correction, leverages
from medicore.stats.models.outcome_model import Family
from medicore.stats.models.scores import known_scores
from medicore.stats.verification import verify_effect
from tests.stats.samples import Sample, draw

EXACT = 1e-10
"""Relative difference of two routes to one number."""
CONFIRMED = 1e-9
"""Difference in standard errors that two implementations of one estimator leave."""
Target = Literal["ATE", "ATT", "ATO"]


def inferred(sample: Sample, target: Target = "ATE", correction: Correction = "HC2") -> tuple[float, float]:
    """Return standard error and degrees of freedom of the difference."""
    fit = sample.fit
    found = doubly_robust(sample.x, sample.treated, sample.outcome, fit, family=sample.family, target=target)
    means = small_sample_means(
        sample.treated, sample.outcome, fit, found,
        family=sample.family, target=target, correction=correction,
    )  # fmt: skip
    assert means.degrees_of_freedom is not None
    assert difference(means).value == found.influence_function.value
    return difference(means).standard_error, means.degrees_of_freedom


def hat(x: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the diagonal of the hat matrix of a weighted fit on the intercept and ``x``, from the normal equations."""
    design = np.column_stack([np.ones(len(x)), x]) * np.sqrt(weight)[:, None]
    return np.asarray(np.diag(design @ np.linalg.solve(design.T @ design, design.T)))


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize("target", ["ATE", "ATO"])
@pytest.mark.parametrize("correction", ["HC2", "HC3"])
def test_the_variance_is_that_of_lengthened_residuals(
    family: Family, target: Target, correction: Correction
) -> None:
    """Each subject's influence is corrected by its weight times what dividing the residual by (1 - h) or its root adds."""
    sample = draw(11, n=70, family=family)
    fit = sample.fit
    found = doubly_robust(sample.x, sample.treated, sample.outcome, fit, family=family, target=target)
    weight = balancing_weights(sample.treated, fit.fitted, target)
    tilt = np.ones(70) if target == "ATE" else fit.fitted * (1 - fit.fitted)
    influence = (found.means.root[:, 0] - found.means.root[:, 1]) * np.sqrt(70 * 69)
    for sign, arm, model in zip((1, -1), (sample.treated, ~sample.treated), found.models, strict=True):
        chance = model.predicted[arm]
        spread = np.ones(arm.sum()) if family == "gaussian" else chance * (1 - chance)
        free = 1 - hat(sample.x[arm], spread)
        longer = (sample.outcome[arm] - chance) * (free ** (-0.5 if correction == "HC2" else -1) - 1)
        influence[arm] += sign * weight[arm] / tilt.mean() * longer
    error, freedom = inferred(sample, target, correction)
    assert error == pytest.approx(influence.std(ddof=1) / np.sqrt(70), rel=EXACT)
    assert freedom == 70 - 2 * 4


def test_the_effect_in_the_treated_by_hand() -> None:
    """The treated have the leverage 1/n1 of their mean; the degrees of freedom are Satterthwaite's for weighted controls."""
    sample = draw(12, n=80)
    arm, score = sample.treated, sample.fit.fitted
    n1, n0 = int(arm.sum()), int((~arm).sum())
    found = doubly_robust(sample.x, arm, sample.outcome, sample.fit, target="ATT")
    odds = np.where(arm, 0, score / (1 - score))
    residual = sample.outcome - found.models[1].predicted
    influence = (80 / n1) * np.where(arm, residual - found.influence_function.value, -odds * residual)
    observed = sample.outcome[arm]
    influence[arm] += (80 / n1) * (observed - observed.mean()) * (1 / np.sqrt(1 - 1 / n1) - 1)
    longer = 1 / np.sqrt(1 - hat(sample.x[~arm], np.ones(n0))) - 1
    influence[~arm] -= (80 / n1) * odds[~arm] * residual[~arm] * longer
    influence -= influence.mean()
    error, freedom = inferred(sample, "ATT")
    assert error == pytest.approx(influence.std(ddof=0) / np.sqrt(80), rel=EXACT)
    one, zero = (influence[arm] ** 2).sum(), (influence[~arm] ** 2).sum()
    carried = (odds**2).sum() ** 2 / (odds**4).sum() * (1 - 4 / n0)
    assert freedom == pytest.approx((one + zero) ** 2 / (one**2 / (n1 - 1) + zero**2 / carried), rel=EXACT)
    assert freedom < n1 - 1 + n0 - 4


def test_without_covariates_that_matter_it_is_welchs() -> None:
    """With one covariate that is constant and a known score, HC2 gives Welch's s1²/n1 + s0²/n0 but for n/(n - 1)."""
    chance = np.random.Generator(np.random.PCG64(3))
    treated = np.arange(40) % 2 == 0
    outcome = chance.normal(size=40) + treated
    x, scores = np.ones((40, 1)), known_scores(np.full(40, 0.5))
    found = doubly_robust(x, treated, outcome, scores)
    means = small_sample_means(treated, outcome, scores, found)
    welch = outcome[treated].var(ddof=1) / 20 + outcome[~treated].var(ddof=1) / 20
    assert difference(means).standard_error == pytest.approx(np.sqrt(welch * 40 / 39), rel=EXACT)
    assert means.degrees_of_freedom == 38


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize("target", ["ATE", "ATT", "ATO"])
@pytest.mark.parametrize("measure", ["difference", "risk ratio", "odds ratio"])
def test_the_second_implementation_confirms_it(family: Family, target: Target, measure: str) -> None:
    """The hat matrix by the pseudo-inverse of other columns gives the same standard error, on the scale of inference."""
    if measure != "difference" and family == "gaussian":
        measure = "difference"
    for seed in (1, 2):
        sample = draw(seed, n=90, family=family)
        arrays = sample.treated, sample.outcome
        found = doubly_robust(sample.x, *arrays, sample.fit, family=family, target=target)
        means = small_sample_means(*arrays, sample.fit, found, family=family, target=target)
        primary = effect_of(means, measure).inference  # type: ignore[arg-type]
        second = verify_effect(
            sample.x, sample.x, *arrays,
            family=family, target=target, measure=measure, corrected=True,  # type: ignore[arg-type]
        )  # fmt: skip
        assert second.relative_difference(primary.value, primary.standard_error) <= CONFIRMED
        direct = effect_of(found.means, measure).inference  # type: ignore[arg-type]
        assert primary.standard_error > 1.01 * direct.standard_error


def test_large_samples_keep_the_influence_function() -> None:
    """With 20,000 subjects interval and standard error are those of the influence function to one part in a thousand."""
    sample = draw(13, n=20_000)
    found = doubly_robust(sample.x, sample.treated, sample.outcome, sample.fit)
    error, freedom = inferred(sample)
    assert error == pytest.approx(found.influence_function.standard_error, rel=1e-3)
    assert error > found.influence_function.standard_error
    assert freedom == 20_000 - 8


def test_the_order_of_subjects_does_not_matter() -> None:
    """Permuted subjects have the same standard error and degrees of freedom, whatever the target population."""
    sample = draw(14, n=60)
    order = np.random.Generator(np.random.PCG64(1)).permutation(60)
    other = Sample(sample.x[order], sample.treated[order], sample.outcome[order])
    for target in ("ATE", "ATT", "ATO"):
        assert inferred(other, target) == pytest.approx(inferred(sample, target), rel=EXACT)  # type: ignore[arg-type]


def test_a_subject_that_alone_has_a_level_adds_nothing() -> None:
    """Its leverage is 1 and its residual 0, so the standard error stays finite and is that of its influence as it is."""
    chance = np.random.Generator(np.random.PCG64(5))
    treated = np.arange(60) % 2 == 0
    x = np.column_stack([chance.normal(size=60), np.arange(60) == 7, np.arange(60) == 8])
    outcome = chance.normal(size=60) + x[:, 0]
    scores = known_scores(np.full(60, 0.5))
    found = doubly_robust(x, treated, outcome, scores)
    levers = leverages(found.models[1], ~treated, "gaussian")
    assert levers.max() == pytest.approx(1)
    means = small_sample_means(treated, outcome, scores, found)
    without = np.ones(60, dtype=bool)
    without[[7, 8]] = False
    added = means.root - found.means.root
    added -= added[7]
    assert np.isfinite(means.root).all()
    assert added[8] == pytest.approx([0, 0], abs=EXACT)
    assert np.abs(added[without]).max() > 1e-4
