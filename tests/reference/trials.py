"""Randomised trials and published tables, under the reference's names."""

from collections.abc import Callable

import numpy as np

from medicore.stats.balance.weights import balancing_weights
from medicore.stats.effect.ancova import ancova
from medicore.stats.effect.contrasts import (
    ArmMeans,
    difference,
    log_odds_ratio,
    log_risk_ratio,
    odds_ratio,
    risk_ratio,
)
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.inverse_probability import weighted_means
from medicore.stats.effect.randomised import conditional_means, randomised_means
from medicore.stats.effect.standardisation import standardised_means
from medicore.stats.models.linear import LinearFit, fit_linear
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Family
from tests.reference.numbers import Numbers
from tests.reference.reference import Case, case, numeric, table

MEASURES = {
    "diff": difference,
    "rr": risk_ratio,
    "or": odds_ratio,
    "logrr": log_risk_ratio,
    "logor": log_odds_ratio,
}
Load = Callable[[str], Case]
PLACEBO, LOW, HIGH = 0.0, 54.0, 81.0


def randomised(data: Case) -> Numbers:
    """Return standardisation for randomised trials, as RobinCar2, beeca and the SAS macros compute it."""
    arrays = (data.x_outcome, data.treated, data.outcome)
    numbers = Numbers()
    family: Family = "binomial" if data.family == "binomial" else "gaussian"
    per_arm, joint = (randomised_means(*arrays, family, form) for form in ("per arm", "joint"))
    numbers.put(
        "ATE",
        "g-comp(RCT, T*X)",
        difference(per_arm),
        variant="robin_glm Y ~ T*X, simple randomisation",
    )
    numbers.put(
        "ATE",
        "g-comp(RCT, T+X)",
        difference(joint),
        variant="robin_glm Y ~ T+X (ANCOVA), simple randomisation",
    )
    if family == "binomial":
        model, unadjusted, leverage = (
            conditional_means(*arrays, family, kind) for kind in ("model", "HC0", "HC3")
        )
        logistic = "aval ~ trtp + bl_cov logistic"
        for variant, means in {
            "aval ~ trt + bl_cov logistic; simple randomisation vcovG": joint,
            f"{logistic}; method=Ye type=-": joint,
            f"{logistic}; method=Ge type=model-based": model,
            f"{logistic}; method=Ge type=HC0": unadjusted,
            f"{logistic}; method=Ge type=HC3": leverage,
            f"{logistic}, conditional on X": model,
            logistic: model,
        }.items():
            _measures(numbers, variant, means)
    return numbers


def _measures(numbers: Numbers, variant: str, means: ArmMeans) -> None:
    for name, measure in MEASURES.items():
        numbers.put(f"ATE({name})", "g-comp(joint)", measure(means), variant=variant)


def published_nhefs(data: Case) -> Numbers:
    """Return the figures that What If prints for its chapter 12, in the conventions of its software."""
    numbers = Numbers()
    fit = fit_logistic(data.x_propensity, data.treated)
    arm = data.treated.astype(np.float64)[:, None]
    weighted = fit_linear(arm, data.outcome, balancing_weights(data.treated, fit.fitted))
    stata = _coefficient(weighted, "HC1", float(weighted.degrees_of_freedom + 1))
    numbers.put("ATE", "IPW-Hajek (Stata robust, n/(n-1))", stata)
    gee = _coefficient(weighted, "HC0", None)
    numbers.put("ATE", "IPW-Hajek (GEE robust)", gee)
    numbers.put("ATE", "IPW-Hajek", gee, se="-")
    numbers.put(
        "ATE", "unadjusted", ancova(np.empty((len(arm), 0)), data.treated, data.outcome, covariance="model")
    )
    fixed = weighted_means(data.treated, data.outcome, fit).weights_fixed
    assert abs(difference(fixed).value - gee.value) < 1e-10
    return numbers


def what_if_13(load: Load = case) -> Numbers:
    """Return What If program 13.3: one model with the product of treatment and smoking intensity, standardised."""
    data = load("nhefs_wi")
    product = data.names.index("smokeintensity")

    def design(arm: np.ndarray) -> np.ndarray:
        return np.column_stack([arm, data.x_outcome, arm * data.x_outcome[:, product]])

    fit = fit_linear(design(data.treated.astype(np.float64)), data.outcome)
    means = [float(fit.predict(design(np.full(len(data.outcome), arm))).mean()) for arm in (1.0, 0.0)]
    program = "What If program 13.3: single model with qsmk*smokeintensity"
    numbers = Numbers()
    numbers["E[Y1]", "standardisation", "", "estimate"] = means[0]
    numbers["E[Y0]", "standardisation", "", "estimate"] = means[1]
    for variant in ("", program):
        numbers["ATE", "standardisation", variant, "estimate"] = means[0] - means[1]
    return numbers


def stata_cattaneo(load: Load = case) -> Numbers:
    """Return Stata's regression adjustment of cattaneo2; its other estimators use a probit."""
    data = load("cattaneo2")
    means = standardised_means(data.x_outcome, data.treated, data.outcome)
    numbers = Numbers()
    numbers.put("ATE", "g-comp (RA)", difference(means), se="se_full_mestimation")
    return numbers


def cdisc_primary(_: Load = case) -> Numbers:
    """Return the primary analysis of the CDISC pilot: ANCOVA of the change on treatment, site group and baseline."""
    columns = table("cdisc_adas_wk24_all_arms")
    dose, base, change = numeric(columns, ["TRTPN", "BASE", "CHG"]).T
    sites = sorted(set(columns["SITEGR1"]))[1:]
    site = np.column_stack([[value == name for value in columns["SITEGR1"]] for name in sites])
    adjusted = np.column_stack([site, base])
    numbers = Numbers()
    for name, arm, third in (
        ("Low-Pbo", LOW, HIGH),
        ("High-Pbo", HIGH, LOW),
        ("High-Low", HIGH, PLACEBO),
    ):
        x = np.column_stack([dose == third, adjusted])
        estimate = ancova(x, dose == arm, change, covariance="model")
        for variant in ("", "CHG ~ TRT + SITEGR1 + BASE, t CI"):
            numbers.put(name, "ANCOVA LS mean difference", estimate, variant=variant)
            numbers[name, "ANCOVA LS mean difference", variant, "p_value"] = estimate.p_value
    trend = fit_linear(np.column_stack([dose, adjusted]), change)
    slope = _coefficient(trend, "model", float(trend.degrees_of_freedom)).p_value
    typed = "CHG ~ TRTPN(num) + SITEGR1 + BASE; published p(Dose Response)=0.245"
    numbers["dose-response", "ANCOVA", "", "p_value"] = slope
    numbers["dose-response", "ANCOVA", typed, "p_value_type3"] = slope
    return numbers


def _coefficient(fit: LinearFit, kind: str, freedom: float | None) -> Estimate:
    """Return the first slope of a least-squares fit."""
    error = float(fit.standard_errors(kind)[1])  # type: ignore[arg-type]
    return Estimate(
        "ATE", "least squares", float(fit.coefficients[1]), error, kind, len(fit.residual), freedom
    )
