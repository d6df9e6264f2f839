"""TMLE: its score equations hold, its bounds hold, and it agrees with AIPW where they should."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.special import expit

from medicore.errors import EstimationError
from medicore.stats.effect import tmle
from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.contrasts import log_odds_ratio
from medicore.stats.effect.tmle import Fluctuation, targeted
from medicore.stats.models.outcome_model import Family
from medicore.stats.models.scores import known_scores
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
def test_means_and_errors_are_those_of_the_fluctuated_predictions(
    family: Family, fluctuation: Fluctuation
) -> None:
    """Moved by ε on the logit scale of the outcome's range, the predictions' mean is the arm's mean.

    The error is the standard deviation, ddof 1, of weighted residual plus prediction, over √n.
    """
    sample = draw(141, n=400, family=family)
    fit = sample.fit
    found = targeted(sample.x, sample.treated, sample.outcome, fit, family=family, fluctuation=fluctuation)
    models = augmented_inverse_probability(
        sample.x, sample.treated, sample.outcome, fit, family=family
    ).models
    low, high = sample.outcome.min(), sample.outcome.max()
    contributions = []
    for index, (arm, chance) in enumerate([(sample.treated, fit.fitted), (~sample.treated, 1 - fit.fitted)]):
        scaled = np.clip((models[index].predicted - low) / (high - low), 0.0005, 0.9995)
        direction = 1.0 if fluctuation == "weight" else 1 / chance
        predictor = np.log(scaled / (1 - scaled)) + found.fluctuations[index] * direction
        moved = low + (high - low) / (1 + np.exp(-predictor))
        assert (found.means.treated, found.means.control)[index] == pytest.approx(moved.mean())
        residual = np.where(arm, sample.outcome - moved, 0.0) / chance
        assert residual.mean() == pytest.approx(0, abs=1e-9)
        contributions.append(residual + moved)
    error = (contributions[0] - contributions[1]).std(ddof=1) / 20
    assert found.difference.standard_error == pytest.approx(error, rel=1e-9)


@pytest.mark.parametrize("fluctuation", FLUCTUATIONS)
def test_newtons_method_needs_few_steps(fluctuation: Fluctuation, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the right slope the error is squared at each step: five are enough for full precision."""
    monkeypatch.setattr(tmle, "MAX_ITERATIONS", 5)
    sample = draw(147)
    found = targeted(sample.x, sample.treated, sample.outcome, sample.fit, fluctuation=fluctuation)
    assert all(abs(move) > 1e-4 for move in found.fluctuations)


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


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("start", "share"), [(6.0, 0.25), (2.3, 0.5), (7.6, 1e-3)])
@pytest.mark.parametrize("direction", [1.0, 20.0])
def test_an_overshooting_step_is_halved(sign: int, start: float, share: float, direction: float) -> None:
    """Far from the root Newton jumps over it, to where everything is flat; halving finds it from either side."""
    ones = np.ones(4)
    target = np.full(4, share if sign == 1 else 1 - share)
    move = tmle.fluctuation_of(start * sign * ones, direction * ones, target, ones)
    found = 1 / (1 + np.exp(-(start * sign + move * direction)))
    assert found == pytest.approx(target[0], rel=1e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_step_that_goes_further_from_the_root_is_halved(sign: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a, for a share of ½, Newton's step is sinh a: from 2.1774 to −2.1777, and back and forth for long.

    Halved, it ends 10⁻⁴ from the root, and the next, whose error is a³/6, at full precision.
    """
    a = 2.1774
    assert 2 * a < np.sinh(a) < 2 * a + 1e-3
    monkeypatch.setattr(tmle, "MAX_ITERATIONS", 3)
    ones = np.ones(4)
    move = tmle.fluctuation_of(sign * a * ones, ones, np.array([0.0, 1, 0, 1]), ones)
    assert move == pytest.approx(-sign * a, abs=1e-11)


def test_no_step_moves_a_prediction_too_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where some predictions move twenty times as far as others, no trial is over five away on the logit scale."""
    tried: list[np.ndarray] = []

    def watched(predictor: np.ndarray) -> np.ndarray:
        tried.append(predictor)
        return expit(predictor)

    monkeypatch.setattr(tmle, "expit", watched)
    direction = np.array([1.0, 1, 20, 20])
    move = tmle.fluctuation_of(np.full(4, 6.0), direction, np.full(4, 0.25), np.ones(4))
    steps = np.abs(np.diff(tried, axis=0)).max(axis=1)
    assert 2.5 < steps.max() <= 5.0
    assert direction @ (0.25 - expit(6 + move * direction)) == pytest.approx(0, abs=1e-9)
