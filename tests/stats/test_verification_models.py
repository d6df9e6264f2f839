"""The models of the second implementation: what scikit-learn finds is proved here, or it is no number at all."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.stats import verification_columns, verification_models
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.measures import effect_of
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.verification import agreement, verify_effect
from tests.reference.reference import MISSING, available, case
from tests.stats import third_witness
from tests.stats.samples import draw

PREDICTOR = 1e-9
"""Largest difference of two linear predictors of one model, in units of the logit."""
PREDICTION = 1e-11
"""Largest difference of two least-squares predictions, in standard deviations of the outcome."""


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_scipy_finds_the_same_models(seed: int, p: int) -> None:
    """A trust region, a root of the score and a projection, on columns of a third kind, predict the same."""
    sample = draw(seed, n=400, p=p)
    everybody = np.ones(400, dtype=bool)
    found = verification_models.linear_predictor(sample.x, sample.treated, everybody)
    assert np.abs(found - third_witness.logit(sample.x, sample.treated, everybody)).max() <= PREDICTOR
    for arm in (sample.treated, ~sample.treated):
        predicted = verification_models.projection(sample.x, sample.outcome, arm)
        third = third_witness.projection(sample.x, sample.outcome, arm)
        assert np.abs(predicted - third).max() <= PREDICTION * sample.outcome.std()


@pytest.mark.skipif(not available(), reason=MISSING)
@pytest.mark.parametrize("name", ["nhefs_wi", "lalonde614", "cattaneo2", "rhc"])
def test_scipy_finds_the_same_propensity_on_real_data(name: str) -> None:
    """On real data the third route gives the same propensity model."""
    data = case(name)
    x = data.x_propensity / np.abs(data.x_propensity).max(axis=0)
    everybody = np.ones(len(x), dtype=bool)
    found = verification_models.linear_predictor(x, data.treated, everybody)
    assert np.abs(found - third_witness.logit(x, data.treated, everybody)).max() <= PREDICTOR


def test_a_search_that_does_not_end_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where scikit-learn is out of steps before the maximum there is no number, and no warning either."""
    sample = draw(41)
    primary = effect_of(
        doubly_robust(sample.x, sample.treated, sample.outcome, sample.fit).means, "difference"
    )
    value, error = primary.inference.value, primary.inference.standard_error
    assert agreement(
        value, error, verify_effect(sample.x, sample.x, sample.treated, sample.outcome)
    ).confirmed
    monkeypatch.setattr(verification_models, "MAX_ITERATIONS", 1)
    stopped = verify_effect(sample.x, sample.x, sample.treated, sample.outcome)
    assert np.isnan([stopped.value, stopped.standard_error]).all()
    assert not agreement(value, error, stopped).confirmed


def test_a_search_that_begins_at_the_maximum_is_confirmed() -> None:
    """Two arms of one size, alike in their covariate: scikit-learn warns that no step improves; the score is 0."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for size in range(8, 80, 4):
            treated, x = np.arange(size) < size / 2, np.tile([0.0, 1.0], size // 2)[:, None]
            for covariate in (x, 0 * x):
                found = verification_models.linear_predictor(covariate, treated, np.ones(size, dtype=bool))
                assert np.abs(found).max() <= PREDICTOR


@pytest.mark.parametrize(
    ("score", "vanished"),
    [
        ((1e-10, -1e-10), True),
        ((0.0, 1.1e-10), False),
        ((-1.1e-10, 0.0), False),
        ((0.0, np.nan), False),
    ],
)
def test_every_component_of_the_score_is_0_at_the_maximum(score: tuple[float, ...], vanished: bool) -> None:
    """One component beyond a ten-thousand-millionth, of either sign, is a maximum that was not reached."""
    assert verification_models.vanished(np.array(score)) == vanished


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_columns_are_orthogonal_with_mean_square_1(seed: int) -> None:
    """Within an arm the columns have the identity as their mean products, and span its intercept and covariates."""
    sample = draw(seed, n=200, p=4)
    x = np.column_stack([sample.x * [1e3, 1e-3, 1, 50], sample.x.sum(axis=1)])
    columns = verification_columns.whitened(x, sample.treated)
    inside = columns[sample.treated]
    assert inside.shape[1] == np.linalg.matrix_rank(np.column_stack([np.ones(200), x])[sample.treated])
    assert np.abs(inside.T @ inside / len(inside) - np.eye(inside.shape[1])).max() <= PREDICTION
    for spanned in (np.ones(200), *x.T):
        found = columns @ (inside.T @ spanned[sample.treated]) / len(inside)
        assert np.abs(found - spanned).max() <= PREDICTOR * np.abs(spanned).max()


def test_one_label_alone_has_no_maximum() -> None:
    """An arm without an event has no logistic model: no number, and no error of the library."""
    sample = draw(42, family="binomial")
    outcome = np.where(sample.treated, 0.0, sample.outcome)
    found = verify_effect(sample.x, sample.x, sample.treated, outcome, family="binomial")
    assert np.isnan([found.value, found.standard_error]).all()
    everything = verify_effect(sample.x, sample.x, sample.treated, 1 - outcome, family="binomial")
    assert np.isnan([everything.value, everything.standard_error]).all()


@pytest.mark.parametrize("seed", range(43, 47))
def test_a_category_without_an_event_is_confirmed(seed: int) -> None:
    """Quasi-separated outcome models predict 0 where they saw no event, in both implementations alike."""
    sample = draw(seed, n=300, family="binomial")
    rare = np.arange(300) % 6 == 0
    outcome = np.where(rare & sample.treated, 0.0, sample.outcome)
    x = np.column_stack([sample.x, rare])
    fit = fit_logistic(sample.x, sample.treated)
    found = doubly_robust(x, sample.treated, outcome, fit, family="binomial")
    assert found.models[0].separated
    primary = effect_of(found.means, "difference").inference
    second = verify_effect(sample.x, x, sample.treated, outcome, family="binomial")
    assert agreement(primary.value, primary.standard_error, second, 1e-8).confirmed


def test_a_separated_propensity_is_never_a_warning() -> None:
    """Where arms do not overlap at all scikit-learn changes its method on the way; nothing of that is printed."""
    x = np.column_stack([np.linspace(-1, 1, 13), np.arange(13) % 2, np.arange(13) % 3])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for label in (x[:, 0] > 0, x[:, 0] + x[:, 1] > 0.4, x[:, 0] - x[:, 2] > -1):
            found = verification_models.linear_predictor(x, label, np.ones(13, dtype=bool))
            assert np.array_equal(found > 0, label)


def test_slow_libraries_are_imported_where_they_are_needed_alone() -> None:
    """A process that imports all steps without fitting a second model imports neither scikit-learn nor scipy.stats."""
    script = (
        "import sys, medicore.cli, medicore.steps.perform; print({'sklearn', 'scipy.stats'} & {*sys.modules})"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert answer.stdout == "set()\n"
