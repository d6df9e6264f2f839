"""propensity: scores, weights, balance and overlap, with the gates that watch them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.finding import Finding
from medicore.records.protocol import Protocol
from medicore.stats.balance import TermBalance, standardised_mean_differences
from medicore.stats.logistic import LogisticFit, fit_logistic
from medicore.stats.overlap import c_statistic, equipoise, within
from medicore.stats.weights import balancing_weights, effective_sample_size, largest_share
from medicore.steps.gate import number, write_section
from medicore.steps.gates import balance_findings, model_findings, weight_findings
from medicore.steps.ports import RecordFiles
from medicore.steps.terms import Terms, model_terms

_BINS = 40


def propensity(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Fit the scores, trim as the protocol says, weight, and return what the gates find.

    Raises EstimationError when a covariate of either model does not vary among the analysed subjects, and when
    trimming leaves nobody in an arm.
    """
    analysis = files.read_table("analysis.parquet")
    terms = model_terms(protocol, protocol.models.propensity, analysis)
    everything = (*protocol.models.propensity, *protocol.models.outcome)
    _require_variance(model_terms(protocol, everything, analysis))
    treated = analysis["treated"].to_numpy(dtype=bool)
    first = fit_logistic(terms.matrix, treated)
    retained = np.ones(len(treated), dtype=bool)
    if protocol.trimming.method == "discard":
        retained = within(first.fitted, protocol.trimming.lower, protocol.trimming.upper)
        _require_both_arms(treated[retained])
    refitted = not bool(retained.all())
    fit = fit_logistic(terms.matrix[retained], treated[retained]) if refitted else first
    score = first.fitted.copy()
    score[retained] = fit.fitted
    with np.errstate(
        divide="ignore"
    ):  # a separated model gives scores of 1, and so 1/(1 - e) to the arm it is not for
        weights = np.where(retained, balancing_weights(treated, score), 0.0)
    _require_finite(weights)
    files.write_table(
        "scores.parquet",
        pd.DataFrame(
            {
                protocol.contract.subject: analysis[protocol.contract.subject].astype(str),
                "score": score,
                "weight": weights,
                "retained": retained,
            }
        ),
    )
    arm, kept_weights = treated[retained], weights[retained]
    balance = standardised_mean_differences(terms.matrix[retained], arm, kept_weights)
    costs = {
        "effective_sample_size": _by_arm(arm, kept_weights, effective_sample_size),
        "largest_weight_share": _by_arm(arm, kept_weights, largest_share),
    }
    section = {
        **_model_section(fit, terms),
        "c_statistic": c_statistic(arm, fit.fitted),
        "equipoise": equipoise(arm, fit.fitted),
        "score_range": {
            "treated": [float(fit.fitted[arm].min()), float(fit.fitted[arm].max())],
            "control": [float(fit.fitted[~arm].min()), float(fit.fitted[~arm].max())],
        },
        "histogram": _histogram(treated, score),
        "trimming": {
            "method": protocol.trimming.method,
            "lower": protocol.trimming.lower if protocol.trimming.method == "discard" else None,
            "upper": protocol.trimming.upper if protocol.trimming.method == "discard" else None,
            "discarded": int((~retained).sum()),
            "refitted": refitted,
        },
        **costs,
        "balance": balance_section(protocol, terms, balance),
    }
    findings = (
        *model_findings(protocol, first),
        *weight_findings(protocol, section, arm),
        *balance_findings(protocol, section["balance"], arm),
    )
    return write_section(files, "propensity", section, findings)


def balance_section(protocol: Protocol, terms: Terms, balance: tuple[TermBalance, ...]) -> dict[str, Any]:
    """Return the balance table: each term before and after weighting, and the worst of each."""
    rows = [
        {
            "term": name,
            "smd_unweighted": number(term.smd_unweighted),
            "smd_weighted": number(term.smd_weighted),
            "variance_ratio_unweighted": number(term.variance_ratio_unweighted),
            "variance_ratio_weighted": number(term.variance_ratio_weighted),
        }
        for name, term in zip(terms.names, balance, strict=True)
    ]
    worst = {}
    for sample in ("unweighted", "weighted"):
        sizes = [abs(getattr(term, f"smd_{sample}")) for term in balance]
        place = int(np.argmax(sizes))
        worst[sample] = {"term": terms.names[place], "smd": number(sizes[place])}
    return {
        "threshold": protocol.gates.smd,
        "sample": protocol.gates.smd_sample,
        "denominator": "standard deviations of the unweighted arms, averaged; p(1 - p) for two-valued columns",
        "terms": rows,
        "worst": worst,
    }


def _require_variance(terms: Terms) -> None:
    """Raise EstimationError when no term of a covariate varies."""
    for covariate in dict.fromkeys(terms.covariates):
        columns = [index for index, owner in enumerate(terms.covariates) if owner == covariate]
        if float(np.ptp(terms.matrix[:, columns], axis=0).max()) == 0:
            raise EstimationError(
                f"covariate {covariate!r} has one and the same value in every analysed subject; "
                "remove it from the models, or look at eligibility and source"
            )


def _require_both_arms(treated: NDArray[np.bool_]) -> None:
    """Raise EstimationError when trimming leaves nobody in an arm."""
    for arm, size in (("treated", int(treated.sum())), ("control", int((~treated).sum()))):
        if size == 0:
            raise EstimationError(
                f"trimming leaves no {arm} subject, so there is nothing to compare; widen the trimming limits, "
                "or simplify the propensity model"
            )


def _require_finite(weights: NDArray[np.float64]) -> None:
    """Raise EstimationError when a subject's own arm was held impossible."""
    infinite = int((~np.isfinite(weights)).sum())
    if infinite:
        raise EstimationError(
            f"{infinite} subject(s) have a propensity score of 0 for the arm they are in, so they have no weight; "
            "simplify the propensity model"
        )


def _model_section(fit: LogisticFit, terms: Terms) -> dict[str, Any]:
    names = ("(Intercept)", *terms.names)
    aliased = [terms.names[index] for index in fit.aliased]
    return {
        "coefficients": [
            {"term": name, "estimate": float(value), "standard_error": float(error)}
            for name, value, error in zip(names, fit.coefficients, fit.standard_errors, strict=True)
            if name not in aliased
        ],
        "converged": fit.converged,
        "iterations": fit.iterations,
        "separated": fit.separated,
        "aliased": aliased,
        "log_likelihood": fit.log_likelihood,
    }


def _by_arm(
    treated: NDArray[np.bool_],
    weights: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], float],
) -> dict[str, float]:
    return {"treated": statistic(weights[treated]), "control": statistic(weights[~treated])}


def _histogram(treated: NDArray[np.bool_], score: NDArray[np.float64]) -> dict[str, Any]:
    edges = np.linspace(0, 1, _BINS + 1)
    return {
        "edges": [round(float(edge), 6) for edge in edges],
        "treated": np.histogram(score[treated], edges)[0].tolist(),
        "control": np.histogram(score[~treated], edges)[0].tolist(),
    }
