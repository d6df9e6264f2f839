"""Standardisation: outcome models averaged over the target population."""

import numpy as np
import pytest

from medicore.stats.effect.ancova import ancova
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.standardisation import standardised_difference, standardised_means
from tests.stats.samples import draw


def test_models_per_arm_give_lins_interacted_regression() -> None:
    """Least squares per arm, averaged over everybody, is the coefficient of the interacted ANCOVA."""
    sample = draw(121)
    found = standardised_difference(sample.x, sample.treated, sample.outcome)
    lin = ancova(sample.x, sample.treated, sample.outcome, interactions=True)
    assert found.value == pytest.approx(lin.value)
    assert found.standard_error == pytest.approx(lin.standard_error, rel=0.1)
    assert found.estimator == "g-computation"


def test_a_joint_linear_model_gives_its_coefficient() -> None:
    """Without interactions, standardisation is the coefficient of the arm, with its HC0 error."""
    sample = draw(122)
    found = difference(standardised_means(sample.x, sample.treated, sample.outcome, form="joint"))
    model = ancova(sample.x, sample.treated, sample.outcome, covariance="HC0")
    assert found.value == pytest.approx(model.value)
    assert found.standard_error == pytest.approx(model.standard_error)
    assert found.estimator == "g-computation, joint model"


def test_over_the_treated_the_treated_keep_their_mean() -> None:
    """Predictions under treatment average to what the treated had, for linear and logistic models."""
    for family in ("gaussian", "binomial"):
        sample = draw(123, family=family)  # type: ignore[arg-type]
        means = standardised_means(sample.x, sample.treated, sample.outcome, sample.family, target="ATT")
        assert means.treated == pytest.approx(sample.outcome[sample.treated].mean())
        assert means.estimand == "ATT"


def test_the_means_are_averages_of_predictions() -> None:
    """Over everybody, and so between the smallest and the largest prediction."""
    sample = draw(124, family="binomial")
    means = standardised_means(sample.x, sample.treated, sample.outcome, "binomial")
    assert 0 < means.control < 1
    assert 0 < means.treated < 1
    assert np.linalg.eigvalsh(means.covariance).min() > 0
