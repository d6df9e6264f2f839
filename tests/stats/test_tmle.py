"""TMLE: its score equations hold, its bounds hold, and it agrees with AIPW where they should."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings

from medicore.errors import EstimationError
from medicore.stats import tmle
from medicore.stats.augmented import augmented_inverse_probability
from medicore.stats.contrasts import log_odds_ratio
from medicore.stats.outcome_model import Family
from medicore.stats.scores import known_scores
from medicore.stats.tmle import Fluctuation, targeted
from tests.stats.samples import Sample, draw, samples

FLUCTUATIONS: tuple[Fluctuation, ...] = get_args(Fluctuation)


@pytest.mark.parametrize("fluctuation", FLUCTUATIONS)
@settings(max_examples=15)
@given(sample=samples)
def test_the_efficient_influence_function_averages_to_zero(fluctuation: Fluctuation, sample: Sample) -> None:
    """Targeting solves the equation Σ weight × residual = 0 in each arm, so AIPW on its predictions adds nothing."""
    found = targeted(sample.x, sample.treated, sample.outcome, sample.fit, fluctuation=fluctuation)
    assert found.clipped == 0
    aipw = augmented_inverse_probability(sample.x, sample.treated, sample.outcome, sample.fit)
    gap = abs(found.difference.value - aipw.influence_function.value)
    assert gap < 0.5 * found.difference.standard_error


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize("fluctuation", FLUCTUATIONS)
def test_means_are_those_of_the_fluctuated_predictions(family: Family, fluctuation: Fluctuation) -> None:
    """Moved by ε on the logit scale of the outcome's range, the predictions' mean is the arm's mean."""
    sample = draw(141, n=400, family=family)
    fit = sample.fit
    found = targeted(sample.x, sample.treated, sample.outcome, fit, family=family, fluctuation=fluctuation)
    models = augmented_inverse_probability(
        sample.x, sample.treated, sample.outcome, fit, family=family
    ).models
    low, high = sample.outcome.min(), sample.outcome.max()
    scaled = np.clip((models[0].predicted - low) / (high - low), 0.0005, 0.9995)
    direction = 1.0 if fluctuation == "weight" else 1 / fit.fitted
    predictor = np.log(scaled / (1 - scaled)) + found.fluctuations[0] * direction
    moved = low + (high - low) / (1 + np.exp(-predictor))
    assert found.means.treated == pytest.approx(moved.mean())
    residual = (sample.outcome - moved)[sample.treated] / fit.fitted[sample.treated]
    assert residual.mean() == pytest.approx(0, abs=1e-9)


def test_the_means_stay_within_the_range_of_the_outcome() -> None:
    """Even with a weight of a million."""
    sample = draw(142)
    score = sample.fit.fitted.copy()
    score[sample.treated.argmax()] = 1e-6
    found = targeted(sample.x, sample.treated, sample.outcome, known_scores(score))
    for mean in (found.means.treated, found.means.control):
        assert sample.outcome.min() <= mean <= sample.outcome.max()


def test_the_bound_holds_weights_and_counts_them() -> None:
    """Chances of a subject's own arm below the bound are raised to it, in both arms."""
    sample = draw(143)
    own = np.where(sample.treated, sample.fit.fitted, 1 - sample.fit.fitted)
    bound = float(np.quantile(own, 0.2))
    found = targeted(sample.x, sample.treated, sample.outcome, sample.fit, bound=bound)
    assert found.clipped == (own < bound).sum() > 0
    free = targeted(sample.x, sample.treated, sample.outcome, sample.fit)
    assert found.difference.value != free.difference.value


def test_a_binary_outcome_has_its_ratios() -> None:
    """The means are risks, and near those of AIPW."""
    sample = draw(144, n=800, family="binomial")
    found = targeted(sample.x, sample.treated, sample.outcome, sample.fit, family="binomial")
    aipw = augmented_inverse_probability(
        sample.x, sample.treated, sample.outcome, sample.fit, family="binomial"
    )
    assert log_odds_ratio(found.means).value == pytest.approx(log_odds_ratio(aipw.means).value, abs=0.02)


def test_a_constant_outcome_is_refused() -> None:
    """It has no range to be scaled by."""
    sample = draw(145)
    with pytest.raises(EstimationError, match="does not vary"):
        targeted(sample.x, sample.treated, np.full(240, 3.0), sample.fit)


def test_targeting_that_does_not_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut short, it raises instead of returning what it has."""
    monkeypatch.setattr(tmle, "MAX_ITERATIONS", 1)
    sample = draw(146)
    with pytest.raises(EstimationError, match="did not converge"):
        targeted(sample.x, sample.treated, sample.outcome, sample.fit)


def test_an_overshooting_step_is_halved() -> None:
    """Far from the root Newton jumps over it, and further away; halving brings it back."""
    start, ones = np.full(4, 6.0), np.ones(4)
    target = np.array([0.0, 0.0, 0.0, 1.0])
    move = tmle._fluctuate(start, ones, target, ones)
    assert 1 / (1 + np.exp(-(6.0 + move))) == pytest.approx(0.25)
