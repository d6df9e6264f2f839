"""Augmented weighting with normalised residual weights."""

import pytest

from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.augmented_hajek import augmented_hajek_means
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.inverse_probability import hajek
from medicore.stats.models.scores import known_scores
from tests.stats.samples import draw


def test_with_constant_scores_it_is_aipw() -> None:
    """Equal weights sum to n, and normalising them does nothing."""
    sample = draw(131)
    scores = known_scores(sample.outcome * 0 + sample.treated.mean())
    data = (sample.x, sample.treated, sample.outcome, scores)
    found = difference(augmented_hajek_means(*data))
    aipw = augmented_inverse_probability(*data).influence_function
    assert found.value == pytest.approx(aipw.value)


def test_on_the_overlap_population_augmentation_by_a_linear_model_is_the_joint_regressions() -> None:
    """Overlap weights balance exactly what a linear model would correct, so its augmentation only adds precision."""
    sample = draw(132)
    plain = hajek(sample.treated, sample.outcome, sample.fit, "ATO")[0]
    found = difference(
        augmented_hajek_means(sample.x, sample.treated, sample.outcome, sample.fit, target="ATO")
    )
    assert found.estimand == "ATO"
    assert abs(found.value - plain.value) < plain.standard_error


def test_large_weights_cannot_carry_it_out_of_the_data() -> None:
    """The residual correction is an average of residuals, which 1/e weights need not be."""
    sample = draw(133)
    score = sample.fit.fitted.copy()
    score[sample.treated.argmax()] = 1e-6
    data = (sample.x, sample.treated, sample.outcome, known_scores(score))
    bounded = difference(augmented_hajek_means(*data)).value
    assert abs(bounded) < 2 * (sample.outcome.max() - sample.outcome.min())
    assert abs(augmented_inverse_probability(*data).influence_function.value) > 100
