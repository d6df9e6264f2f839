"""Data whose numbers mean nothing: the core says so, instead of reporting digits without a warning."""

import pytest

from medicore.stats.balance.overlap import score_range, within
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.stats.models.outcome_model import fit_outcome_models
from tests.reference.reference import MISSING, available, case, rows

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)

SEPARATED = ("acic_01", "acic_03", "acic_04", "acic_05", "acic_06", "acic_07", "rhc_first500")
ALIASED = ("acic_01", "acic_02", "acic_03", "acic_04", "acic_05", "acic_06", "acic_07")
NO_OVERLAP = ("dw_psid1",)
WARNED_BY = {
    "stress: quasi-separated PS": SEPARATED,
    "stress: per-arm outcome design": ALIASED,
    "stress: extreme overlap violation": NO_OVERLAP,
    "stress: numerical sandwich unstable": NO_OVERLAP,
}


def propensity(name: str) -> LogisticFit:
    """Return the propensity model of a case."""
    data = case(name)
    return fit_logistic(data.x_propensity, data.treated)


def test_every_stress_row_belongs_to_a_case_that_a_test_here_warns_of() -> None:
    """No kind of stress in the reference is without its warning."""
    for row in rows():
        if row.stress:
            names = next(names for text, names in WARNED_BY.items() if row.stress.startswith(text))
            assert row.case in names


@pytest.mark.parametrize("name", SEPARATED)
def test_quasi_separation_is_found_although_newton_converges(name: str) -> None:
    """The fit converges, and yet says that it is separated, by subjects predicted for ever and exploding errors."""
    fit = propensity(name)
    assert fit.converged
    assert fit.separated
    assert fit.predicted > 0
    assert fit.largest_standard_error > 100


@pytest.mark.parametrize("name", ALIASED)
def test_an_outcome_design_of_lower_rank_within_an_arm_is_reported(name: str) -> None:
    """The outcome model of an arm names the columns that it had to leave out."""
    data = case(name)
    models = fit_outcome_models(data.x_outcome, data.treated, data.outcome)
    assert any(model.aliased for model in models)


@pytest.mark.parametrize("name", NO_OVERLAP)
def test_scores_next_to_zero_are_reported(name: str) -> None:
    """The maximum exists, but hundreds of fitted scores are as good as 0: flagged, counted, and out of range."""
    data, fit = case(name), propensity(name)
    assert fit.converged
    assert fit.predicted == 0
    assert fit.separated
    assert fit.extreme > 200
    assert score_range(~data.treated, fit.fitted, 0.01, 0.99).below > len(data.outcome) / 2
    assert within(fit.fitted, 0.01, 0.99).mean() < 0.5


def test_calm_data_raise_no_alarm() -> None:
    """Where the reference sees no stress and R does not warn, the propensity model is not called separated."""
    calm = {row.case for row in rows() if row.estimator == "propensity" and not row.stress}
    names = sorted(calm - {*SEPARATED, *NO_OVERLAP})
    assert len(names) >= 15
    for name in names:
        fit = propensity(name)
        assert fit.converged
        assert not fit.separated
        assert fit.aliased == ()
