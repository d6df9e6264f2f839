"""Repeated visits: the mixed model for repeated measures, and the last visit completed by conditional means."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import DataError, EstimationError
from medicore.records.protocol.outcome import Visits
from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import Effect
from medicore.stats.repeated.completed_visits import RULES, completed_effects
from medicore.stats.repeated.mixed_contrasts import contrast
from medicore.stats.repeated.mixed_model import MixedFit, fit_mixed
from medicore.stats.repeated.verification_mixed import verify_mixed
from medicore.steps.models.sample import nothing, row
from medicore.steps.models.visit_sample import Visited, visited
from medicore.steps.primaries.primary import verification_section

Vector = NDArray[np.float64]
Rows = list[dict[str, Any]]

_MIXED = "MMRM over visits"
_COMPLETED = {rule: f"Visits completed {'' if rule == 'at random' else 'by '}{rule}" for rule in RULES}


def repeated_visits(
    protocol: Protocol, extract: pd.DataFrame, disposition: pd.DataFrame
) -> tuple[Rows, dict[str, Any] | None]:
    """Return the sensitivity rows of the declared visits, and the part ``visits`` of the section; nothing without visits.

    The mixed model is of all randomised arms, as they share the covariance. Where a compared subject lacks the last visit, rows
    follow in which it is completed by conditional means over the visits, under each rule. What cannot be estimated says why.
    Where the mixed model is the primary estimator it has no row of its own.
    The rows of ``disposition`` and ``extract`` have the same order.
    """
    plan = protocol.outcome.visits
    if plan is None:
        return [], None
    try:
        subjects = visited(protocol, plan, extract, disposition)
        fit = fit_mixed(subjects.design(), subjects.outcome, restricted=plan.likelihood == "restricted")
        section = _section(protocol, plan, subjects, fit)
    except (DataError, EstimationError) as error:
        reason = nothing(_MIXED, str(error))
        return [reason], _empty(plan, reason["note"])
    if protocol.inference.mixed:
        return _completed(protocol, subjects), section
    last = _estimate(plan, subjects, fit, len(plan.columns) - 1)
    made = row(protocol, _MIXED, [last], lambda one: Effect("difference", one))
    return [{**made, "note": _whom(subjects)}, *_completed(protocol, subjects)], section


def _completed(protocol: Protocol, subjects: Visited) -> Rows:
    sample = subjects.contrast()
    missing = int(np.isnan(sample.outcome[:, -1]).sum())
    if not missing:
        return []
    try:
        found = completed_effects(sample, fit_mixed(sample.design, sample.outcome))
    except EstimationError as error:
        return [nothing(_COMPLETED[rule], str(error)) for rule in RULES]
    told = f"{missing} without the last visit, at their conditional means; interval over repeated samples"
    return [
        {
            **row(protocol, _COMPLETED[rule], [found[rule]], lambda one: Effect("difference", one)),
            "note": told,
        }
        for rule in RULES
    ]


def _estimate(plan: Visits, subjects: Visited, fit: MixedFit, visit: int) -> Estimate:
    return contrast(fit, _weights(subjects, fit, visit), plan.degrees_of_freedom)


def _weights(subjects: Visited, fit: MixedFit, visit: int) -> Vector:
    weights = np.zeros(len(fit.coefficients))
    weights[subjects.outcome.shape[1] + visit] = 1.0
    return weights


def _section(protocol: Protocol, plan: Visits, subjects: Visited, fit: MixedFit) -> dict[str, Any]:
    """Return the part ``visits``: the arms at every visit, the covariance, and the second implementation."""
    treated, control = subjects.treated, subjects.compared & ~subjects.treated
    seen = ~np.isnan(subjects.outcome)
    spread = np.sqrt(fit.covariance.diagonal())
    correlations = fit.covariance / np.outer(spread, spread)
    last = _weights(subjects, fit, len(plan.columns) - 1)
    second = verify_mixed(
        subjects.design(), subjects.outcome, last, restricted=plan.likelihood == "restricted"
    )
    rows = []
    for visit, name in enumerate(plan.columns):
        found = _estimate(plan, subjects, fit, visit)
        low, high = found.interval(protocol.inference.level)
        mean = float(fit.coefficients[visit])
        rows.append(
            {
                "visit": name,
                "treated": int(seen[treated, visit].sum()),
                "control": int(seen[control, visit].sum()),
                "mean_treated": mean + found.value,
                "mean_control": mean,
                "estimate": found.value,
                "standard_error": found.standard_error,
                "degrees_of_freedom": found.degrees_of_freedom,
                "ci_low": low,
                "ci_high": high,
                "p_value": found.p_value,
            }
        )
    return {
        **_empty(plan, ""),
        "subjects": fit.subjects,
        "arms": 1 + subjects.arms.shape[1],
        "log_likelihood": fit.likelihood.value,
        "steps": fit.steps,
        "rows": rows,
        "covariance": [
            {"visit": name, "sd": float(spread[visit]), "correlations": correlations[visit].tolist()}
            for visit, name in enumerate(plan.columns)
        ],
        "verification": verification_section(second, contrast(fit, last, "satterthwaite")),
    }


def _empty(plan: Visits, note: str) -> dict[str, Any]:
    return {
        "likelihood": plan.likelihood,
        "degrees_of_freedom": plan.degrees_of_freedom,
        "by_visit": list(plan.by_visit),
        "subjects": None,
        "arms": None,
        "log_likelihood": None,
        "steps": None,
        "rows": [],
        "covariance": [],
        "verification": None,
        "note": note,
    }


def _whom(subjects: Visited) -> str:
    others = int((~subjects.compared).sum())
    told = f"subjects with a visit or more; {len(subjects.outcome[0])} visits"
    return f"{told}; {others} of them in arms outside the contrast" if others else told
