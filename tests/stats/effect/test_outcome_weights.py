"""What outcomes count: shares, balance, and differences of the mean."""

import numpy as np
import pytest

from medicore.stats.effect.outcome_weights import outcome_weights, population_shares, residual_shares
from medicore.stats.models.outcome_model import Family, fit_outcome_models
from tests.stats.samples import draw

EXACT = 1e-10


def test_shares_of_the_population_add_up_to_one() -> None:
    """Everybody counts alike, or the treated alone, or each by e(1 - e)."""
    treated, score = np.array([True, False, True]), np.array([0.5, 0.2, 0.8])
    assert population_shares(treated, score, "ATE") == pytest.approx([1 / 3] * 3)
    assert population_shares(treated, score, "ATT") == pytest.approx([0.5, 0, 0.5])
    assert population_shares(treated, score, "ATO") == pytest.approx(np.array([25, 16, 16]) / 57)


def test_residuals_are_shared_over_subjects_treated_or_the_weights() -> None:
    """Weights 2, 3 and 5, of which the first and last are in the arm: over 4 subjects, 2 treated, or 7."""
    weights, arm = np.array([2.0, 3.0, 5.0, 1.0]), np.array([True, False, True, False])
    treated = np.array([True, True, False, False])
    for target, total in (("ATE", 4), ("ATT", 2), ("ATO", 7)):
        found = residual_shares(weights, arm, treated, target)  # type: ignore[arg-type]
        assert found == pytest.approx(np.array([2, 0, 5, 0]) / total)


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_weights_balance_the_basis_and_are_derivatives(family: Family) -> None:
    """Weighted columns of the arm add up to those of the population, and the mean moves by the weight with an outcome."""
    sample = draw(31, n=50, family=family)
    chance = np.random.Generator(np.random.PCG64(4))
    averaged = chance.uniform(size=50)
    residual = np.where(sample.treated, chance.uniform(size=50), 0.0)
    model = fit_outcome_models(sample.x, sample.treated, sample.outcome, family)[0]
    found = outcome_weights(model, sample.treated, averaged, residual, family)
    spread = np.ones(50) if family == "gaussian" else model.predicted * (1 - model.predicted)
    basis = np.column_stack([np.ones(50), sample.x]) * spread[:, None]
    assert found @ basis == pytest.approx(averaged @ basis, rel=EXACT)
    assert not found[~sample.treated].any()
    through = model.influence @ (model.gradient.T @ (averaged - residual)) / 50
    apart = (sample.outcome - model.predicted)[sample.treated]
    assert found[sample.treated] * apart == pytest.approx(
        (residual[sample.treated] * apart) + through[sample.treated], rel=1e-6, abs=1e-9
    )


def test_a_certain_prediction_counts_by_its_own_residual_alone() -> None:
    """Where a logistic model is sure of an outcome, nothing goes through the model."""
    sample = draw(16, n=60, family="binomial")
    model = fit_outcome_models(sample.x, sample.treated, sample.outcome, "binomial")[0]
    first = int(np.flatnonzero(sample.treated)[0])
    model.predicted[first], model.gradient[first] = 1.0, 0.0
    residual = np.where(sample.treated, 0.1, 0.0)
    found = outcome_weights(model, sample.treated, np.full(60, 1 / 60), residual, "binomial")
    assert found[first] == 0.1
    assert np.isfinite(found).all()
