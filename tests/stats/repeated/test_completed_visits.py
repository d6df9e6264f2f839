"""Effects at the last visit with missing outcomes at their conditional means, and their jackknife."""

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.effect.ancova import ancova
from medicore.stats.imputation.reference_based import conditional_means
from medicore.stats.repeated import completed_visits
from medicore.stats.repeated.completed_visits import RULES, VisitSample, completed_effects
from medicore.stats.repeated.mixed_contrasts import contrast
from medicore.stats.repeated.mixed_model import fit_mixed
from tests.stats.repeated_samples import Visits, by_visit, profiles


def sample_of(data: Visits) -> VisitSample:
    """Return the subjects as the estimator takes them."""
    return VisitSample(data.design, data.reference, data.baseline[:, None], data.treated, data.outcome)


def test_each_rule_is_an_analysis_of_covariance_of_the_completed_visit() -> None:
    """The effect is that of least squares on the last visit, completed under the rule."""
    data = profiles(14)
    fit = fit_mixed(data.design, data.outcome)
    found = completed_effects(sample_of(data), fit)
    for rule in RULES:
        last = conditional_means(
            fit.covariance, fit.means(data.design), fit.means(data.reference), data.outcome, rule
        )[:, -1]
        plain = ancova(data.baseline[:, None], data.treated, last, covariance="model")
        assert found[rule].value == pytest.approx(plain.value, rel=1e-9)
        assert found[rule].degrees_of_freedom == 57
    assert len({round(one.value, 9) for one in found.values()}) == len(RULES)


def test_the_jackknife_is_everything_done_again_without_each_subject() -> None:
    """The standard error is that of fits from the start on all subjects but one."""
    data = profiles(15, n=32)
    fit = fit_mixed(data.design, data.outcome)
    found = completed_effects(sample_of(data), fit)
    values = []
    for one in range(32):
        kept = np.arange(32) != one
        again = fit_mixed(data.design[kept], data.outcome[kept])
        means = again.means(data.design[kept]), again.means(data.reference[kept])
        last = conditional_means(again.covariance, *means, data.outcome[kept], "copy increments")[:, -1]
        values.append(ancova(data.baseline[kept, None], data.treated[kept], last, covariance="model").value)
    error = np.sqrt(31 / 32 * ((np.array(values) - np.mean(values)) ** 2).sum())
    assert found["copy increments"].standard_error == pytest.approx(error, rel=1e-6)


def test_with_nothing_missing_every_rule_is_the_same() -> None:
    """Complete visits leave nothing to a rule, and the effect is that of the mixed model with the same predictors."""
    data = profiles(16, n=60, share=0.0)
    z = np.column_stack([np.ones(60), data.treated, data.baseline])
    design, reference = by_visit(z, 3), by_visit(z * (1.0, 0.0, 1.0), 3)
    fit = fit_mixed(design, data.outcome)
    sample = VisitSample(design, reference, data.baseline[:, None], data.treated, data.outcome)
    found = completed_effects(sample, fit)
    arm = contrast(fit, np.eye(9)[5])
    for one in found.values():
        assert one.value == pytest.approx(arm.value, rel=1e-9)
        assert one.standard_error == pytest.approx(arm.standard_error, rel=0.15)


def test_more_subjects_than_groups_are_left_out_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer groups than subjects the standard error is near that of single subjects, and says what it is."""
    data = profiles(17, n=120)
    fit = fit_mixed(data.design, data.outcome)
    single = completed_effects(sample_of(data), fit)
    monkeypatch.setattr(completed_visits, "MOST_GROUPS", 60)
    grouped = completed_effects(sample_of(data), fit)
    for rule in RULES:
        assert grouped[rule].value == single[rule].value
        assert grouped[rule].standard_error == pytest.approx(single[rule].standard_error, rel=0.25)
        assert "each of 60 groups of subjects" in grouped[rule].variance
        assert grouped[rule].degrees_of_freedom == 59


def test_a_level_of_one_subject_is_told() -> None:
    """A covariate that without one subject says nothing leaves no analysis, by name."""
    data = profiles(18)
    lone = np.zeros((60, 1))
    lone[5] = 1.0
    sample = VisitSample(data.design, data.reference, lone, data.treated, data.outcome)
    with pytest.raises(EstimationError, match="merge levels that few subjects have"):
        completed_effects(sample, fit_mixed(data.design, data.outcome))
