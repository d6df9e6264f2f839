"""propensity: scores, weights, balance, overlap and negative controls, with the gates that check them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.false_alarm import any_false_alarm_rate
from medicore.stats.balance.overlap import c_statistic, equipoise
from medicore.stats.balance.rerandomisation import false_alarm_rates
from medicore.stats.models.logistic import LogisticFit
from medicore.steps.gate import number, write_section
from medicore.steps.gates.control_gates import control_findings, fired_gates
from medicore.steps.gates.propensity_gates import collinearity_findings, propensity_findings, size_findings
from medicore.steps.models.control_alarms import control_alarm_rates
from medicore.steps.models.controls import control_section
from medicore.steps.models.imputing import IMPUTATION, completed_sets, in_any_set
from medicore.steps.models.naming import named
from medicore.steps.models.scoring import Scored, effective_shares, scored
from medicore.steps.models.terms import Terms, model_terms
from medicore.steps.primaries.combined_weights import combined_weight_findings

_BINS = 40
_AVERAGED = "standard deviations of the unweighted arms, averaged; p(1 - p) for two-valued columns"
_DENOMINATOR = {
    "ATE": _AVERAGED,
    "ATO": _AVERAGED,
    "ATT": "standard deviation of the unweighted treated; p(1 - p) for two-valued columns",
}


def propensity(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Fit the scores, trim as the protocol plans it, compute the weights, and return the findings of the gates.

    Each completed data set has its own scores. The document describes those of the first; the gates check all. Negative
    controls, and weights for observation or censoring, are judged here: while a finding on them is open, no estimate exists.
    Raises EstimationError when a covariate of either model has the same value in all analysed subjects, or when
    trimming empties an arm.
    """
    sets = completed_sets(files.read_table("analysis.parquet"))
    everything = (*protocol.models.propensity, *protocol.models.outcome)
    both = model_terms(protocol, everything, sets[0])
    _require_variance(both)
    judged = both if protocol.inference.scored else model_terms(protocol, protocol.models.outcome, sets[0])
    treated = sets[0]["treated"].to_numpy(dtype=bool)
    designs = [model_terms(protocol, protocol.models.propensity, one) for one in sets]
    all_made = [scored(protocol, design.matrix, treated) for design in designs]
    terms, made = designs[0], all_made[0]
    files.write_table("scores.parquet", _scores(protocol, sets, all_made))
    fit, arm, discarding = made.fit, made.arm, protocol.trimming.method == "discard"
    frames = [one[made.retained] for one in sets]
    controls = control_section(protocol, frames)
    section = {
        **_model_section(fit, terms),
        "target": protocol.estimand.target,
        "c_statistic": c_statistic(arm, fit.fitted),
        "equipoise": equipoise(arm, fit.fitted),
        "score_range": {
            "treated": [float(fit.fitted[arm].min()), float(fit.fitted[arm].max())],
            "control": [float(fit.fitted[~arm].min()), float(fit.fitted[~arm].max())],
        },
        "histogram": _histogram(treated, made.score),
        "trimming": {
            "method": protocol.trimming.method,
            "lower": protocol.trimming.lower if discarding else None,
            "upper": protocol.trimming.upper if discarding else None,
            "discarded": int((~made.retained).sum()),
            "refitted": not bool(made.retained.all()),
        },
        "effective_sample_size": made.effective_sample_size,
        "effective_share": effective_shares(made),
        "largest_weight_share": made.largest_weight_share,
        "balance": balance_section(protocol, terms, made),
        "negative_controls": controls,
    }
    outcome_design = model_terms(protocol, protocol.models.outcome, sets[0]).matrix
    observed = sets[0]["observed"].to_numpy(dtype=bool)
    findings = (
        *size_findings(protocol, made, outcome_design, observed),
        *collinearity_findings(judged),
        *in_any_set(_findings(protocol, designs, all_made)),
        *combined_weight_findings(protocol, frames[0].reset_index(drop=True)),
        *control_findings(protocol, controls, partial(control_alarm_rates, protocol, frames[0], fired_gates)),
    )
    return write_section(files, "propensity", section, findings)


def _scores(protocol: Protocol, sets: Sequence[pd.DataFrame], all_made: Sequence[Scored]) -> pd.DataFrame:
    """Return each subject's score and weight, for each completed data set."""
    subject = protocol.contract.subject
    tables = [
        pd.DataFrame(
            {
                **({IMPUTATION: number} if len(sets) > 1 else {}),
                subject: one[subject].astype(str),
                "score": made.score,
                "weight": made.weights,
                "retained": made.retained,
            }
        )
        for number, (one, made) in enumerate(zip(sets, all_made, strict=True), start=1)
    ]
    return pd.concat(tables, ignore_index=True)


def _findings(
    protocol: Protocol, designs: Sequence[Terms], all_made: Sequence[Scored]
) -> list[tuple[Finding, ...]]:
    """Return the gates' findings in all data sets, with the rate at which each gate fires when arms differ by chance.

    The rate comes from the first data set in which the gate fires.
    """
    found = [
        propensity_findings(protocol, terms.names, made)
        for terms, made in zip(designs, all_made, strict=True)
    ]
    fires = [place for place, findings in enumerate(found) if findings]
    if not fires:
        return [()]
    terms, made = designs[fires[0]], all_made[fires[0]]

    def fired(treated: NDArray[np.bool_]) -> list[str]:
        shuffled = scored(protocol, terms.matrix, treated)
        return [finding.gate for finding in propensity_findings(protocol, terms.names, shuffled)]

    rates = false_alarm_rates(made.treated, fired, seed=protocol.seed)
    return [
        named(
            (replace(finding, false_alarm_rate=rates.get(finding.gate, 0.0)) for finding in findings),
            design,
            one.treated,
            one.first,
        )
        for findings, design, one in zip(found, designs, all_made, strict=True)
    ]


def balance_section(protocol: Protocol, terms: Terms, made: Scored) -> dict[str, Any]:
    """Return the balance table: each term before and after weighting, and the largest |SMD| of each.

    The expected false alarm rate is that of the unweighted sample, under the assumption of independent terms.
    """
    balance, n1, n0 = made.balance, int(made.arm.sum()), int((~made.arm).sum())
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
    limit = protocol.gates.smd
    rate = None if limit is None or min(n1, n0) < 2 else any_false_alarm_rate(limit, n1, n0, len(balance))
    return {
        "threshold": limit,
        "sample": protocol.gates.smd_sample,
        "denominator": _DENOMINATOR[protocol.estimand.target],
        "expected_false_alarm_rate": rate,
        "terms": rows,
        "worst": worst,
    }


def _require_variance(terms: Terms) -> None:
    """Raise EstimationError when all terms of a covariate are constant."""
    for covariate in dict.fromkeys(terms.covariates):
        columns = [index for index, owner in enumerate(terms.covariates) if owner == covariate]
        if float(np.ptp(terms.matrix[:, columns], axis=0).max()) == 0:
            raise EstimationError(
                f"covariate {covariate!r} has one and the same value in every analysed subject; "
                "remove it from the models, or look at eligibility and source"
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


def _histogram(treated: NDArray[np.bool_], score: NDArray[np.float64]) -> dict[str, Any]:
    edges = np.linspace(0, 1, _BINS + 1)
    return {
        "edges": [round(float(edge), 6) for edge in edges],
        "treated": np.histogram(score[treated], edges)[0].tolist(),
        "control": np.histogram(score[~treated], edges)[0].tolist(),
    }
