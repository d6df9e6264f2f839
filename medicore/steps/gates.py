"""The gates of the propensity and effect steps: thresholds of the protocol held against statistics."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medicore.records.finding import Finding
from medicore.records.protocol import Protocol
from medicore.stats.false_alarm import any_false_alarm_rate
from medicore.stats.logistic import LogisticFit
from medicore.steps.gate import shown


def model_findings(protocol: Protocol, fit: LogisticFit) -> Iterator[Finding]:
    """Yield findings about the propensity model: convergence, separation, overlap, trimmed share."""
    gates = protocol.gates
    if not fit.converged:
        yield Finding(
            "propensity", "convergence", "propensity model", "not converged", "converged",
            f"the propensity model did not converge in {fit.iterations} iterations; simplify it",
            overridable=False,
        )  # fmt: skip
    if fit.separated:
        yield Finding(
            "propensity", "separation", "propensity model", "separated", "none",
            "the covariates predict treatment perfectly for some subjects (separation); their weights mean nothing",
        )  # fmt: skip
    low, high = float(fit.fitted.min()), float(fit.fitted.max())
    if protocol.trimming.method == "none" and (low <= gates.score_lower or high >= gates.score_upper):
        outside = int(((fit.fitted <= gates.score_lower) | (fit.fitted >= gates.score_upper)).sum())
        yield Finding(
            "propensity", "overlap", "propensity score", f"{shown(low)} to {shown(high)}",
            f"{shown(gates.score_lower)} to {shown(gates.score_upper)}",
            f"{outside} subject(s) have a propensity score at or beyond the limits {shown(gates.score_lower)} and "
            f"{shown(gates.score_upper)}",
        )  # fmt: skip
    if protocol.trimming.method == "discard":
        outside = int(((fit.fitted < protocol.trimming.lower) | (fit.fitted > protocol.trimming.upper)).sum())
        share = outside / len(fit.fitted)
        if share >= gates.trimmed_share:
            yield Finding(
                "propensity", "trimmed share", "propensity score", shown(share), shown(gates.trimmed_share),
                f"trimming discards {outside} of {len(fit.fitted)} subjects ({share:.1%}); the limit is "
                f"{gates.trimmed_share:.1%}",
            )  # fmt: skip


def weight_findings(
    protocol: Protocol, section: Mapping[str, Any], treated: NDArray[np.bool_]
) -> Iterator[Finding]:
    """Yield findings about the weights: one subject's share, and the effective sample size of an arm."""
    gates = protocol.gates
    sizes = {"treated": int(treated.sum()), "control": int((~treated).sum())}
    for arm, size in sizes.items():
        share = section["largest_weight_share"][arm]
        if share >= gates.weight_share:
            yield Finding(
                "propensity", "weight share", arm, shown(share), shown(gates.weight_share),
                f"one {arm} subject carries {share:.1%} of the arm's weight; the limit is {gates.weight_share:.1%}",
            )  # fmt: skip
        effective = section["effective_sample_size"][arm] / size
        if effective <= gates.effective_sample_size_share:
            yield Finding(
                "propensity", "effective sample size", arm, shown(effective), shown(gates.effective_sample_size_share),
                f"weighting leaves {effective:.1%} of the {arm} arm's size; the limit is "
                f"{gates.effective_sample_size_share:.1%}",
            )  # fmt: skip


def balance_findings(
    protocol: Protocol, balance: Mapping[str, Any], treated: NDArray[np.bool_]
) -> Iterator[Finding]:
    """Yield the finding about balance: the worst SMD at or above the gate, of the sample that the gate watches."""
    sample, threshold = protocol.gates.smd_sample, protocol.gates.smd
    worst = balance["worst"][sample]
    size = float(worst["smd"])
    if size < threshold:
        return
    beyond = sum(abs(float(row[f"smd_{sample}"])) >= threshold for row in balance["terms"])
    n1, n0 = int(treated.sum()), int((~treated).sum())
    rate = any_false_alarm_rate(threshold, n1, n0, len(balance["terms"]))
    yield Finding(
        "propensity", f"SMD ({sample})", worst["term"], shown(size), shown(threshold),
        f"{beyond} of {len(balance['terms'])} terms are imbalanced, worst {worst['term']} with |SMD| {size:.3f} "
        f"({sample}); the limit is {threshold:g}",
        false_alarm_rate=rate,
    )  # fmt: skip


def effect_findings(protocol: Protocol, primary: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield findings about the primary estimate: disagreeing variances, failed replicates, second implementation."""
    gates, errors = protocol.gates, primary["standard_errors"]
    for name in ("sandwich", "bootstrap"):
        gap = abs(errors[name] / errors["influence"] - 1)
        if gap >= gates.variance_disagreement:
            yield Finding(
                "effect", "variance disagreement", name, shown(gap), shown(gates.variance_disagreement),
                f"the {name} standard error differs from the influence function's by {gap:.1%}; the limit is "
                f"{gates.variance_disagreement:.1%}",
            )  # fmt: skip
    failed = sum(primary["bootstrap"]["failed"].values()) / primary["bootstrap"]["replicates"]
    if failed >= gates.failed_replicates_share:
        yield Finding(
            "effect", "failed replicates", "bootstrap", shown(failed), shown(gates.failed_replicates_share),
            f"{failed:.1%} of the bootstrap replicates could not be estimated; the limit is "
            f"{gates.failed_replicates_share:.1%}",
        )  # fmt: skip
    second = primary["verification"]
    if (
        not second["relative_difference"] <= second["tolerance"]
    ):  # so that NaN, which confirms nothing, halts too
        yield Finding(
            "effect", "double programming", "primary estimate", shown(second["relative_difference"]),
            shown(second["tolerance"]),
            "the second implementation does not confirm the primary estimate; do not use it, report the disagreement",
            overridable=False,
        )  # fmt: skip
