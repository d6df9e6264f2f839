"""The measures of an effect: scales, intervals and contrasts, by hand."""

import warnings

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.measures import Measure, contrasts_of, effect_of, no_effect, presented, scale_of

MEANS = ArmMeans("ATE", "any", 0.4, 0.2, np.diag([0.03, 0.04]), "any", 100)
Z = 1.959963984540054


@pytest.mark.parametrize(
    ("measure", "value", "error", "estimand"),
    [
        ("difference", 0.2, 0.05, "ATE"),
        ("risk ratio", 2.0, np.hypot(0.03 / 0.4, 0.04 / 0.2), "ATE, risk ratio"),
        ("odds ratio", (0.4 / 0.6) / (0.2 / 0.8), np.hypot(0.03 / 0.24, 0.04 / 0.16), "ATE, odds ratio"),
    ],
)
def test_an_effect_is_printed_on_its_own_scale(
    measure: Measure, value: float, error: float, estimand: str
) -> None:
    """Risks 0.4 and 0.2 with errors 0.03 and 0.04: value, delta-method error of the inference, and interval."""
    found = effect_of(MEANS, measure)
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.inference.standard_error == pytest.approx(error, rel=1e-12)
    assert found.estimand == estimand
    low, high = found.interval(0.95)
    if measure == "difference":
        assert (low, high) == pytest.approx((0.2 - Z * error, 0.2 + Z * error), rel=1e-9)
    else:
        factor = np.exp(Z * error)
        assert (low, high) == pytest.approx((value / factor, value * factor), rel=1e-9)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("difference", [0.2, -0.3]),
        ("risk ratio", [np.log(2), np.log(0.5)]),
        ("odds ratio", [np.log(8 / 3), np.log((0.3 / 0.7) / (0.6 / 0.4))]),
    ],
)
def test_contrasts_of_many_means_are_on_the_scale_of_inference(
    measure: Measure, expected: list[float]
) -> None:
    """Differences as they are, ratios as natural logarithms."""
    found = contrasts_of(np.array([0.4, 0.3]), np.array([0.2, 0.6]), measure)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("measure", ["risk ratio", "odds ratio"])
def test_a_ratio_of_what_is_no_risk_does_not_exist(measure: Measure) -> None:
    """0, 1 and what lies beyond give NaN in either arm, without a warning; one effect of them is refused."""
    for bad in (0.0, 1.0, -0.1, 1.5):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = contrasts_of(np.array([bad, 0.5, 0.5]), np.array([0.5, bad, 0.5]), measure)
        assert np.isnan(found[:2]).all()
        assert found[2] == 0
        with pytest.raises(EstimationError, match="strictly between 0 and 1"):
            effect_of(ArmMeans("ATE", "any", 0.5, bad, np.eye(2), "any", 100), measure)


def test_no_effect_is_nought_or_one() -> None:
    """A difference of 0 and ratios of 1, which is the logarithm 0."""
    for measure, nothing, scale in (
        ("difference", 0.0, "identity"),
        ("risk ratio", 1.0, "logarithm"),
        ("odds ratio", 1.0, "logarithm"),
    ):
        assert no_effect(measure) == nothing == presented(0.0, measure)  # type: ignore[arg-type]
        assert scale_of(measure) == scale  # type: ignore[arg-type]
