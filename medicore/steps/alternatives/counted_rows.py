"""Sensitivity and supplementary analyses of a count, and what stands beside its effect: rates, dispersion, E-value."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.records.protocol.protocol import Protocol
from medicore.stats.counts.log_linear import fit_log_linear
from medicore.stats.counts.negative_binomial import negative_binomial_rates
from medicore.stats.effect.contrasts import ArmMeans, mean_control, mean_treated, means_of_influence
from medicore.stats.effect.measures import effect_of
from medicore.stats.robustness.evalue import EValue, e_value_of_risk_ratio
from medicore.steps.alternatives.refitted_rows import (
    clipped_row,
    row_without,
    subgroup_rows,
    trimmed_row,
)
from medicore.steps.alternatives.robustness import e_value_section
from medicore.steps.models.counted_sample import CountedSample
from medicore.steps.models.sample import row


def same_rates(protocol: Protocol, sample: CountedSample) -> list[dict[str, Any]]:
    """Return the rows that keep the estimand and vary what the primary analysis assumes (ICH E9(R1), A.5.2)."""
    works: list[tuple[str, Callable[[CountedSample], ArmMeans]]] = [
        ("Rate models alone", lambda one: one.inferred("models")),
        ("One rate model of both arms alone", lambda one: one.inferred("models", "joint")),
        ("Weights for treatment and exposure alone", lambda one: one.inferred("weights")),
        ("One rate model for both arms", lambda one: one.inferred(form="joint")),
        ("Negative binomial model alone", _negative_binomial),
    ]
    rows = [row(protocol, name, [sample], work) for name, work in works]
    rows += [clipped_row(protocol, sample, limit) for limit in protocol.sensitivity.clipping]
    if protocol.sensitivity.leave_one_out:
        rows += [
            row_without(protocol, sample.analysis, covariate.column, CountedSample.of)
            for covariate in protocol.covariates
        ]
    return [*rows, row(protocol, "No adjustment", [sample], crude_rates)]


def other_rates(protocol: Protocol, everyone: pd.DataFrame, sample: CountedSample) -> list[dict[str, Any]]:
    """Return the rows about trimmed populations and subgroups; ``everyone`` is before trimming."""
    rows = [
        trimmed_row(protocol, everyone, threshold, CountedSample.of)
        for threshold in protocol.sensitivity.trimming
    ]
    for column in protocol.sensitivity.subgroups:
        rows += subgroup_rows(protocol, sample.analysis, column, CountedSample.of)
    return rows


def rates_section(protocol: Protocol, sample: CountedSample) -> dict[str, Any]:
    """Return the part ``rates`` of the results: each arm's rate with its interval, as it is and adjusted, and dispersion.

    The dispersion is Pearson's χ² of the arm's rate model over its degrees of freedom: about 1 where counts vary as Poisson's
    do. Intervals are by the robust variance of each arm's rate, so that a dispersion above 1 is counted.
    """
    adjusted, crude = sample.inferred(), crude_rates(sample)
    level = protocol.inference.level
    arms = {}
    for arm, inside, of in (
        ("treated", sample.treated, mean_treated),
        ("control", ~sample.treated, mean_control),
    ):
        told: dict[str, float] = {"dispersion": _dispersion(sample, inside)}
        for name, means in (("crude", crude), ("adjusted", adjusted)):
            found = of(means)
            low, high = found.interval(level)
            told |= {name: found.value, f"{name}_ci_low": max(low, 0.0), f"{name}_ci_high": high}
        arms[arm] = told
    return {"unit": protocol.outcome.unit, "arms": arms}


def confounding_of_rates(protocol: Protocol, sample: CountedSample) -> dict[str, Any] | None:
    """Return the E-values of the ratio of the rates, which count as one of risks (VanderWeele & Ding, 2017, table 2).

    In a randomised study, whose arms differ by chance alone, nothing is confounded: the answer is None.
    """
    if protocol.design == "randomised":
        return None
    rates = sample.inferred()

    def e_value() -> EValue:
        ratio = effect_of(rates, "rate ratio")
        return e_value_of_risk_ratio(ratio.value, *ratio.interval(protocol.inference.level))

    return e_value_section(e_value)


def crude_rates(sample: CountedSample) -> ArmMeans:
    """Return the events over the exposure of each arm, with the robust variance of a ratio of sums."""
    values, influences = [], []
    for inside in (sample.treated, ~sample.treated):
        seen = sample.exposure[inside].sum() / len(sample.count)
        value = float(sample.count[inside].sum() / sample.exposure[inside].sum())
        values.append(value)
        influences.append(np.where(inside, sample.count - value * sample.exposure, 0.0) / seen)
    return means_of_influence("ATE", "unadjusted", values, influences, "robust, ddof 0")


def _negative_binomial(sample: CountedSample) -> ArmMeans:
    return negative_binomial_rates(sample.x_outcome, sample.treated, sample.count, sample.exposure)


def _dispersion(sample: CountedSample, inside: NDArray[np.bool_]) -> float:
    x, count, exposure = sample.x_outcome[inside], sample.count[inside], sample.exposure[inside]
    fit = fit_log_linear(x, count, exposure)
    expected = exposure * fit.rate(x)
    pearson = float(((count - expected) ** 2 / expected).sum())
    return pearson / (len(count) - len(fit.theta))
