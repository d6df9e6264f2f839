"""effect: the primary estimate, its standard errors, its bootstrap, and its second implementation."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.finding import Finding
from medicore.records.protocol import Protocol
from medicore.stats.bootstrap_measure import measured
from medicore.stats.bootstrap_result import BootstrapResult
from medicore.stats.bootstrap_targets import bootstrap_effect
from medicore.stats.doubly_robust import doubly_robust
from medicore.stats.estimate import Estimate
from medicore.stats.logistic import LogisticFit, fit_logistic
from medicore.stats.measures import effect_of, no_effect, presented, scale_of
from medicore.stats.outcome_model import OutcomeModel
from medicore.stats.verification import TOLERANCE, Verification, verify_effect
from medicore.steps.change import change_since
from medicore.steps.effect_gates import change_findings, effect_findings, outcome_model_findings
from medicore.steps.gate import write_section
from medicore.steps.ports import RecordFiles
from medicore.steps.terms import model_terms

_ROUNDING = 1e-10
"""A standard error of at most this share of the largest outcome is 0, and a ratio to it means nothing."""


def effect(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Estimate the primary effect on the retained subjects, have it confirmed, and hold it against last month's."""
    analysis, retained = analysed(files)
    primary, models = estimate_primary(protocol, analysis[retained])
    change = change_since(files, primary)
    findings = (
        *outcome_model_findings(models),
        *effect_findings(protocol, primary),
        *change_findings(protocol, change),
    )
    return write_section(files, "effect", {"primary": primary, "change": change}, findings)


def analysed(files: RecordFiles) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return the analysis set and which of its subjects trimming retained, ``(n,)`` bool."""
    scores = files.read_table("scores.parquet")
    return files.read_table("analysis.parquet"), scores["retained"].to_numpy(dtype=bool)


def fit_scores(x: NDArray[np.float64], treated: NDArray[np.bool_]) -> LogisticFit:
    """Return the propensity model of ``treated``, ``(n,)`` bool, on the design ``x``, ``(n, p)``.

    Raises EstimationError when a score is 0 or 1, so that no weight exists for the arm that was impossible.
    """
    fit = fit_logistic(x, treated)
    certain = int(((fit.fitted == 0) | (fit.fitted == 1)).sum())
    if certain:
        raise EstimationError(
            f"{certain} subject(s) have a propensity score of exactly 0 or 1, so the arms cannot be compared; "
            "simplify the propensity model"
        )
    return fit


def estimate_primary(
    protocol: Protocol, analysis: pd.DataFrame
) -> tuple[dict[str, Any], tuple[OutcomeModel, OutcomeModel]]:
    """Return the primary result as ``results.json`` holds it, and the outcome models under treatment and control.

    Raises EstimationError when the outcome leaves nothing to estimate: one value for everyone, or no residual
    variance; and when bootstrap or second implementation find no number at all.
    """
    x_propensity = model_terms(protocol, protocol.models.propensity, analysis).matrix
    x_outcome = model_terms(protocol, protocol.models.outcome, analysis).matrix
    treated = analysis["treated"].to_numpy(dtype=bool)
    outcome = analysis["outcome"].to_numpy(dtype=np.float64)
    level, family = protocol.inference.level, protocol.outcome.family
    target, measure = protocol.estimand.target, protocol.estimand.measure
    fit = fit_scores(x_propensity, treated)
    result = doubly_robust(x_outcome, treated, outcome, fit, family=family, target=target)
    _require_variance(protocol, outcome, result.influence_function.standard_error)
    found = effect_of(result.means, measure)
    chosen = found.inference
    replicated = measured(
        bootstrap_effect(
            x_propensity,
            x_outcome,
            treated,
            outcome,
            replicates=protocol.inference.replicates,
            seed=protocol.seed,
            family=family,
            target=target,
        ),
        result.stacked,
        measure,
    )
    with np.errstate(divide="ignore", invalid="ignore"):  # what comes of a separated model is judged below
        second = verify_effect(
            x_propensity, x_outcome, treated, outcome, family=family, target=target, measure=measure
        )
    _require_numbers(replicated, second)
    low, high = found.interval(level)
    ends = replicated.interval(level, protocol.inference.interval)
    bootstrap_low, bootstrap_high = (presented(end, measure) for end in ends)
    primary = {
        "estimand": found.estimand if protocol.trimming.method == "none" else f"{found.estimand} (trimmed)",
        "estimator": chosen.estimator,
        "measure": measure_name(protocol),
        "scale": scale_of(measure),
        "null": no_effect(measure),
        "estimate": found.value,
        "standard_error": chosen.standard_error,
        "variance": chosen.variance,
        "ci_low": low,
        "ci_high": high,
        "level": level,
        "p_value": chosen.p_value,
        "n": chosen.n,
        "unit": protocol.outcome.unit if measure == "difference" else "",
        "mean_treated": result.mean_treated,
        "mean_control": result.mean_control,
        "absolute_difference": _absolute(result.influence_function, level),
        "standard_errors": {
            "influence": chosen.standard_error,
            "sandwich": effect_of(result.stacked, measure).inference.standard_error,
            "bootstrap": replicated.standard_error,
        },
        "bootstrap": {
            "replicates": replicated.replicates,
            "failed": dict(replicated.failed),
            "seed": replicated.seed,
            "interval": protocol.inference.interval,
            "standard_error": replicated.standard_error,
            "ci_low": bootstrap_low,
            "ci_high": bootstrap_high,
        },
        "verification": {
            "estimate": presented(second.value, measure),
            "standard_error": second.standard_error,
            "library": second.library,
            "route": second.route,
            "relative_difference": second.relative_difference(chosen.value, chosen.standard_error),
            "tolerance": TOLERANCE,
        },
    }
    return primary, result.models


def _absolute(difference: Estimate, level: float) -> dict[str, float]:
    """Return the difference of the arms' means, which stands beside a ratio (CONSORT 2010, item 17b)."""
    low, high = difference.interval(level)
    return {
        "estimate": difference.value,
        "standard_error": difference.standard_error,
        "ci_low": low,
        "ci_high": high,
    }


def measure_name(protocol: Protocol) -> str:
    """Return the measure of the effect as tables name it."""
    if protocol.estimand.measure != "difference":
        return protocol.estimand.measure
    return "risk difference" if protocol.outcome.type == "binary" else "difference of means"


def _require_variance(protocol: Protocol, outcome: NDArray[np.float64], standard_error: float) -> None:
    """Raise EstimationError when the outcome is constant, or explained to the last digit."""
    column = protocol.outcome.column
    if float(np.ptp(outcome)) == 0:
        raise EstimationError(
            f"outcome {column!r} has one and the same value in every analysed subject, so there is nothing to "
            "compare; check the column and its coding"
        )
    if not standard_error > _ROUNDING * float(np.abs(outcome).max()):
        raise EstimationError(
            f"outcome {column!r} has no variance beside arm and covariates, so its effect has no standard error; "
            "check that it is measured and not computed from them"
        )


def _require_numbers(replicated: BootstrapResult, second: Verification) -> None:
    """Raise EstimationError when there is no bootstrap distribution, or no second estimate."""
    if len(replicated.estimates) < 2:
        raise EstimationError(
            f"{len(replicated.estimates)} of {replicated.replicates} bootstrap replicates could be estimated; "
            "expected two or more; simplify the models"
        )
    if not (np.isfinite(second.value) and np.isfinite(second.standard_error)):
        raise EstimationError(
            "the second implementation finds no finite estimate, as where the propensity model separates the arms; "
            "simplify the propensity model"
        )
