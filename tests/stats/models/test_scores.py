"""Scores as estimators take them: fitted, known, clipped."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.inverse_probability import weighted_means
from medicore.stats.models.scores import clipped_scores, known_scores
from tests.stats.samples import Sample, draw, samples


def test_the_gradient_of_fitted_scores_is_the_logistic_derivative() -> None:
    """Each score moves with the coefficients by e(1 − e) times the basis."""
    fit = draw(61).fit
    shifted = 1 / (1 + np.exp(-(fit.basis @ (fit.theta + 1e-30j))))
    np.testing.assert_allclose(fit.gradient.sum(axis=1), shifted.imag / 1e-30, rtol=1e-12)


def test_known_scores_make_the_weights_fixed() -> None:
    """With scores that are known, the sandwich over the scores is the one with fixed weights."""
    sample = draw(62)
    means = weighted_means(sample.treated, sample.outcome, known_scores(sample.fit.fitted))
    fitted = weighted_means(sample.treated, sample.outcome, sample.fit)
    assert difference(means.scores_estimated).standard_error == (
        difference(means.weights_fixed).standard_error
    )
    assert difference(means.scores_estimated).value == difference(fitted.scores_estimated).value


@given(sample=samples, bound=st.floats(min_value=0.0, max_value=0.5))
def test_clipping_moves_scores_and_keeps_everybody(sample: Sample, bound: float) -> None:
    """Scores outside the bounds move to them, and these no longer follow the model."""
    fit = sample.fit
    clipped = clipped_scores(fit, bound, 1 - bound)
    outside = (fit.fitted < bound) | (fit.fitted > 1 - bound)
    assert len(clipped.fitted) == len(fit.fitted)
    np.testing.assert_array_equal(clipped.fitted[~outside], fit.fitted[~outside])
    np.testing.assert_array_equal(clipped.fitted, np.clip(fit.fitted, bound, 1 - bound))
    assert (clipped.gradient[outside] == 0).all()
    np.testing.assert_array_equal(clipped.gradient[~outside], fit.gradient[~outside])
    np.testing.assert_array_equal(clipped.influence, fit.influence)


def test_a_score_at_a_bound_is_not_moved() -> None:
    """With the smallest and the largest score as bounds everything stays as it was, derivatives too."""
    fit = draw(63).fit
    clipped = clipped_scores(fit, float(fit.fitted.min()), float(fit.fitted.max()))
    np.testing.assert_array_equal(clipped.fitted, fit.fitted)
    np.testing.assert_array_equal(clipped.gradient, fit.gradient)
