"""Cross-fitting: folds, and predictions by models that never saw the subject."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.effect.cross_fitting import Nuisance, cross_fit, strata_of, stratified_folds
from medicore.stats.models.outcome_model import Family
from tests.stats.learners import Unpenalised, by_statsmodels
from tests.stats.samples import Sample, draw, seeds

PREDICTION = 1e-8
"""Largest difference of two predictions of one model by two programs, outcomes having a standard deviation near 1."""
FIELDS = ("score", "treated", "control", "seen_treated", "seen_control")


def seen_of(sample: Sample, seed: int = 0) -> np.ndarray:
    """Return whose outcome is observed: four in five, fewer of the treated."""
    return np.random.default_rng(seed).random(len(sample.outcome)) < 0.85 - 0.1 * sample.treated


def fitted(sample: Sample, observed: np.ndarray, fold: np.ndarray) -> Nuisance:
    """Return the predictions of regression models with the sample's covariates."""
    x = sample.x
    return cross_fit(
        x, x, x, sample.treated, sample.outcome, observed, fold, Unpenalised(), family=sample.family
    )


@settings(max_examples=30)
@given(seeds, st.integers(2, 10), st.integers(1, 6), st.integers(20, 90))
def test_folds_divide_every_stratum_evenly(seed: int, folds: int, kinds: int, n: int) -> None:
    """Within each stratum and over all, two folds differ by one subject at most, and the seed alone decides."""
    strata = np.random.default_rng(seed).integers(0, kinds, n)
    found = stratified_folds(strata, folds, seed)
    assert np.array_equal(found, stratified_folds(strata, folds, seed))
    for inside in (np.ones(n, dtype=bool), *(strata == one for one in range(kinds))):
        sizes = np.bincount(found[inside], minlength=folds)
        assert len(sizes) == folds
        assert sizes.max() - sizes.min() <= 1
    assert not np.array_equal(found, stratified_folds(strata, folds, seed + 1))


def test_folds_are_dealt_from_the_first_on() -> None:
    """The subject drawn first is in the first fold, so that a seed always means the same division."""
    found = stratified_folds(np.repeat([4, 7], [5, 4]), 3, 17)
    chance = np.random.Generator(np.random.PCG64(17))
    first, second = chance.permutation(5), 5 + chance.permutation(4)
    assert found[first].tolist() == [0, 1, 2, 0, 1]
    assert found[second].tolist() == [2, 0, 1, 2]


def test_folds_are_drawn_and_not_dealt_in_order() -> None:
    """Every subject is in every fold about equally often over many seeds."""
    strata = np.repeat([0, 1], [30, 20])
    found = np.array([stratified_folds(strata, 5, seed) for seed in range(2000)])
    for one in range(5):
        shares = (found == one).mean(axis=0)
        assert np.abs(shares - 0.2).max() < 5 * np.sqrt(0.16 / 2000)


def test_strata_are_arm_observation_and_event() -> None:
    """An outcome of 0 and 1 divides the observed of an arm; a continuous one does not, nor one that is not observed."""
    treated = np.array([True, True, True, False, False, False])
    observed = np.array([True, True, False, True, True, False])
    outcome = np.array([1.0, 0.0, np.nan, 1.0, 0.0, 1.0])
    assert strata_of(treated, outcome, observed, "binomial").tolist() == [7, 6, 4, 3, 2, 0]
    assert strata_of(treated, outcome, observed, "gaussian").tolist() == [6, 6, 4, 2, 2, 0]


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize("gaps", ["none", "both", "treated", "control"])
def test_a_plain_loop_of_statsmodels_predicts_the_same(family: Family, gaps: str) -> None:
    """Fold by fold, statsmodels' models of the other folds predict what cross-fitting does, for any pattern of gaps."""
    sample = draw(11, n=400, family=family)
    observed = {
        "none": np.ones(400, dtype=bool),
        "both": seen_of(sample),
        "treated": seen_of(sample) | ~sample.treated,
        "control": seen_of(sample) | sample.treated,
    }[gaps]
    outcome = np.where(observed, sample.outcome, np.nan)
    fold = np.arange(400) % 4
    found = fitted(sample.with_outcome(outcome), observed, fold)
    other = by_statsmodels(sample.x, sample.treated, outcome, observed, fold, family)
    for name in FIELDS:
        assert np.abs(getattr(found, name) - other[name]).max() < PREDICTION, name
    assert (found.seen_treated == 1).all() == (gaps in ("none", "control"))
    assert (found.seen_control == 1).all() == (gaps in ("none", "treated"))


class Shares:
    """A learner that predicts shares and means of whom it is given, whatever their covariates."""

    def chances(self, _: np.ndarray, label: np.ndarray, new: np.ndarray) -> np.ndarray:
        """Return the share of the label."""
        return np.full(len(new), label.mean())

    def means(self, _: np.ndarray, outcome: np.ndarray, new: np.ndarray) -> np.ndarray:
        """Return the mean of the outcome."""
        return np.full(len(new), outcome.mean())


@pytest.mark.parametrize("gaps", ["treated", "control", "both"])
def test_being_observed_is_learned_from_the_arms_with_gaps(gaps: str) -> None:
    """An arm whose outcomes are all observed is left out of the model of the other; with gaps in both, one model has both."""
    sample, fold = draw(17, n=200), np.arange(200) % 4
    inside = {"treated": sample.treated, "control": ~sample.treated, "both": np.ones(200, dtype=bool)}[gaps]
    observed = seen_of(sample) | ~inside
    arrays = sample.treated, sample.outcome, observed, fold
    found = cross_fit(*[sample.x] * 3, *arrays, Shares())
    for one in range(4):
        share = observed[inside & (fold != one)].mean()
        for name, seen in (("treated", found.seen_treated), ("control", found.seen_control)):
            expected = share if gaps in (name, "both") else 1.0
            assert np.abs(seen[fold == one] - expected).max() < PREDICTION


def test_nobody_s_own_data_enter_its_predictions() -> None:
    """Another arm and another outcome of a fold's subjects leave every prediction of the fold as it was, to the bit."""
    sample, fold = draw(12, n=300), np.arange(300) % 5
    everybody = np.ones(300, dtype=bool)
    held = fold == 2
    changed = Sample(sample.x, sample.treated ^ held, np.where(held, sample.outcome + 9, sample.outcome))
    before, after = fitted(sample, everybody, fold), fitted(changed, everybody, fold)
    for name in ("score", "treated", "control"):
        assert np.array_equal(getattr(before, name)[held], getattr(after, name)[held])
        assert not np.array_equal(getattr(before, name)[~held], getattr(after, name)[~held])


def test_each_model_has_its_own_design() -> None:
    """Score, means and probabilities of being observed are of the first, second and third design."""
    sample = draw(13, n=300)
    observed, fold = seen_of(sample), np.arange(300) % 3
    arrays = sample.treated, sample.outcome, observed, fold, Unpenalised()
    designs = [sample.x[:, [place]] for place in range(3)]
    found = cross_fit(*designs, *arrays)
    for place, names in enumerate((("score",), ("treated", "control"), ("seen_treated", "seen_control"))):
        alone = cross_fit(*[designs[place]] * 3, *arrays)
        for name in names:
            assert np.array_equal(getattr(found, name), getattr(alone, name))


@pytest.mark.parametrize(("name", "arm"), [("treated", True), ("control", False)])
def test_a_fold_without_an_arm_left_to_fit_is_named(name: str, arm: bool) -> None:
    """Where two subjects of an arm are outside the third fold no model is fitted, and the message says so; three do."""
    sample = draw(14, n=60)
    few = np.arange(60) < 10
    fold = np.where(few, 2, np.arange(60) % 3)
    fold[:2] = 0, 1
    sample = Sample(sample.x[:, :1], few == arm, sample.outcome)
    everybody = np.ones(60, dtype=bool)
    message = rf"^fold 3: 2 subject\(s\) {name} left to fit a model; expected at least 3$"
    with pytest.raises(EstimationError, match=message):
        fitted(sample, everybody, fold)
    fold[2] = 0
    assert fitted(sample, everybody, fold).score.shape == (60,)


@pytest.mark.parametrize(
    ("kind", "arm", "value"),
    [
        ("treated with the event", True, 1.0),
        ("treated without the event", True, 0.0),
        ("control with the event", False, 1.0),
        ("control without the event", False, 0.0),
    ],
)
def test_a_fold_without_a_class_left_to_fit_is_named(kind: str, arm: bool, value: float) -> None:
    """Where an event, or its absence, occurs in one fold of an arm alone, that fold has no model and is named."""
    sample, fold = draw(15, n=300, family="binomial"), np.arange(300) % 3
    inside = sample.treated == arm
    outcome = np.where(inside, np.where(fold == 1, sample.outcome, 1 - value), sample.outcome)
    with pytest.raises(EstimationError, match=rf"^fold 2: 0 subject\(s\) {kind} left to fit a model"):
        fitted(Sample(sample.x, sample.treated, outcome, "binomial"), np.ones(300, dtype=bool), fold)


def test_a_fold_without_a_missing_or_an_observed_outcome_left_to_fit_is_named() -> None:
    """Where outcomes are missing in one fold alone, or observed in one alone, that fold has no model."""
    sample, fold = draw(16, n=120), np.arange(120) % 3
    one = np.ones(120, dtype=bool)
    one[np.flatnonzero(fold == 0)[:4]] = False
    with pytest.raises(EstimationError, match=r"^fold 1: 0 subject\(s\) without an outcome left"):
        fitted(sample, one, fold)
    alone = (fold == 1) | ~sample.treated
    with pytest.raises(EstimationError, match=r"^fold 2: 0 subject\(s\) treated with an outcome left"):
        fitted(sample, alone, fold)


def test_truncation_moves_what_is_outside_and_counts_the_subjects() -> None:
    """Scores move to the nearer limit, chances of being observed to the lower one; a subject counts once."""
    made = Nuisance(
        score=np.array([0.01, 0.5, 0.97, 0.05, 0.95]),
        treated=np.arange(5.0),
        control=np.arange(5.0) + 1,
        seen_treated=np.array([0.02, 0.5, 1.0, 0.04, 0.99]),
        seen_control=np.array([1.0, 0.5, 1.0, 1.0, 0.03]),
    )
    found, moved = made.truncated(0.05)
    assert moved == 4
    assert found.score.tolist() == [0.05, 0.5, 0.95, 0.05, 0.95]
    assert found.seen_treated.tolist() == [0.05, 0.5, 1.0, 0.05, 0.99]
    assert found.seen_control.tolist() == [1.0, 0.5, 1.0, 1.0, 0.05]
    assert found.treated is made.treated
    assert found.control is made.control
    assert made.truncated(0.001)[1] == 0
