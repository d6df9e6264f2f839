"""Standardisation in a randomised trial, with variances that are valid even when the outcome model is wrong."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.given import checked
from medicore.stats.models.linear import fit_linear
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Family, Form, fit_outcome_models, require_binary

Vector = NDArray[np.float64]


@checked
def randomised_means(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    family: Family = "gaussian",
    form: Form = "joint",
) -> ArmMeans:
    """Return the arms' standardised means with the variance of simple randomisation, robust to the outcome model.

    σ are sample covariances, ddof 1, and π is the share of the arm. Then n times the variance of the treated mean is
    [σ²(y | a = 1) + σ²(m1) − 2σ(y, m1 | a = 1)]/π + 2σ(y, m1 | a = 1) − σ²(m1), and n times the covariance of the
    two means is σ(y, m0 | a = 1) + σ(y, m1 | a = 0) − σ(m1, m0) (Ye, Bannick, Yi & Shao, 2023, theorem 2). This is
    valid for models with unbiased predictions in each arm, such as least squares and logistic regression with an
    intercept per arm. ``x`` is ``(n, p)`` without intercept.
    """
    n = len(outcome)
    models = fit_outcome_models(x, treated, outcome, family, form)
    predicted = np.column_stack([models[0].predicted, models[1].predicted])
    overall = np.cov(predicted, rowvar=False)
    covariance = -overall
    for place, arm in enumerate((treated, ~treated)):
        joint = np.cov(np.column_stack([outcome[arm], predicted[arm]]), rowvar=False)
        residual = joint[0, 0] + overall[place, place] - 2 * joint[0, place + 1]
        covariance[place, place] += residual / arm.mean()
        covariance[place, :] += joint[0, 1:]
        covariance[:, place] += joint[0, 1:]
    means = predicted.mean(axis=0)
    return ArmMeans(
        "ATE",
        _name(form),
        float(means[0]),
        float(means[1]),
        _root(covariance / n),
        "simple randomisation, robust, ddof 1",
        n,
    )


@checked
def conditional_means(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    family: Family = "gaussian",
    covariance: Literal["model", "HC0", "HC3"] = "HC0",
) -> ArmMeans:
    """Return the standardised means of a joint model, with a variance that treats the covariates as fixed.

    The variance is the delta method on the covariance of the coefficients: ``model`` assumes the model's likelihood,
    HC0 and HC3 assume only its mean (Ge, Miratrix, Harshaw & Li, 2011; MacKinnon & White, 1985). It ignores the
    sampling of covariates, so it is somewhat too small for the population of patients.
    """
    design = np.column_stack([treated, x])
    counterfactual = [np.column_stack([np.full(len(outcome), arm), x]) for arm in (1.0, 0.0)]
    if family == "gaussian":
        linear = fit_linear(design, outcome)
        predicted = [linear.predict(rows) for rows in counterfactual]
        gradients = [linear.design.basis(rows) for rows in counterfactual]
        spread = linear.basis_covariance(covariance)
    else:
        require_binary(outcome)
        logistic = fit_logistic(design, outcome == 1)
        predicted = [logistic.probability(rows) for rows in counterfactual]
        gradients = [
            logistic.design.basis(rows) * (chance * (1 - chance))[:, None]
            for rows, chance in zip(counterfactual, predicted, strict=True)
        ]
        spread = logistic.basis_covariance(covariance)
    slopes = np.column_stack([gradient.mean(axis=0) for gradient in gradients])
    return ArmMeans(
        "ATE",
        _name("joint"),
        float(predicted[0].mean()),
        float(predicted[1].mean()),
        _root(slopes.T @ spread @ slopes),
        f"delta method, covariates fixed, {covariance}",
        len(outcome),
    )


def _name(form: Form) -> str:
    return "g-computation" if form == "per arm" else "g-computation, joint model"


def _root(covariance: Vector) -> Vector:
    """Return a square root of the covariance, ``(2, 2)``; eigenvalues that rounding made negative count as 0."""
    values, vectors = np.linalg.eigh(covariance)
    root: Vector = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return root
