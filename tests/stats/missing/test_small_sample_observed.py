"""The variance for small samples with missing outcomes: by differences of the estimate, by the second implementation."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.stats.effect.contrasts import ArmMeans, difference
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.models.leverage import Correction
from medicore.stats.models.outcome_model import Family
from medicore.stats.verification import verify_effect
from tests.stats.missing.unobserved import COMPLETE, Unobserved, unobserved

Target = Literal["ATE", "ATT", "ATO"]
TARGETS: tuple[Target, ...] = ("ATE", "ATT", "ATO")
EXACT = 1e-9
"""Relative difference of two routes to one number."""
CONFIRMED = 1e-9
"""Difference in standard errors that two implementations of one estimator leave."""


def inferred(sample: Unobserved, target: Target = "ATE", correction: Correction = "HC2") -> ArmMeans:
    """Return the means with the variance for small samples, every model on all covariates."""
    return small_sample_means(
        sample.treated, sample.outcome, sample.propensity, sample.augmented(target),
        family=sample.family, target=target, correction=correction,
        observed=sample.observed, observation=sample.observation,
    )  # fmt: skip


def counted(sample: Unobserved, target: Target) -> NDArray[np.float64]:
    """Return by how much the difference moves with each outcome, ``(n,)``, 0 where it is not observed."""
    start, found = sample.augmented(target).sandwich.value, np.zeros(len(sample.treated))
    for place in np.flatnonzero(sample.observed):
        moved = sample.outcome.copy()
        moved[place] += 1.0
        found[place] = replace(sample, outcome=moved).augmented(target).sandwich.value - start
    return found


@pytest.mark.parametrize("correction", ["HC2", "HC3"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_residual_counts_as_much_as_its_outcome_moves_the_estimate(
    target: Target, correction: Correction
) -> None:
    """Least squares: n times what the estimate moves with an outcome replaces the weight, over the root of 1 - h or 1 - h."""
    sample = unobserved(18, n=60)
    n, found = 60, sample.augmented(target)
    scale = n * (n - (0 if target == "ATT" else 1))
    influence = (found.means.root[:, 0] - found.means.root[:, 1]) * np.sqrt(scale)
    score, chance = sample.propensity.fitted, sample.observation
    plain = {
        "ATE": (1 / score, 1 / (1 - score), 1.0),
        "ATT": (np.ones(n), score / (1 - score), sample.treated.mean()),
        "ATO": (1 - score, score, (score * (1 - score)).mean()),
    }[target]
    moves, groups = counted(sample, target), []
    for sign, weight, arm, pi, model in zip(
        (1, -1), plain[:2], (sample.treated, ~sample.treated), chance.arms, found.models, strict=True
    ):
        seen = arm & sample.observed
        design = np.column_stack([np.ones(n), sample.x])[seen]
        free = 1 - np.diag(design @ np.linalg.solve(design.T @ design, design.T))
        residual = (sample.outcome - model.predicted)[seen]
        own = sign * (weight / pi.fitted)[seen] / plain[2] * residual
        noise = n * moves[seen] * residual * free ** (-0.5 if correction == "HC2" else -1)
        influence[seen] += noise - own
        squares = moves[seen] ** 2
        carried = squares.sum() ** 2 / (squares**2).sum() * (1 - 4 / seen.sum())
        groups.append(((noise**2).sum() / scale, carried))
    influence -= influence.mean()
    total = (influence**2).sum() / scale
    rest = total - sum(variance for variance, _ in groups)
    freedom = total**2 / (sum(v**2 / carried for v, carried in groups) + max(rest, 0) ** 2 / (n - 1))
    means = inferred(sample, target, correction)
    assert difference(means).value == found.sandwich.value
    assert difference(means).standard_error == pytest.approx(np.sqrt(total), rel=EXACT)
    assert means.degrees_of_freedom == pytest.approx(freedom, rel=EXACT)
    assert correction in means.variance


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("complete", COMPLETE)
def test_the_second_implementation_confirms_it(family: Family, target: Target, complete: str) -> None:
    """Least weights that even the columns out give the same standard error, whichever arm misses outcomes."""
    sample = unobserved(17, n=160, family=family, complete=complete)
    primary = difference(inferred(sample, target))
    second = verify_effect(
        sample.x, sample.x, sample.treated, sample.outcome,
        family=family, target=target, corrected=True, observed=sample.observed,
    )  # fmt: skip
    assert second.relative_difference(primary.value, primary.standard_error) <= CONFIRMED
    direct = difference(sample.augmented(target).means)
    assert abs(second.standard_error / direct.standard_error - 1) > 1e-3
    assert primary.degrees_of_freedom is not None
    assert 1 < primary.degrees_of_freedom < sample.observed.sum() - 2


def test_treated_without_gaps_have_no_model_but_their_mean() -> None:
    """Under the ATT with no outcome of a treated subject missing, its residual is from the mean, with leverage 1/n1."""
    sample = unobserved(19, n=80, complete="treated")
    arm, n1 = sample.treated, int(sample.treated.sum())
    means = inferred(sample, "ATT")
    own = sample.outcome[arm] - sample.outcome[arm].mean()
    expected = own / np.sqrt(1 - 1 / n1) / n1
    apart = means.root[arm, 0] - means.root[~arm, 0].mean()
    assert apart == pytest.approx(expected, rel=1e-6, abs=1e-9)
    difference_of = means.root[:, 0] - means.root[:, 1]
    total, one = float((difference_of**2).sum()), float((expected**2).sum())
    seen = ~arm & sample.observed
    zero, carried = noise_of(sample, "ATT", seen, place=1)
    rest = max(total - one - zero, 0.0)
    freedom = total**2 / (one**2 / (n1 - 1) + zero**2 / carried + rest**2 / 79)
    assert means.degrees_of_freedom == pytest.approx(freedom, rel=EXACT)


def noise_of(sample: Unobserved, target: Target, seen: NDArray[np.bool_], place: int) -> tuple[float, float]:
    """Return the variance that the outcomes of an arm's observed make, and its degrees of freedom, from normal equations."""
    n, score = len(seen), sample.propensity.fitted
    model, chance = sample.augmented(target).models[place], sample.observation.arms[place].fitted
    weight = {"ATE": (1 / score, 1 / (1 - score)), "ATT": (np.ones(n), score / (1 - score))}[target][
        place
    ] / chance
    averaged = np.full(n, 1 / n) if target == "ATE" else sample.treated / sample.treated.sum()
    share = np.where(seen, weight, 0.0) * averaged.max()
    spread = np.ones(n) if sample.family == "gaussian" else model.predicted * (1 - model.predicted)
    basis = np.column_stack([np.ones(n), sample.x])
    inverse = np.linalg.inv((basis[seen] * spread[seen, None]).T @ basis[seen])
    counted = (share + basis @ inverse @ ((basis * spread[:, None]).T @ (averaged - share)))[seen]
    free = 1 - spread[seen] * np.einsum("ij,jk,ik->i", basis[seen], inverse, basis[seen])
    residual = (sample.outcome - model.predicted)[seen]
    squares = counted**2 * spread[seen]
    carried = squares.sum() ** 2 / (squares**2).sum() * (1 - 4 / seen.sum())
    scale = n / (n - 1) if target == "ATE" else 1.0
    return float(scale * (counted**2 * residual**2 / free).sum()), float(carried)


def test_an_outcome_of_0_and_1_weighs_by_its_deviation_in_the_degrees_of_freedom() -> None:
    """Squared weights are multiplied by m(1 - m), the variance of the outcome, before they are compared."""
    sample = unobserved(23, n=120, family="binomial")
    means = inferred(sample)
    total = float(((means.root[:, 0] - means.root[:, 1]) ** 2).sum())
    groups = [
        noise_of(sample, "ATE", arm & sample.observed, place)
        for place, arm in enumerate((sample.treated, ~sample.treated))
    ]
    rest = max(total - sum(variance for variance, _ in groups), 0.0)
    freedom = total**2 / (sum(v**2 / carried for v, carried in groups) + rest**2 / 119)
    assert means.degrees_of_freedom == pytest.approx(freedom, rel=1e-7)


def test_an_outcome_that_is_not_observed_is_never_read() -> None:
    """NaN or a number in its place, no bit of the variance changes."""
    sample = unobserved(20, n=90, family="binomial")
    filled = replace(sample, outcome=np.where(sample.observed, sample.outcome, -1e9))
    assert np.array_equal(inferred(filled).root, inferred(sample).root)


def test_the_order_of_subjects_does_not_matter() -> None:
    """Permuted subjects have the same standard error and degrees of freedom, whatever the target population."""
    sample = unobserved(21, n=90)
    other = sample.taken(np.random.Generator(np.random.PCG64(1)).permutation(90))
    for target in TARGETS:
        one, two = inferred(sample, target), inferred(other, target)
        assert difference(two).standard_error == pytest.approx(difference(one).standard_error, rel=EXACT)
        assert two.degrees_of_freedom == pytest.approx(one.degrees_of_freedom, rel=EXACT)


def test_large_samples_keep_the_influence_function() -> None:
    """With 40,000 subjects the standard error is that of the influence function to one part in two hundred."""
    sample = unobserved(22, n=40_000)
    for target in TARGETS:
        direct = difference(sample.augmented(target).means).standard_error
        assert difference(inferred(sample, target)).standard_error == pytest.approx(direct, rel=5e-3)
