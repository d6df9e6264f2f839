"""Firth's penalised likelihood: numbers of R's logistf, closed forms, and two other routes to its maximum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from medicore.errors import EstimationError
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.resampling import TILE
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.models.firth import fit_firth
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import fit_outcome_models
from medicore.stats.verification import verify_effect
from medicore.stats.verification_firth import penalised_predictor
from tests.stats.models.endometrial import endometrial
from tests.stats.samples import Sample, draw

PRINTED = 5e-7
"""logistf ends where no score is above 1e-5; its printed digits are good to this."""
EXACT = 1e-9
SEARCHED = 1e-6
CONFIRMED = 1e-8


LOGISTF = [3.77455951, 2.92927330, -0.03475175, -2.60416387]
"""What R's logistf prints for the endometrial data: intercept, neovasculisation, pulsatility index, endometrium height.

Typed in, and held against a search of the penalised likelihood below.
"""


def test_the_coefficients_are_those_of_logistf() -> None:
    """On data with a separating covariate the fit has the coefficients of logistf, and the paper's standard errors."""
    fit = fit_firth(*endometrial())
    assert fit.coefficients == pytest.approx(LOGISTF, abs=PRINTED)
    # Heinze & Schemper, 2002, table II.
    assert fit.standard_errors[1:] == pytest.approx([1.55, 0.04, 0.78], abs=0.005)
    assert fit.converged
    assert not fit.separated
    assert fit_logistic(*endometrial()).separated


def test_the_printed_coefficients_maximise_the_penalised_likelihood() -> None:
    """A search, without our code, of the product of the chances and the root of the information ends at logistf's digits."""
    x, y = endometrial()
    middle, scale = x.mean(axis=0), x.std(axis=0)
    basis = np.column_stack([np.ones(len(y)), (x - middle) / scale])

    def loss(theta: np.ndarray) -> float:
        chance = 1 / (1 + np.exp(-basis @ theta))
        information = basis.T @ (basis * (chance * (1 - chance))[:, None])
        likelihood = np.sum(np.log(np.where(y, chance, 1 - chance)))
        return -float(likelihood + np.log(np.linalg.det(information)) / 2)

    found = np.zeros(4)
    for method, options in (
        ("Powell", {"xtol": 1e-11, "ftol": 1e-15}),
        ("Nelder-Mead", {"xatol": 1e-11, "fatol": 1e-15, "maxiter": 20000}),
    ):
        found = minimize(loss, found, method=method, options=options).x
    slopes = found[1:] / scale
    assert [found[0] - slopes @ middle, *slopes] == pytest.approx(LOGISTF, abs=SEARCHED)


@settings(max_examples=40)
@given(
    cells=st.tuples(*[st.integers(0, 30)] * 4).filter(lambda one: min(one[0] + one[1], one[2] + one[3]) > 1)
)
def test_a_table_of_two_by_two_gets_a_half_in_each_cell(cells: tuple[int, int, int, int]) -> None:
    """With one indicator the odds ratio is that of the table with ½ added to each cell (Haldane; Anscombe, 1956)."""
    a, b, c, d = cells
    x = np.repeat([1.0, 1.0, 0.0, 0.0], cells)[:, None]
    fit = fit_firth(x, np.repeat([True, False, True, False], cells))
    assert fit.coefficients[1] == pytest.approx(
        np.log((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5))), abs=1e-7
    )
    assert fit.converged


@pytest.mark.parametrize("events", [0, 1, 5, 40, 80])
def test_it_is_the_maximum_of_the_penalised_likelihood(events: int) -> None:
    """A search that knows only the penalised likelihood ends at the same probabilities, even without any event."""
    x = draw(3, n=80).x
    y = np.arange(80) < events
    basis = np.column_stack([np.ones(80), x])
    sign = np.where(y, 1.0, -1.0)

    def loss(theta: np.ndarray) -> float:
        chance = expit(basis @ theta)
        information = (basis * (chance * (1 - chance))[:, None]).T @ basis
        return -float(log_expit(sign * (basis @ theta)).sum() + np.linalg.slogdet(information)[1] / 2)

    found = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-8}).x
    found = minimize(
        loss, found, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 5000}
    ).x
    fit = fit_firth(x, y)
    assert fit.fitted == pytest.approx(expit(basis @ found), abs=SEARCHED)
    assert fit.converged
    assert fit.influence.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-6)


@pytest.mark.parametrize("events", [0, 3, 30])
def test_augmented_data_have_the_same_fit(events: int) -> None:
    """scikit-learn's likelihood on data augmented by the leverages, the second implementation, ends at the same place."""
    x = draw(4, n=90).x
    y = np.random.default_rng(2).permutation(90) < events
    rows = np.arange(90) % 3 > 0
    predictor = penalised_predictor(x, y, rows)
    fit = fit_firth(x[rows], y[rows])
    assert expit(predictor) == pytest.approx(fit.probability(x), abs=EXACT)


def test_it_does_not_depend_on_the_unit_or_the_side() -> None:
    """Probabilities are the same in other units, and those of the other outcome are the rest to 1."""
    x, y = endometrial()
    fit = fit_firth(x, y)
    assert fit_firth(x * [1.0, 100.0, -3.0] + 7.0, y).fitted == pytest.approx(fit.fitted, abs=EXACT)
    assert fit_firth(x, ~y).fitted == pytest.approx(1 - fit.fitted, abs=EXACT)


def test_an_aliased_column_has_no_coefficient_and_too_few_subjects_are_refused() -> None:
    """A column that repeats another is left out, and a model needs more subjects than parameters."""
    x, y = endometrial()
    fit = fit_firth(np.column_stack([x, x[:, 0]]), y)
    assert fit.aliased == (3,)
    assert np.isnan(fit.coefficients[4])
    assert fit.fitted == pytest.approx(fit_firth(x, y).fitted, abs=EXACT)
    with pytest.raises(EstimationError, match="3 subjects cannot carry"):
        fit_firth(x[17:23:2], y[17:23:2])


def _rare() -> Sample:
    """Return a sample whose controls have no event."""
    sample = draw(8, n=200, family="binomial")
    return sample.with_outcome(np.where(sample.treated, sample.outcome * (sample.x[:, 1] > 0.3), 0.0))


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATO"])
def test_an_arm_without_events_is_estimated_and_confirmed(target: str) -> None:
    """AIPW with penalised outcome models has an estimate, which the second implementation confirms, where likelihood has none."""
    sample = _rare()
    arrays = sample.x, sample.treated, sample.outcome
    with pytest.raises(EstimationError, match="one outcome only"):
        fit_outcome_models(*arrays, "binomial")
    result = doubly_robust(*arrays, sample.fit, family="firth", target=target)  # type: ignore[arg-type]
    means = small_sample_means(*arrays[1:], sample.fit, result, family="firth", target=target)  # type: ignore[arg-type]
    found = difference(means)
    second = verify_effect(
        sample.x,
        sample.x,
        *arrays[1:],
        family="firth",
        target=target,
        corrected=True,  # type: ignore[arg-type]
    )
    assert second.relative_difference(found.value, found.standard_error) < CONFIRMED
    assert abs(result.mean_control) < 0.01
    assert not any(model.separated for model in result.models)


def test_every_replicate_is_fitted_by_the_same_penalty() -> None:
    """A replicate is the estimate on its subjects, as often as they were drawn, though the controls have no event."""
    sample = _rare()
    found = bootstrap_effect(
        sample.x, sample.x, sample.treated, sample.outcome, replicates=TILE, seed=3, family="firth"
    )
    assert sum(found.failed.values()) == 0
    stream = np.random.SeedSequence(3).spawn(1)[0]
    drawn = np.random.Generator(np.random.PCG64(stream)).integers(0, 200, size=(TILE, 200))
    for place in (0, 5, 31):
        rows = drawn[place]
        again = Sample(sample.x[rows], sample.treated[rows], sample.outcome[rows])
        value = doubly_robust(again.x, again.treated, again.outcome, again.fit, family="firth").sandwich.value
        assert found.estimates[place] == pytest.approx(value, abs=1e-7)


def test_a_resample_without_rank_is_counted() -> None:
    """Where a resample loses a column of an arm, the replicate fails and says why; the others have an estimate."""
    sample = _rare()
    x = np.column_stack([sample.x, np.zeros(200)])
    few = np.flatnonzero(sample.treated)[:2]
    x[few, 3] = 1.0
    x[np.flatnonzero(~sample.treated)[:60], 3] = 1.0
    found = bootstrap_effect(
        sample.x, x, sample.treated, sample.outcome, replicates=4 * TILE, seed=3, family="firth"
    )
    assert sum(found.failed.values()) == 4 * TILE - len(found.estimates)
    assert found.failed["rank lost"] > 0
    assert found.failed["not converged"] < 4
