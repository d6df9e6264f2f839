"""The core's own numbers for the topic of survival, and why some rows have none."""

import csv
import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from medicore.records.delivery.xport import read_xport
from medicore.stats.effect.estimate import Estimate
from medicore.stats.models.linear import fit_linear
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.survival.aalen_johansen import aalen_johansen
from medicore.stats.survival.augmented_survival import (
    Kind,
    SurvivalResult,
    augmented_survival,
    fit_survival_models,
)
from medicore.stats.survival.cox import CoxFit, Ties, fit_cox
from medicore.stats.survival.curve_influence import Summary
from medicore.stats.survival.kaplan_meier import SurvivalCurve, kaplan_meier
from medicore.stats.survival.log_rank import log_rank
from medicore.stats.survival.pseudo_observations import pseudo_observations
from tests.reference.reference import FOLDER
from tests.reference.second_set import TopicRow

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

TIED = "riskRegression 2022.11.28 alone, refuted: it takes {} (test_survival_refuted.py)"
LEFT_OUT: tuple[tuple[str, Callable[[TopicRow], bool]], ...] = (
    ("Gray's test of subdistribution hazards is not offered", lambda row: row.estimator == "Gray test"),
    (
        "cmprsk's variance of cumulative incidence is not offered: the infinitesimal jackknife of R's survival is compared",
        lambda row: row.estimator == "Aalen-Johansen cmprsk",
    ),
    (
        TIED.format("a tied time of censoring several times"),
        lambda row: row.estimator == "ate AIPTW",
    ),
    (
        TIED.format("tied events for one in the compensator of its standard errors"),
        lambda row: row.estimator in ("ate GFORMULA", "ate IPTW") and row.quantity.startswith("se_"),
    ),
)


@dataclass(frozen=True)
class Followed:
    """A data set: follow-up time, event, arm, covariates ``(n, p)``, and the coded status where events compete."""

    time: Vector
    event: Flags
    treated: Flags
    x: Vector
    status: Vector

    def arm(self, name: str) -> Flags:
        """Return who belongs to arm A0 or A1."""
        return self.treated if name == "1" else ~self.treated

    @property
    def joint(self) -> Vector:
        """The arm and the covariates."""
        return np.column_stack([self.treated, self.x]).astype(np.float64)

    @property
    def weights(self) -> Vector:
        """The inverse probability weights of everybody's own arm."""
        score = fit_logistic(self.x, self.treated).fitted
        return np.where(self.treated, 1 / score, 1 / (1 - score))


def reason(row: TopicRow) -> str:
    """Return why the row is left out; empty for a row that must be reproduced."""
    return next((text for text, applies in LEFT_OUT if applies(row)), "")


@cache
def followed(case: str) -> Followed:
    """Return the data of a case."""
    if case == "cdisc_adtte_high":
        return _cdisc()
    file = FOLDER / "v2" / "data" / f"surv_{case.removesuffix('_cr')}.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    columns = {name: np.array([float(record[name]) for record in records]) for name in records[0]}
    covariates = [name for name in columns if name not in ("time", "status", "event", "A")]
    return Followed(
        columns["time"],
        columns["event"] == 1,
        columns["A"] == 1,
        np.column_stack([columns[name] for name in covariates]),
        columns.get("status", columns["event"]),
    )


def _cdisc() -> Followed:
    (described,) = read_xport((FOLDER / "cdisc" / "adtte.xpt").read_bytes(), "adtte.xpt").values()
    table = described.table
    arm = np.array(table.column("TRTA"))
    kept = np.isin(arm, ("Placebo", "Xanomeline High Dose"))
    time, censored = (np.array(table.column(name), dtype=np.float64)[kept] for name in ("AVAL", "CNSR"))
    treated = arm[kept] == "Xanomeline High Dose"
    return Followed(time, censored == 0, treated, np.zeros((len(time), 0)), censored)


def computed(row: TopicRow) -> float:
    """Return the core's own number for a row."""
    data = followed(row.case)
    name, _, variant = row.estimator.partition(" ")
    parts: Mapping[str, Callable[[], float]] = {
        "Kaplan-Meier": lambda: _curve(data, row, variant),
        "RMST": lambda: _restricted_mean(data, row.quantity),
        "log-rank": lambda: log_rank(data.treated, data.time, data.event).statistic,
        "Cox": lambda: _cox(row.case, variant, row.quantity),
        "Aalen-Johansen": lambda: _incidence(data, row.quantity),
        "ate": lambda: _ate(row.case, variant, row.quantity),
        "pseudo-observation": lambda: _pseudo(data, variant, row.quantity),
    }
    return parts[name]()


def _curve(data: Followed, row: TopicRow, variant: str) -> float:
    if row.quantity.startswith("events_"):
        return float(data.event[data.arm(row.quantity[-1])].sum())
    if row.quantity.startswith("median_"):
        return _arm_curve(data, row.quantity[-1]).median
    kind, arm, time = re.fullmatch(r"(\w+)_A(\d)_t(\d+)", row.quantity).groups()  # type: ignore[union-attr]
    curve, at = _arm_curve(data, arm, data.weights if variant == "IPTW" else None), float(time)
    return {
        "S": lambda: curve.at(at),
        "se": lambda: curve.standard_error(at),
        "ci_low_loglog": lambda: curve.interval(at, 0.95)[0],
        "ci_high_loglog": lambda: curve.interval(at, 0.95)[1],
        "ci_low_log": lambda: curve.interval(at, 0.95, "log")[0],
    }[kind]()


def _arm_curve(data: Followed, arm: str, weights: Vector | None = None) -> SurvivalCurve:
    inside = data.arm(arm)
    return kaplan_meier(data.time[inside], data.event[inside], None if weights is None else weights[inside])


def _restricted_mean(data: Followed, quantity: str) -> float:
    name, tau = quantity.rsplit("_tau", 1)
    horizon = float(tau)
    curves = {arm: _arm_curve(data, arm) for arm in "10"}
    means = {arm: curve.restricted_mean(horizon) for arm, curve in curves.items()}
    errors = {arm: curve.restricted_mean_error(horizon) for arm, curve in curves.items()}
    if name.startswith(("rmst_", "se_")):
        return (errors if name.startswith("se_") else means)[name[-1]]
    found = Estimate("", "", means["1"] - means["0"], float(np.hypot(errors["1"], errors["0"])), "", 0)
    low, high = found.interval(0.95)
    return {
        "difference": found.value,
        "difference_ci_low": low,
        "difference_ci_high": high,
        "difference_p": found.p_value,
    }[name]


@cache
def _fit(case: str, variant: str) -> CoxFit:
    data = followed(case)
    kind, ties = variant.split(" ")
    method: Ties = "efron" if ties == "efron" else "breslow"
    weights = data.weights if kind == "IPTW" else None
    x = data.joint if kind == "adjusted" else data.joint[:, :1]
    return fit_cox(x, data.time, data.event, weights, ties=method)


def _cox(case: str, variant: str, quantity: str) -> float:
    fit = _fit(case, variant)
    return {
        "coef_A": float(fit.coefficients[0]),
        "se_A": float(fit.standard_errors[0]),
        "se_robust_A": float(fit.robust_errors[0]),
        "loglik": fit.log_likelihood,
    }[quantity]


def _incidence(data: Followed, quantity: str) -> float:
    kind, event, arm, time = re.fullmatch(r"(cif|se)_(\w+)_A(\d)_t(\d+)", quantity).groups()  # type: ignore[union-attr]
    inside, code = data.arm(arm), {"transplant": 1, "death": 2}[event]
    status = data.status[inside]
    found = aalen_johansen(data.time[inside], status == code, status == 3 - code, float(time))
    return found.value if kind == "cif" else found.standard_error


@cache
def joint_models(case: str, kind: Kind, horizon: float) -> SurvivalResult:
    """Return the survival of both arms by hazard models with the arm as a covariate, as riskRegression has them."""
    data = followed(case)
    models = fit_survival_models(data.x, data.x, data.treated, data.time, data.event, "joint")
    scores = fit_logistic(data.x, data.treated)
    return augmented_survival(
        data.treated, data.time, data.event, scores, models, horizon=horizon, summary="survival", kind=kind
    )


def _ate(case: str, variant: str, quantity: str) -> float:
    kinds: dict[str, Kind] = {"GFORMULA": "models", "IPTW": "weights"}
    name, horizon = quantity.rsplit("_t", 1)
    means = joint_models(case, kinds[variant], float(horizon)).means
    return {
        "risk_A1": 1 - means.treated,
        "risk_A0": 1 - means.control,
        "riskdiff": means.control - means.treated,
    }[name]


def _pseudo(data: Followed, variant: str, quantity: str) -> float:
    summary: Summary = "restricted mean" if variant.startswith("RMST") else "survival"
    name, horizon = re.fullmatch(r"(\w+)_A_t(?:au)?(\d+)", quantity).groups()  # type: ignore[union-attr]
    values = pseudo_observations(data.time, data.event, float(horizon), summary)
    outcome = values if summary == "restricted mean" else 1 - values
    fit = fit_linear(data.joint if variant.endswith(" adjusted") else data.joint[:, :1], outcome)
    return float(fit.coefficients[1] if name == "coef" else fit.standard_errors("HC3")[1])
