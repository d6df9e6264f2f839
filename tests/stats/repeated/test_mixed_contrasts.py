"""Contrasts of a mixed model: degrees of freedom and corrected standard errors by other routes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.ancova import ancova
from medicore.stats.repeated.covariance_parameters import elements
from medicore.stats.repeated.mixed_contrasts import Method, contrast
from medicore.stats.repeated.mixed_model import MixedFit, fit_mixed
from medicore.stats.repeated.restricted_likelihood import likelihood_at
from medicore.stats.repeated.visit_moments import moments_of
from tests.stats.repeated_samples import by_visit, dense, profiles

Vector = NDArray[np.float64]
STEP = 1e-3
LAST = np.array([0.0, 0, 0, 0, 0, 1, 0])
"""The arm at the third visit, of the predictors of ``profiles``."""
METHODS: tuple[Method, ...] = ("kenward-roger", "kenward-roger linear", "satterthwaite")


def dense_variance(covariance: Vector, design: Vector, outcome: Vector, weights: Vector) -> float:
    """Return the model-based variance of a contrast, subject by subject."""
    information = np.zeros((design.shape[2], design.shape[2]))
    for x, y in zip(design, outcome, strict=True):
        seen = ~np.isnan(y)
        information += x[seen].T @ np.linalg.inv(covariance[np.ix_(seen, seen)]) @ x[seen]
    return float(weights @ np.linalg.solve(information, weights))


def test_degrees_of_freedom_by_numbers() -> None:
    """Satterthwaite's are 2v²/(gᵀWg), with slopes g of the variance v and curvature W⁻¹ of the dense likelihood by differences."""
    data = profiles(8, n=40)
    fit = fit_mixed(data.design, data.outcome)
    free, size = elements(3), 6

    def moved(steps: Vector) -> Vector:
        made: Vector = fit.covariance + np.einsum("k,kab->ab", steps, free)
        return made

    def value(steps: Vector) -> float:
        return dense_variance(moved(steps), data.design, data.outcome, LAST)

    def lost(steps: Vector) -> float:
        return -dense(moved(steps), data.design, data.outcome)

    steps = STEP * np.eye(size)
    slopes = np.array([(value(one) - value(-one)) / (2 * STEP) for one in steps])
    curvature = np.array(
        [
            [
                (lost(a + b) - lost(a - b) - lost(b - a) + lost(-a - b)) / (4 * STEP**2)
                for b in steps
            ]
            for a in steps
        ]
    )  # fmt: skip
    freedom = 2 * value(0 * slopes) ** 2 / float(slopes @ np.linalg.solve(curvature, slopes))
    found = contrast(fit, LAST, "satterthwaite")
    assert found.degrees_of_freedom == pytest.approx(freedom, rel=1e-4)
    assert found.standard_error == pytest.approx(np.sqrt(value(0 * slopes)), rel=1e-10)


def test_the_correction_of_kenward_and_roger_matrix_by_matrix() -> None:
    """The linear correction is 2ΦΣW(Q − PΦP)Φ with every matrix written out over stacked subjects (1997, equation 5)."""
    data = profiles(9, n=30)
    fit = fit_mixed(data.design, data.outcome)
    seen = ~np.isnan(data.outcome).reshape(-1)
    x = data.design.reshape(-1, 7)[seen]

    def stacked(inside: Vector) -> Vector:
        return np.kron(np.eye(30), inside)[np.ix_(seen, seen)]

    weight = np.linalg.inv(stacked(fit.covariance))
    spread = np.linalg.inv(x.T @ weight @ x)
    moved = [stacked(one) for one in elements(3)]
    first = [-x.T @ weight @ one @ weight @ x for one in moved]
    uncertain = 2 * np.linalg.inv(fit.likelihood.observed)
    added = np.zeros((7, 7))
    for i, one in enumerate(moved):
        for j, other in enumerate(moved):
            second = x.T @ weight @ one @ weight @ other @ weight @ x
            added += uncertain[i, j] * (second - first[i] @ spread @ first[j])
    whole = spread + 2 * spread @ added @ spread
    found = contrast(fit, LAST, "kenward-roger linear")
    assert found.standard_error == pytest.approx(float(np.sqrt(whole[5, 5])), rel=1e-9)
    assert found.standard_error > contrast(fit, LAST, "satterthwaite").standard_error


@pytest.mark.parametrize("method", METHODS[1:])
def test_one_visit_is_analysis_of_covariance(method: Method) -> None:
    """With one visit, estimate, standard error and degrees of freedom are those of least squares, exactly."""
    data = profiles(10, visits=1, share=0.0)
    plain = ancova(data.baseline[:, None], data.treated, data.outcome[:, 0], covariance="model")
    found = contrast(fit_mixed(data.design, data.outcome), np.array([0.0, 1.0, 0.0]), method)
    assert found.value == pytest.approx(plain.value, rel=1e-9)
    assert found.standard_error == pytest.approx(plain.standard_error, rel=1e-9)
    assert found.degrees_of_freedom == pytest.approx(57, rel=1e-9)
    assert found.p_value == pytest.approx(plain.p_value, rel=1e-8)


def test_the_curvature_of_parameters_takes_variance_away() -> None:
    """With one visit, R's default loses 1/(n − q) of an exact variance: the reason why it is not ours."""
    data = profiles(10, visits=1, share=0.0)
    fit, arm = fit_mixed(data.design, data.outcome), np.array([0.0, 1.0, 0.0])
    exact, bent = (contrast(fit, arm, method).standard_error for method in ("satterthwaite", "kenward-roger"))  # type: ignore[arg-type]
    assert bent**2 == pytest.approx(exact**2 * (1 - 1 / 57), rel=1e-9)


@settings(max_examples=8)
@given(st.integers(0, 2**31), st.sampled_from(METHODS))
def test_the_unit_and_the_order_of_visits_mean_nothing(seed: int, method: Method) -> None:
    """In another unit the contrast is in that unit; with visits turned round the first two methods that print are the same."""
    data = profiles(seed)
    found = contrast(fit_mixed(data.design, data.outcome), LAST, method)
    other = contrast(fit_mixed(data.design, 10 * data.outcome), LAST, method)
    assert other.standard_error == pytest.approx(10 * found.standard_error, rel=1e-6)
    assert other.degrees_of_freedom == pytest.approx(found.degrees_of_freedom, rel=1e-5)
    if method != "kenward-roger":
        turned = contrast(fit_mixed(data.design[:, ::-1], data.outcome[:, ::-1]), LAST, method)
        assert turned.standard_error == pytest.approx(found.standard_error, rel=1e-6)


def test_complete_visits_have_the_degrees_of_freedom_of_their_own_residuals() -> None:
    """With nothing missing and every predictor at every visit, each visit has Student's t of n − q."""
    data = profiles(11, share=0.0)
    z = np.column_stack([np.ones(60), data.treated, data.baseline])
    fit = fit_mixed(by_visit(z, 3), data.outcome)
    for visit in range(3):
        weights = np.zeros(9)
        weights[3 + visit] = 1.0
        plain = ancova(data.baseline[:, None], data.treated, data.outcome[:, visit], covariance="model")
        for method in METHODS[1:]:
            found = contrast(fit, weights, method)
            assert found.standard_error == pytest.approx(plain.standard_error, rel=1e-7)
            assert found.degrees_of_freedom == pytest.approx(57, rel=1e-6)


def test_full_likelihood_has_no_correction_of_kenward_and_roger() -> None:
    """The correction is refused for full likelihood, which has Satterthwaite's degrees of freedom."""
    data = profiles(12)
    fit = fit_mixed(data.design, data.outcome, restricted=False)
    assert contrast(fit, LAST, "satterthwaite").estimator.endswith("ML")
    with pytest.raises(EstimationError, match="for restricted likelihood"):
        contrast(fit, LAST, "kenward-roger linear")


def test_a_correction_that_leaves_no_variance_is_refused() -> None:
    """Where the curvature is nearly flat, the correction may be larger than the variance, which is told."""
    data = profiles(13)
    fit = fit_mixed(data.design, data.outcome)
    flat = likelihood_at(moments_of(data.design, data.outcome), fit.covariance)
    object.__setattr__(flat, "observed", flat.observed * 1e-6)
    with pytest.raises(EstimationError, match="leaves no variance"):
        contrast(MixedFit(flat, fit.moments, 1, True), LAST, "kenward-roger")
