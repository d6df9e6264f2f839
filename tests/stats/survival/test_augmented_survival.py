"""The difference in survival, or in restricted mean, is the estimator that the literature defines."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import difference
from medicore.stats.survival import augmented_survival as module
from medicore.stats.survival.augmented_survival import Form, augmented_survival
from medicore.stats.survival.curve_influence import Summary
from medicore.stats.survival.verification_survival import verify_survival
from medicore.stats.verification import Verification
from tests.stats.survival.followed import HORIZON, KINDS, Followed, derivatives, follow, weighted_estimate

seeds = st.integers(min_value=0, max_value=2**31)
SUMMARIES: tuple[Summary, ...] = ("survival", "restricted mean")
FORMS: tuple[Form, ...] = ("per arm", "joint")
EXACT = 1e-9


@pytest.mark.parametrize("summary", SUMMARIES)
@pytest.mark.parametrize("form", FORMS)
def test_estimate_and_stacked_error_are_those_of_plain_tables(summary: Summary, form: Form) -> None:
    """A plain implementation gives the estimates, and its derivatives by weights the influences, with tied times."""
    data = follow(21, n=60).rounded(2)
    plain = weighted_estimate(data, np.ones(60), summary, form)
    slopes = derivatives(data, summary, form)
    for place, kind in enumerate(KINDS):
        found = data.result(summary, kind, form)
        assert (found.means.treated, found.means.control) == pytest.approx(tuple(plain[place]), abs=EXACT)
        assert found.stacked.root == pytest.approx(slopes[:, place], abs=2e-6)
        assert found.means.treated == pytest.approx(found.contributions[:, 0].mean(), abs=EXACT)


@pytest.mark.parametrize("summary", SUMMARIES)
@settings(max_examples=15)
@given(seed=seeds)
def test_exchanged_arms_change_the_sign(summary: Summary, seed: int) -> None:
    """Who is called treated decides the sign and nothing else."""
    data = follow(seed % 500, n=120)
    one = difference(data.result(summary).means)
    other = difference(replace(data, treated=~data.treated).result(summary).means)
    assert other.value == pytest.approx(-one.value, abs=EXACT)
    assert other.standard_error == pytest.approx(one.standard_error, rel=1e-7)


def test_another_unit_of_time_changes_the_restricted_mean_alone() -> None:
    """In other units survival at the horizon is the same, and the restricted mean is as many times larger."""
    data = follow(5)
    weeks = replace(data, time=data.time * 52)
    one, other = data.result(), weeks.result(horizon=52 * HORIZON)
    assert other.means.treated == pytest.approx(one.means.treated, abs=EXACT)
    one, other = data.result("restricted mean"), weeks.result("restricted mean", horizon=52 * HORIZON)
    assert other.means.treated == pytest.approx(52 * one.means.treated, rel=EXACT)
    assert difference(other.stacked).standard_error == pytest.approx(
        52 * difference(one.stacked).standard_error, rel=1e-7
    )


def test_the_order_of_subjects_does_not_matter() -> None:
    """A permuted sample has the same estimate and the permuted influences."""
    data = follow(5).rounded(1)
    order = np.random.Generator(np.random.PCG64(1)).permutation(len(data.time))
    one, other = data.result(), data.chosen(order).result()
    assert other.means.treated == pytest.approx(one.means.treated, abs=EXACT)
    assert other.stacked.root == pytest.approx(one.stacked.root[order], abs=1e-8)


def test_without_censoring_before_the_horizon_every_outcome_is_seen() -> None:
    """The weights alone are then those of inverse probability weighting of whether the subject survives."""
    data = follow(7, censored=False)
    data = replace(data, event=np.ones(len(data.time), dtype=bool))
    found = data.result("survival", "weights")
    died = data.time <= HORIZON
    score = data.fit.fitted
    expected = 1 - np.mean(np.where(data.treated, died / score, 0.0))
    assert found.means.treated == pytest.approx(expected, abs=EXACT)
    assert data.models().censoring[0].fit is None


@pytest.mark.parametrize("summary", SUMMARIES)
def test_a_table_in_pieces_gives_the_same(summary: Summary, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few subjects at a time give what all at once give."""
    data = follow(8)
    whole = data.result(summary)
    monkeypatch.setattr(module, "_AT_ONCE", 200)
    pieces = data.result(summary)
    assert pieces.means.treated == pytest.approx(whole.means.treated, abs=EXACT)
    assert pieces.stacked.root == pytest.approx(whole.stacked.root, abs=EXACT)


def test_a_horizon_before_every_time_has_full_survival() -> None:
    """Where nothing happens up to the horizon, everybody survives, without error."""
    data = follow(8)
    early = float(data.time.min()) / 2
    for summary, best in (("survival", 1.0), ("restricted mean", early)):
        found = data.result(summary, horizon=early)
        assert (found.means.treated, found.means.control) == pytest.approx((best, best))
        assert difference(found.stacked).standard_error == pytest.approx(0.0, abs=EXACT)


def test_a_horizon_beyond_the_follow_up_of_an_arm_is_refused() -> None:
    """What happens after the last subject leaves is unknown, and the message names arm, end and horizon."""
    data = follow(8)
    last = float(data.time.max()) + 1
    with pytest.raises(EstimationError, match=f"arm ends at .* before the horizon {last:g}"):
        data.result(horizon=last)


def test_an_arm_in_which_all_have_the_event_has_a_curve_to_any_horizon() -> None:
    """Where the longest follow-up of both arms ends with events, survival is 0 beyond and can be told."""
    data = follow(8)
    event = data.event.copy()
    for arm in (data.treated, ~data.treated):
        longest = arm & (data.time == data.time[arm].max())
        event[longest] = True
    found = replace(data, event=event).result(horizon=float(data.time.max()) + 1)
    assert np.isfinite(found.means.treated)


def test_an_arm_without_event_is_refused() -> None:
    """No hazard can be estimated in it."""
    data = follow(8)
    with pytest.raises(EstimationError, match="no treated subject has the event"):
        replace(data, event=data.event & ~data.treated).result()


def test_negative_times_are_refused() -> None:
    """Follow-up that is none is refused before any model is fitted."""
    data = follow(8)
    with pytest.raises(EstimationError, match="negative"):
        replace(data, time=-data.time).models()


def test_a_hazard_model_that_separates_is_refused_where_no_weight_is_left() -> None:
    """Where a model of censoring gives a subject no chance of being followed, nothing is estimated."""
    data = follow(8, n=60)
    leaving = np.where(~data.event, -data.time, -9.0)
    x = np.column_stack([data.x, leaving])
    models = module.fit_survival_models(data.x, x, data.treated, data.time, data.event)
    assert any(model.fit is not None and model.fit.separated for model in models.censoring)
    with pytest.raises(EstimationError, match="separation"):
        augmented_survival(
            data.treated, data.time, data.event, data.fit, models, horizon=HORIZON, summary="survival"
        )


@pytest.mark.parametrize("summary", SUMMARIES)
@settings(max_examples=15)
@given(seed=seeds)
def test_the_second_implementation_confirms_estimate_and_error(summary: Summary, seed: int) -> None:
    """SciPy and scikit-learn, subject by subject, give the same to the last digits, with ties and without."""
    data = follow(seed % 500, n=120).rounded(1 + seed % 2)
    found = difference(data.result(summary).means)
    second = _verified(data, summary)
    assert second.relative_difference(found.value, found.standard_error) < 1e-6


def _verified(data: Followed, summary: Summary) -> Verification:
    return verify_survival(
        data.x, data.x, data.x, data.treated, data.time, data.event, horizon=HORIZON, summary=summary
    )


def test_the_second_implementation_leaves_censoring_without_covariates() -> None:
    """Without columns both take censoring for independent within the arm."""
    data = follow(31).rounded(1)
    nothing = data.x[:, :0]
    models = module.fit_survival_models(data.x, nothing, data.treated, data.time, data.event)
    found = augmented_survival(
        data.treated, data.time, data.event, data.fit, models, horizon=HORIZON, summary="survival"
    )
    second = verify_survival(
        data.x, data.x, nothing, data.treated, data.time, data.event, horizon=HORIZON, summary="survival"
    )
    first = difference(found.means)
    assert second.relative_difference(first.value, first.standard_error) < 1e-6


def test_the_second_implementation_confirms_no_other_data() -> None:
    """One subject with another event is a difference that it finds."""
    data = follow(31)
    found = difference(data.result().means)
    event = data.event.copy()
    event[np.flatnonzero(event)[0]] = False
    second = _verified(replace(data, event=event), "survival")
    assert second.relative_difference(found.value, found.standard_error) > 1e-3


def test_the_second_implementation_confirms_nothing_of_a_separated_model() -> None:
    """A likelihood without maximum has no number to confirm."""
    data = follow(31)
    level = np.zeros(len(data.time))
    level[np.flatnonzero(~data.event & data.treated)[:4]] = 1.0
    x = np.column_stack([data.x, level])
    second = verify_survival(
        data.x, x, data.x, data.treated, data.time, data.event, horizon=HORIZON, summary="survival"
    )
    assert not np.isfinite(second.value)
