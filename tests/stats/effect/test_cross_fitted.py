"""Cross-fitted AIPW from out-of-fold predictions, and the median over splits."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.cross_fitted import cross_fitted_means, median_effect
from medicore.stats.effect.cross_fitting import Nuisance, cross_fit
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import Effect
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.logistic import fit_logistic
from tests.stats.learners import Unpenalised
from tests.stats.samples import Sample, draw, seeds

Target = Literal["ATE", "ATT"]
ALGEBRA = 1e-11
"""Largest relative difference of two forms of one formula."""


def predicted(seed: int, n: int = 120) -> tuple[Sample, np.ndarray, Nuisance]:
    """Return a sample, whose outcome is observed, and any predictions."""
    sample = draw(seed, n=n)
    chance = np.random.default_rng(seed)
    observed = chance.random(n) < 0.8
    observed[:4] = True
    parts = chance.uniform(0.1, 0.9, n), *chance.normal(size=(2, n)), *chance.uniform(0.3, 1, (2, n))
    return sample, observed, Nuisance(*parts)


def by_hand(
    sample: Sample, observed: np.ndarray, made: Nuisance, target: Target
) -> tuple[float, float, float]:
    """Return both means and the standard error of their difference, subject by subject."""
    n, n1 = len(observed), int(sample.treated.sum())
    first, second = [], []
    for i in range(n):
        e, y, a, r = made.score[i], sample.outcome[i], bool(sample.treated[i]), bool(observed[i])
        m1, m0 = made.treated[i], made.control[i]
        one = (y - m1) / made.seen_treated[i] if a and r else 0.0
        zero = (y - m0) / made.seen_control[i] if r and not a else 0.0
        if target == "ATE":
            first.append(m1 + one / e)
            second.append(m0 + zero / (1 - e))
        else:
            first.append((m1 if a else 0.0) + one)
            second.append((m0 if a else 0.0) + zero * e / (1 - e))
    size = n if target == "ATE" else n1
    mean1, mean0 = sum(first) / size, sum(second) / size
    tau = mean1 - mean0
    inside = [1.0 if target == "ATE" or a else 0.0 for a in sample.treated]
    squares = sum((p - q - tau * k) ** 2 for p, q, k in zip(first, second, inside, strict=True))
    ddof = 1 if target == "ATE" else 0
    return mean1, mean0, float(np.sqrt(squares / (n * (n - ddof))) * n / size)


@settings(max_examples=25)
@given(seeds, st.sampled_from(["ATE", "ATT"]))
def test_the_formula_written_out_for_each_subject_gives_the_same(seed: int, target: Target) -> None:
    """A plain loop over the subjects gives means and standard error, for any predictions and missing outcomes."""
    sample, observed, made = predicted(seed)
    outcome = np.where(observed, sample.outcome, np.nan)
    found = cross_fitted_means(sample.treated, outcome, observed, made, target=target)
    one, zero, error = by_hand(sample, observed, made, target)
    assert found.treated == pytest.approx(one, rel=ALGEBRA, abs=ALGEBRA)
    assert found.control == pytest.approx(zero, rel=ALGEBRA, abs=ALGEBRA)
    assert difference(found).standard_error == pytest.approx(error, rel=ALGEBRA)
    assert (found.estimand, found.n) == (target, 120)
    assert found.estimator == "AIPW for treatment and observation, cross-fitted"


@pytest.mark.parametrize("target", ["ATE", "ATT"])
@pytest.mark.parametrize("gaps", [False, True])
def test_in_sample_predictions_give_the_primary_estimator(target: Target, gaps: bool) -> None:
    """With the primary's own predictions it is AIPW, for treatment or for treatment and observation, and its error."""
    sample = draw(21, n=300)
    observed = np.random.default_rng(3).random(300) < 0.8 if gaps else np.ones(300, dtype=bool)
    score, seen = sample.fit, fit_observation(sample.x, sample.treated, observed)
    arrays = sample.x, sample.treated, sample.outcome
    if gaps:
        result = augmented_observed(*arrays, observed, score, seen, target=target)
    else:
        result = doubly_robust(*arrays, score, target=target)
    made = Nuisance(
        score.fitted,
        result.models[0].predicted,
        result.models[1].predicted,
        seen.treated.fitted,
        seen.control.fitted,
    )
    found = cross_fitted_means(sample.treated, sample.outcome, observed, made, target=target)
    primary = result.influence_function
    assert difference(found).value == pytest.approx(primary.value, rel=ALGEBRA)
    assert difference(found).standard_error == pytest.approx(primary.standard_error, rel=ALGEBRA)
    assert found.variance == primary.variance
    assert found.estimator == f"{primary.estimator}, cross-fitted"


@settings(max_examples=10)
@given(seeds)
def test_the_names_of_arms_and_folds_do_not_matter(seed: int) -> None:
    """Arms exchanged turn the sign of the effect in everybody; folds renamed, and rows in another order, change nothing."""
    sample, observed = draw(seed, n=200), np.ones(200, dtype=bool)

    def effect(s: Sample, fold: np.ndarray) -> Estimate:
        made = cross_fit(s.x, s.x, s.x, s.treated, s.outcome, observed, fold, Unpenalised())
        return difference(cross_fitted_means(s.treated, s.outcome, observed, made))

    fold = np.arange(200) % 4
    found = effect(sample, fold)
    exchanged = effect(Sample(sample.x, ~sample.treated, sample.outcome), fold)
    order = np.random.default_rng(seed).permutation(200)
    shuffled = Sample(sample.x[order], sample.treated[order], sample.outcome[order])
    for other, sign in ((exchanged, -1), (effect(sample, 7 - fold), 1), (effect(shuffled, fold[order]), 1)):
        assert other.value == pytest.approx(sign * found.value, abs=1e-9)
        assert other.standard_error == pytest.approx(found.standard_error, rel=1e-8)


def test_right_scores_make_wrong_outcome_models_unbiased() -> None:
    """With known scores and no outcome model at all the effect is within chance of the truth, and so the other way."""
    chance = np.random.default_rng(5)
    n = 40_000
    x = chance.normal(size=n)
    e = 1 / (1 + np.exp(-0.5 * x))
    treated = chance.random(n) < e
    outcome = 2.0 * treated + x + chance.normal(size=n)
    observed, nothing, half = np.ones(n, dtype=bool), np.zeros(n), np.full(n, 0.5)
    ones = np.ones(n)
    for made in (Nuisance(e, nothing, nothing, ones, ones), Nuisance(half, x + 2, x, ones, ones)):
        found = difference(cross_fitted_means(treated, outcome, observed, made))
        assert abs(found.value - 2) < 4 * found.standard_error
    wrong = difference(
        cross_fitted_means(treated, outcome, observed, Nuisance(half, nothing, nothing, ones, ones))
    )
    assert abs(wrong.value - 2) > 10 * wrong.standard_error


@pytest.mark.parametrize("target", ["ATE", "ATT"])
def test_a_probability_of_0_has_no_weight(target: Target) -> None:
    """Who was seen although it was impossible has no weight; a probability of 0 of what was not seen is no matter."""
    sample, observed, made = predicted(6)
    control = int(np.flatnonzero(~sample.treated & observed)[0])
    unseen = int(np.flatnonzero(~sample.treated & ~observed)[0])
    score = made.score.copy()
    score[unseen] = 1.0
    changed = Nuisance(score, made.treated, made.control, made.seen_treated, made.seen_control)
    arrays = sample.treated, sample.outcome, observed
    assert np.isfinite(cross_fitted_means(*arrays, changed, target=target).control)
    score[control] = 1.0
    with pytest.raises(
        EstimationError, match=r"1 subject\(s\) have a probability of 0 for what was seen of them"
    ):
        cross_fitted_means(*arrays, changed, target=target)
    score[control] = 0.5
    made.seen_treated[np.flatnonzero(sample.treated & observed)[:2]] = 0.0
    with pytest.raises(EstimationError, match=r"2 subject\(s\) have a probability of 0"):
        cross_fitted_means(*arrays, changed, target=target)


def effect_of(value: float, error: float) -> Effect:
    """Return the effect of one split."""
    return Effect("difference", Estimate("ATE", "AIPW, cross-fitted", value, error, "influence function", 90))


def test_the_median_over_splits_by_hand() -> None:
    """θ = med(1, 2, 9) = 2; SE² = med(1 + 1, 4 + 0, 1 + 49) = 4; what the splits differ by widens the interval."""
    found = median_effect([effect_of(1.0, 1.0), effect_of(9.0, 1.0), effect_of(2.0, 2.0)]).inference
    assert (found.value, found.standard_error, found.n) == (2.0, 2.0, 90)
    assert found.variance == "influence function, median of 3 splits"
    even = median_effect([effect_of(1.0, 1.0), effect_of(3.0, 2.0)]).inference
    assert (even.value, even.standard_error) == (2.0, pytest.approx(np.sqrt((2 + 5) / 2)))


def test_one_split_is_its_own_median() -> None:
    """A single split keeps estimate, standard error and the name of its variance."""
    one = effect_of(1.5, 0.3)
    found = median_effect([one])
    assert found.inference.standard_error == pytest.approx(0.3, rel=ALGEBRA)
    assert (found.inference.value, found.inference.variance, found.measure) == (
        1.5,
        "influence function",
        "difference",
    )


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 3)), min_size=1, max_size=9), st.randoms())
def test_the_median_does_not_depend_on_the_order(splits: list[tuple[float, float]], random: object) -> None:
    """The order of the splits is no matter, the median is among or between them, and its variance at least the smallest."""
    found = median_effect([effect_of(*one) for one in splits]).inference
    shuffled = list(splits)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = median_effect([effect_of(*one) for one in shuffled]).inference
    assert (again.value, again.standard_error) == (found.value, found.standard_error)
    values, errors = zip(*splits, strict=True)
    assert min(values) <= found.value <= max(values)
    assert found.standard_error >= min(errors) - ALGEBRA


def test_a_logistic_score_is_the_same_learner() -> None:
    """Half the sample's logistic model predicts the other half, as two folds of cross-fitting do."""
    sample = draw(22, n=200)
    fold = np.arange(200) % 2
    made = cross_fit(
        sample.x,
        sample.x,
        sample.x,
        sample.treated,
        sample.outcome,
        np.ones(200, dtype=bool),
        fold,
        Unpenalised(),
    )
    for one in (0, 1):
        fit = fit_logistic(sample.x[fold != one], sample.treated[fold != one])
        assert np.array_equal(made.score[fold == one], fit.probability(sample.x[fold == one]))
