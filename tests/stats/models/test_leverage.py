"""Leverages in outcome models, and the factors of residuals."""

import numpy as np
import pytest

from medicore.stats.models.leverage import inflation, leverages
from medicore.stats.models.outcome_model import fit_outcome_models
from tests.stats.samples import draw


def test_leverages_add_up_to_the_parameters() -> None:
    """Leverages lie between 0 and 1, and their sum is the number of parameters, aliased columns left out."""
    sample = draw(15, n=60, family="binomial")
    x = np.column_stack([sample.x, sample.x.sum(axis=1)])
    for family in ("gaussian", "binomial"):
        models = fit_outcome_models(x, sample.treated, sample.outcome, family)  # type: ignore[arg-type]
        for arm, model in zip((sample.treated, ~sample.treated), models, strict=True):
            found = leverages(model, arm, family)  # type: ignore[arg-type]
            assert found.sum() == pytest.approx(4)
            assert found.min() > 0
            assert found.max() < 1


def test_certain_predictions_have_no_leverage() -> None:
    """Where a logistic model is sure of an outcome, the subject has no variance and no leverage."""
    sample = draw(16, n=60, family="binomial")
    model = fit_outcome_models(sample.x, sample.treated, sample.outcome, "binomial")[0]
    first = int(np.flatnonzero(sample.treated)[0])
    model.predicted[first], model.gradient[first] = 1.0, 0.0
    found = leverages(model, sample.treated, "binomial")
    assert found[0] == pytest.approx(0, abs=1e-20)
    assert found.sum() == pytest.approx(4)


def test_residuals_are_divided_by_what_is_free_or_its_root() -> None:
    """At the leverage 0.75 the factors are 2 and 4; where a subject determines a coefficient alone, it is 1."""
    leverage = np.array([0.75, 0.0, 1.0, 1 - 1e-12])
    assert inflation(leverage, "HC2").tolist() == [2, 1, 1, 1]
    assert inflation(leverage, "HC3").tolist() == [4, 1, 1, 1]
