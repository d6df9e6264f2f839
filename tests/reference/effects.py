"""The effects of a case by every estimator, under the reference's names."""

from dataclasses import replace
from typing import Literal

import numpy as np

from medicore.stats.balance.weights import balancing_weights
from medicore.stats.effect.ancova import ancova
from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.augmented_hajek import augmented_hajek_means
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.cross_fitted import cross_fitted_means
from medicore.stats.effect.cross_fitting import Nuisance, cross_fit
from medicore.stats.effect.inverse_probability import horvitz_thompson, weighted_means
from medicore.stats.effect.matching import match_with_replacement, matching_distance
from medicore.stats.effect.standardisation import standardised_means
from medicore.stats.effect.tmle import targeted
from medicore.stats.effect.unadjusted import difference_of_means
from medicore.stats.models.linear import fit_linear
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.stats.models.outcome_model import Family
from tests.reference.diagnostics import TARGETS
from tests.reference.numbers import Numbers
from tests.reference.reference import Case
from tests.stats.learners import Unpenalised

FULL = "se_full_mestimation"
MATCHING_TIES = 1e-5
"""Default of R's Matching: squared standardised distances that differ by less are ties."""
R_TMLE = "R tmle algorithm (weighted logistic fluctuation, cvQinit=FALSE); "
ZEPID_TMLE = "zEpid algorithm (clever-covariate fluctuation, bound .0005)"


def effects(case: Case) -> Numbers:
    """Return the case's estimates of the effect in the whole sample."""
    fit = fit_logistic(case.x_propensity, case.treated)
    family: Family = "binomial" if case.family == "binomial" else "gaussian"
    numbers = Numbers()
    _weighting(numbers, case, fit)
    _standardisation(numbers, case, family)
    _augmented(numbers, case, fit, family)
    _targeted(numbers, case, fit, family)
    _matching(numbers, case, fit)
    return numbers


def unadjusted(case: Case) -> Numbers:
    """Return the unadjusted contrast: Welch's standard error, and HC1, which published tables use."""
    numbers = Numbers()
    numbers.put("diff", "unadjusted", difference_of_means(case.treated, case.outcome))
    arm = case.treated.astype(np.float64)[:, None]
    robust = float(fit_linear(arm, case.outcome).standard_errors("HC1")[1])
    numbers["diff", "unadjusted", "", "se, published"] = robust
    return numbers


def _weighting(numbers: Numbers, case: Case, fit: LogisticFit) -> None:
    arm, n = case.treated.astype(np.float64)[:, None], len(case.outcome)
    for target in TARGETS:
        name = "IPW-Hajek"
        found = weighted_means(case.treated, case.outcome, fit, target)
        numbers.put(
            target, name, difference(found.scores_estimated), se="se_ps_estimated", ci="_ps_estimated"
        )
        fixed = difference(found.weights_fixed)
        numbers[target, name, "", "se_HC0"] = numbers[target, name, "", "se_gee"] = fixed.standard_error
        weights = balancing_weights(case.treated, fit.fitted, target)
        regression = fit_linear(arm, case.outcome, weights)
        numbers[target, name, "", "se_HC3"] = float(regression.standard_errors("HC3")[1])
        survey = fixed.standard_error * np.sqrt(n / (n - 1))
        numbers[target, name, "", "se_weights_fixed_linearised"] = survey
        for end, sign in (("low", -1), ("high", 1)):
            numbers[target, name, "", f"ci_{end}_weights_fixed"] = fixed.value + sign * 1.959964 * survey
    numbers.put("ATE", "IPW-HT", horvitz_thompson(case.treated, case.outcome, fit), se="-")


def _standardisation(numbers: Numbers, case: Case, family: Family) -> None:
    data = (case.x_outcome, case.treated, case.outcome)
    targets: tuple[Literal["ATE", "ATT"], ...] = ("ATE", "ATT")
    for target in targets:
        numbers.put(
            target,
            "g-comp",
            difference(standardised_means(*data, family, target=target)),
            se=FULL,
            ci=FULL[2:],
        )
    numbers.put("ATE", "g-comp(joint)", difference(standardised_means(*data, family, "joint")), se="-")
    if family == "gaussian":
        lin = ancova(*data, interactions=True)
        z = 1.959964 * lin.standard_error
        numbers["ATE", "g-comp", "", "se_lin_HC2"] = lin.standard_error
        numbers["ATE", "g-comp", "", "ci_low_lin_HC2"] = lin.value - z
        numbers["ATE", "g-comp", "", "ci_high_lin_HC2"] = lin.value + z


def _augmented(numbers: Numbers, case: Case, fit: LogisticFit, family: Family) -> None:
    data = (case.x_outcome, case.treated, case.outcome, fit)
    ate = augmented_inverse_probability(*data, family=family)
    one, n = ate.influence_function, len(case.outcome)
    numbers.put("ATE", "AIPW", one, se="se_if_ddof1", ci="_if_ddof1")
    numbers["ATE", "AIPW", "", "se_if_ddof0"] = one.standard_error * np.sqrt((n - 1) / n)
    numbers["ATE", "AIPW", "", "mu1"], numbers["ATE", "AIPW", "", "mu0"] = ate.mean_treated, ate.mean_control
    numbers.put("ATE", "AIPW", ate.sandwich, se=FULL, ci=FULL[2:])
    att = augmented_inverse_probability(*data, family=family, target="ATT")
    numbers.put("ATT", "AIPW", att.influence_function, se="se_if_ddof0", ci="_if_ddof0")
    joint = augmented_inverse_probability(*data, family=family, form="joint")
    numbers.put(
        "ATE", "AIPW(joint outcome model)", joint.influence_function, se="se_if_ddof1", ci="_if_ddof1"
    )
    for target in TARGETS:
        means = augmented_hajek_means(*data, family=family, target=target)
        numbers.put(target, "AIPW-Hajek-augmented", difference(means), se=FULL, ci=FULL[2:])


def cross_fitted(case: Case) -> Numbers:
    """Return cross-fitted AIPW as DoubleML and econml have it: subject i in fold i modulo 5, models without penalty.

    They have one design, that of the propensity model, for all models. The joint outcome model has the arm as a covariate
    and predicts for both arms.
    """
    numbers, n, x = Numbers(), len(case.outcome), case.x_propensity
    observed, fold, learner = np.ones(n, dtype=bool), np.arange(n) % 5, Unpenalised()
    arrays = case.treated, case.outcome, observed
    made = cross_fit(x, x, x, *arrays, fold, learner)
    arm = np.column_stack([case.treated, x])
    joint = np.empty((2, n))
    for one in range(5):
        held = fold == one
        for place, value in enumerate((1.0, 0.0)):
            new = np.column_stack([np.full(held.sum(), value), x[held]])
            joint[place, held] = learner.means(arm[~held], case.outcome[~held], new)
    both = replace(made, treated=joint[0], control=joint[1])
    targets: tuple[tuple[str, Nuisance, Literal["ATE", "ATT"]], ...] = (
        ("AIPW cross-fitted", made, "ATE"),
        ("AIPW cross-fitted", made, "ATT"),
        ("AIPW cross-fitted(joint outcome model)", both, "ATE"),
    )
    for name, nuisance, target in targets:
        found = difference(cross_fitted_means(*arrays, nuisance, target=target))
        ddof = 1 if target == "ATE" else 0
        plain = replace(found, standard_error=found.standard_error * np.sqrt((n - ddof) / n))
        numbers.put(target, name, plain, se="se_ddof0", ci="_ddof0")
        numbers.put(target, name, found, se=f"se_ddof{ddof}", ci=f"_ddof{ddof}", only_spread=True)
    return numbers


def _targeted(numbers: Numbers, case: Case, fit: LogisticFit, family: Family) -> None:
    data, n = (case.x_outcome, case.treated, case.outcome, fit), len(case.outcome)
    default = 5 / np.sqrt(n) / np.log(n)
    for variant, bound in (("default gbound", default), ("no truncation", 0.0)):
        found = targeted(*data, family=family, bound=bound)
        numbers.put("ATE", "TMLE", found.difference, variant=R_TMLE + variant)
    original = targeted(*data, family=family, fluctuation="covariate")
    numbers.put("ATE", "TMLE", original.difference, variant=ZEPID_TMLE)


def _matching(numbers: Numbers, case: Case, fit: LogisticFit) -> None:
    position = matching_distance(fit.fitted)
    targets: tuple[Literal["ATE", "ATT"], ...] = ("ATE", "ATT")
    for target in targets:
        for suffix, tolerance in ((" (exact ties only)", 0.0), ("", MATCHING_TIES)):
            found = match_with_replacement(
                case.treated, case.outcome, position, target=target, tie_tolerance=tolerance
            )
            numbers.put(target, f"PS matching 1:1 with replacement{suffix}", found.estimate)
