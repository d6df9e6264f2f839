"""Propensity models, weights and balance of a case, under the reference's names."""

import numpy as np

from medicore.stats.balance.balance import standardised_mean_differences
from medicore.stats.balance.overlap import c_statistic, score_range
from medicore.stats.balance.weights import (
    Target,
    balancing_weights,
    effective_sample_size,
    largest_share,
    stabilised_weights,
)
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from tests.reference.numbers import Numbers
from tests.reference.reference import Case

TARGETS: tuple[Target, ...] = ("ATE", "ATT", "ATO")
R_WARNS_WITHIN = 10 * np.finfo(float).eps
"""R's glm warns of fitted probabilities nearer to 0 or 1 than this."""


def diagnostics(case: Case) -> Numbers:
    """Return the numbers of the propensity model, its weights and the balance they achieve."""
    fit = fit_logistic(case.x_propensity, case.treated)
    numbers = Numbers()
    _model(numbers, case, fit)
    for target in TARGETS:
        _weights(numbers, case, fit, target)
        _balance(numbers, case, fit, target)
    return numbers


def _model(numbers: Numbers, case: Case, fit: LogisticFit) -> None:
    control, treated = (score_range(arm, fit.fitted, 0, 1) for arm in (~case.treated, case.treated))
    extreme = np.minimum(fit.fitted, 1 - fit.fitted) < R_WARNS_WITHIN
    found = {
        "c_statistic": c_statistic(case.treated, fit.fitted),
        "loglik": fit.log_likelihood,
        "converged": fit.converged,
        "newton_converged": fit.converged,
        "glm_warned_fitted_0_1": bool(extreme.any()),
        "ps_mean": float(fit.fitted.mean()),
        "ps_min_A0": control.smallest,
        "ps_max_A0": control.largest,
        "ps_min_A1": treated.smallest,
        "ps_max_A1": treated.largest,
    }
    for name, value, error in zip(
        ("(Intercept)", *case.names), fit.coefficients, fit.standard_errors, strict=True
    ):
        for shown in (name, name.replace("ps_", "")):  # the reference took "ps_" out of seps_Yes, too
            found[f"coef:{shown}"] = float(value)
            found[f"coef_se:{shown}"] = float(error)
    for quantity, number in found.items():
        numbers["-", "propensity", "", quantity] = float(number)


def _weights(numbers: Numbers, case: Case, fit: LogisticFit, target: Target) -> None:
    weights = balancing_weights(case.treated, fit.fitted, target)
    inside = weights[case.treated]
    numbers[target, "weights", "", "ess_A0"] = effective_sample_size(weights[~case.treated])
    numbers[target, "weights", "", "ess_A1"] = effective_sample_size(inside)
    numbers[target, "weights", "", "max_over_mean_A1"] = largest_share(inside) * len(inside)
    if target == "ATE":
        stabilised = stabilised_weights(case.treated, fit.fitted)
        numbers[target, "weights", "", "stabilised_mean"] = float(stabilised.mean())
        numbers[target, "weights", "", "stabilised_max"] = float(stabilised.max())


def _balance(numbers: Numbers, case: Case, fit: LogisticFit, target: Target) -> None:
    weights = balancing_weights(case.treated, fit.fitted, target)
    terms = standardised_mean_differences(case.x_propensity, case.treated, weights, target)
    for name, term in zip(case.names, terms, strict=True):
        numbers[target, "smd_unweighted", "", f"smd:{name}"] = term.smd_unweighted
        numbers[target, "smd_weighted", "", f"smd:{name}"] = term.smd_weighted
        numbers[target, "rawdiff_unweighted", "", f"diff:{name}"] = term.difference_unweighted
        numbers[target, "rawdiff_weighted", "", f"diff:{name}"] = term.difference_weighted
