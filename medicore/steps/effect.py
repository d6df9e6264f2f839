"""effect: the primary estimate, its standard errors, its bootstrap, and its second implementation."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.finding import Finding
from medicore.records.protocol import Protocol
from medicore.stats.augmented import augmented_inverse_probability
from medicore.stats.bootstrap import bootstrap_aipw
from medicore.stats.bootstrap_result import BootstrapResult
from medicore.stats.logistic import LogisticFit, fit_logistic
from medicore.stats.verification import TOLERANCE, Verification, verify_aipw
from medicore.steps.gate import write_section
from medicore.steps.gates import effect_findings
from medicore.steps.ports import RecordFiles
from medicore.steps.terms import model_terms

_ROUNDING = 1e-10
"""A standard error of at most this share of the largest outcome is 0, and a ratio to it means nothing."""


def effect(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Estimate the average treatment effect by AIPW on the retained subjects, and have it confirmed."""
    analysis, retained = analysed(files)
    primary = estimate_primary(protocol, analysis[retained])
    return write_section(files, "effect", {"primary": primary}, effect_findings(protocol, primary))


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


def estimate_primary(protocol: Protocol, analysis: pd.DataFrame) -> dict[str, Any]:
    """Return the primary result as ``results.json`` holds it.

    Raises EstimationError when the outcome leaves nothing to estimate: one value for everyone, or no residual
    variance; and when bootstrap or second implementation find no number at all.
    """
    x_propensity = model_terms(protocol, protocol.models.propensity, analysis).matrix
    x_outcome = model_terms(protocol, protocol.models.outcome, analysis).matrix
    treated = analysis["treated"].to_numpy(dtype=bool)
    outcome = analysis["outcome"].to_numpy(dtype=np.float64)
    level = protocol.inference.level
    family = protocol.outcome.family
    fit = fit_scores(x_propensity, treated)
    result = augmented_inverse_probability(x_outcome, treated, outcome, fit, family=family)
    chosen = result.influence_function
    _require_variance(protocol, outcome, chosen.standard_error)
    replicated = bootstrap_aipw(
        x_propensity,
        x_outcome,
        treated,
        outcome,
        replicates=protocol.inference.replicates,
        seed=protocol.seed,
        family=family,
    )
    with np.errstate(divide="ignore", invalid="ignore"):  # what comes of a separated model is judged below
        second = verify_aipw(x_propensity, x_outcome, treated, outcome, family=family)
    _require_numbers(replicated, second)
    low, high = chosen.interval(level)
    bootstrap_low, bootstrap_high = replicated.interval(level, protocol.inference.interval)
    return {
        "estimand": chosen.estimand if protocol.trimming.method == "none" else f"{chosen.estimand} (trimmed)",
        "estimator": chosen.estimator,
        "measure": "risk difference" if family == "binomial" else "difference of means",
        "estimate": chosen.value,
        "standard_error": chosen.standard_error,
        "variance": chosen.variance,
        "ci_low": low,
        "ci_high": high,
        "level": level,
        "p_value": chosen.p_value,
        "n": chosen.n,
        "unit": protocol.outcome.unit,
        "mean_treated": result.mean_treated,
        "mean_control": result.mean_control,
        "standard_errors": {
            "influence": chosen.standard_error,
            "sandwich": result.sandwich.standard_error,
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
            "estimate": second.value,
            "standard_error": second.standard_error,
            "library": second.library,
            "route": second.route,
            "relative_difference": second.relative_difference(chosen.value, chosen.standard_error),
            "tolerance": TOLERANCE,
        },
    }


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
