"""Doubly robust effects in each target population, on each measure, against a second route and by their algebra."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import means_of_influence, odds_ratio, risk_ratio
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.inverse_probability import weighted_means
from medicore.stats.effect.measures import contrasts_of, effect_of, no_effect, presented, scale_of
from medicore.stats.verification import verify_effect
from tests.stats.samples import draw

TARGETS = ("ATE", "ATT", "ATO")
MEASURES = ("difference", "risk ratio", "odds ratio")


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from(TARGETS), st.sampled_from(MEASURES), st.integers(1, 5))
def test_every_target_and_measure_is_confirmed(seed: int, target: str, measure: str, p: int) -> None:
    """Value and influence-function error of the binary effect are those of the second implementation."""
    sample = draw(seed, n=400, p=p, family="binomial")
    found = doubly_robust(
        sample.x, sample.treated, sample.outcome, sample.fit, family="binomial", target=target,  # type: ignore[arg-type]
    )  # fmt: skip
    effect = effect_of(found.means, measure).inference  # type: ignore[arg-type]
    second = verify_effect(
        sample.x, sample.x, sample.treated, sample.outcome,
        family="binomial", target=target, measure=measure,  # type: ignore[arg-type]
    )  # fmt: skip
    assert second.relative_difference(effect.value, effect.standard_error) <= 1e-9


@pytest.mark.parametrize("target", TARGETS)
def test_continuous_outcomes_are_confirmed(target: str) -> None:
    """The difference of means in each target population is that of the second implementation."""
    sample = draw(11, n=400)
    found = doubly_robust(sample.x, sample.treated, sample.outcome, sample.fit, target=target)  # type: ignore[arg-type]
    primary = found.influence_function
    second = verify_effect(sample.x, sample.x, sample.treated, sample.outcome, target=target)  # type: ignore[arg-type]
    assert second.relative_difference(primary.value, primary.standard_error) <= 1e-9
    assert primary.estimand == found.sandwich.estimand == target


@pytest.mark.parametrize("target", TARGETS)
def test_a_shift_of_the_treated_shifts_the_effect(target: str) -> None:
    """Adding 3 to every treated outcome adds 3 to the effect and leaves both standard errors alone."""
    sample = draw(12, n=400)
    outcomes = sample.outcome, sample.outcome + 3 * sample.treated
    before, after = (
        doubly_robust(sample.x, sample.treated, outcome, sample.fit, target=target)  # type: ignore[arg-type]
        for outcome in outcomes
    )
    assert after.influence_function.value == pytest.approx(before.influence_function.value + 3, rel=1e-12)
    for name in ("influence_function", "sandwich"):
        errors = (getattr(result, name).standard_error for result in (before, after))
        assert next(errors) == pytest.approx(next(errors), rel=1e-9)


def test_the_overlap_effect_without_predictors_is_overlap_weighting() -> None:
    """Where the outcome models know nothing but the arm, augmentation changes nothing."""
    sample = draw(13, n=400)
    nothing = np.zeros((400, 1))
    augmented = doubly_robust(nothing, sample.treated, sample.outcome, sample.fit, target="ATO")
    weighted = weighted_means(sample.treated, sample.outcome, sample.fit, "ATO").scores_estimated
    assert augmented.mean_treated == pytest.approx(weighted.treated, rel=1e-12)
    assert augmented.mean_control == pytest.approx(weighted.control, rel=1e-12)


def test_the_two_variances_of_the_overlap_effect_agree_when_both_models_are_right() -> None:
    """In a large sample from the models themselves, influence function and stacked sandwich are 2 % apart at most."""
    sample = draw(14, n=20_000)
    found = doubly_robust(sample.x, sample.treated, sample.outcome, sample.fit, target="ATO")
    ratio = found.influence_function.standard_error / found.sandwich.standard_error
    assert ratio == pytest.approx(1, abs=0.02)


def test_ratios_keep_their_inference_on_the_logarithm() -> None:
    """A ratio's value is the contrast's own, its interval is exp of the logarithm's, and 1 is no effect."""
    sample = draw(15, n=600, family="binomial")
    found = doubly_robust(sample.x, sample.treated, sample.outcome, sample.fit, family="binomial")
    for measure, own in (("risk ratio", risk_ratio), ("odds ratio", odds_ratio)):
        effect = effect_of(found.means, measure)  # type: ignore[arg-type]
        assert effect.value == pytest.approx(own(found.means).value, rel=1e-14)
        assert effect.inference.standard_error * effect.value == pytest.approx(
            own(found.means).standard_error, rel=1e-12
        )
        low, high = effect.interval(0.95)
        assert low * high == pytest.approx(effect.value**2, rel=1e-12)
        assert (no_effect(effect.measure), scale_of(effect.measure)) == (1.0, "logarithm")
        assert effect.estimand == f"ATE, {measure}"
    difference = effect_of(found.means, "difference")
    assert difference.value == found.influence_function.value
    assert (no_effect("difference"), scale_of("difference"), difference.estimand) == (0.0, "identity", "ATE")


def test_replicates_are_contrasted_as_the_estimate_is() -> None:
    """Contrasts of many pairs of means equal those of each pair, and are missing where a ratio is."""
    pairs = [(0.4, 0.2), (0.5, 0.5), (0.9, 0.1)]
    one, zero = np.array(pairs).T
    for measure in MEASURES:
        singles = [
            effect_of(means_of_influence("ATE", "x", pair, (np.zeros(2), np.zeros(2)), ""), measure)  # type: ignore[arg-type]
            for pair in pairs
        ]
        many = contrasts_of(one, zero, measure)  # type: ignore[arg-type]
        assert many == pytest.approx([single.inference.value for single in singles], abs=1e-14)
        assert [presented(value, measure) for value in many] == pytest.approx(  # type: ignore[arg-type]
            [single.value for single in singles], rel=1e-13
        )
    impossible = contrasts_of(np.array([0.0, 1.2, 0.3]), np.array([0.5, 0.5, -0.1]), "risk ratio")
    assert np.isnan(impossible).all()


def test_a_ratio_of_means_that_are_no_risks_is_refused() -> None:
    """A risk ratio of a continuous outcome is an error of estimation, and no number for the second route either."""
    sample = draw(16, n=300)
    shifted = sample.outcome + 5
    found = doubly_robust(sample.x, sample.treated, shifted, sample.fit)
    with pytest.raises(EstimationError, match="strictly between 0 and 1"):
        effect_of(found.means, "risk ratio")
    second = verify_effect(sample.x, sample.x, sample.treated, shifted, measure="risk ratio")
    assert np.isnan(second.value)
