"""The core's own numbers for the topics of monitoring, and why some rows have none."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from medicore.stats.monitoring.boundaries import AlphaSpending, Look, looks
from medicore.stats.monitoring.confidence_sequence import ConfidenceSequence, approximate_tuning, tuning
from medicore.stats.monitoring.maxsprt import CriticalValue
from medicore.stats.monitoring.maxsprt_binomial import binomial_critical_value
from medicore.stats.monitoring.maxsprt_poisson import poisson_critical_value, poisson_group_critical_value
from medicore.stats.monitoring.repeated import repeated_interval
from medicore.stats.monitoring.spending import Family, Spending
from medicore.stats.monitoring.stagewise import StageWise, stage_wise
from tests.reference.second_set import TopicRow

TOPICS = ("group_sequential", "anytime", "maxsprt")
FAMILIES: dict[str, Family] = {
    "of": "obrien-fleming",
    "pocock": "pocock",
    "hsd": "hwang-shih-decani",
    "power": "power",
}
LEFT_OUT: tuple[tuple[str, Callable[[TopicRow], bool]], ...] = (
    (
        "the law of the iterated logarithm's boundary is not offered",
        lambda row: row.estimator == "LIL boundary",
    ),
    (
        "sequences for coefficients of a linear model (avlm) are not offered",
        lambda row: row.estimator == "avlm",
    ),
    (
        "simulated monthly looks, not a number to reproduce: the deep tests simulate",
        lambda row: row.case.startswith("sim_"),
    ),
    (
        "a share of 200,000 random histories with the tolerance of an exact number; held to its own error in "
        "tests/stats/monitoring/test_maxsprt.py",
        lambda row: (row.estimator, row.quantity) == ("group Poisson MaxSPRT", "type_I_error"),
    ),
)


def reason(row: TopicRow) -> str:
    """Return why the row is left out; empty for a row that must be reproduced."""
    return next((text for text, applies in LEFT_OUT if applies(row)), "")


def computed(row: TopicRow) -> float:
    """Return the core's own number for a row."""
    if row.topic == "maxsprt":
        return _maxsprt(row)
    if row.topic == "anytime":
        return _anytime(row)
    if row.estimator == "stage-wise ordering":
        return _stage_wise(row)
    name, number = row.quantity.rsplit("_", 1)
    look = _looks(row.inputs)[int(number) - 1]
    return {
        "critical_value": look.critical_value,
        "nominal_p": look.nominal_level,
        "alpha_spent": look.spent,
    }[name]


@cache
def _looks(inputs: str) -> tuple[Look, ...]:
    found = json.loads(inputs)
    spending = Spending(FAMILIES[found["spending"]], found["parameter"])
    design = AlphaSpending(spending, found["alpha"], found["sides"])
    return looks(design, found["information"], times=found["spending_time"])


@cache
def _stopped(inputs: str) -> tuple[dict[str, Any], StageWise, float]:
    """Return the inputs, what the study says, and the critical value of the look where it stopped."""
    found = json.loads(inputs)
    design = AlphaSpending(Spending(FAMILIES[found["kind"]], found["par"]), found["alpha"], found["sides"])
    at = found["t"][: found["k"]]
    *before, last = [look.critical_value for look in looks(design, at)]
    lower = [design.lower(value) for value in before]
    return found, stage_wise(at, lower, before, found["z"], level=found["level"]), last


def _stage_wise(row: TopicRow) -> float:
    found, estimate, last = _stopped(row.inputs)
    scale = float(1 / np.sqrt(found["t"][found["k"] - 1]))
    low, high = repeated_interval(found["z"] * scale, scale, last)
    return {
        "p_upper_onesided": estimate.p_value,
        "ci_low_drift": estimate.low,
        "median_unbiased_drift": estimate.estimate,
        "ci_high_drift": estimate.high,
        "naive_drift": found["z"] * scale,
        "rci_low_drift": low,
        "rci_high_drift": high,
    }[row.quantity]


def _anytime(row: TopicRow) -> float:
    alpha, tuned_at = re.fullmatch(r"acs_a([\d.]+)_topt(\d+)", row.case).groups()  # type: ignore[union-attr]
    if row.quantity == "rho2_exact":
        return tuning(float(alpha), int(tuned_at))
    if row.quantity == "rho2_approx":
        return approximate_tuning(float(alpha), int(tuned_at))
    name, n = row.quantity.rsplit("_n", 1)
    sides = 1 if row.estimator.endswith("one-sided") else 2
    multiple = ConfidenceSequence(float(alpha), int(tuned_at), sides=sides).multiple(int(n))  # type: ignore[arg-type]
    return {"critical_value": multiple, "radius_sd1": multiple / float(np.sqrt(int(n)))}[name]


def _maxsprt(row: TopicRow) -> float:
    found = _critical_value(row.case)
    if row.quantity == "previous_attainable_llr":
        assert found.below is not None
        return found.below
    return {"critical_value": found.value, "type_I_error": found.type_one_error}[row.quantity]


@cache
def _critical_value(case: str) -> CriticalValue:
    poisson = re.fullmatch(r"poisson_T(\d+)_M(\d+)_a([\d.]+)", case)
    if poisson:
        length, minimum, alpha = poisson.groups()
        return poisson_critical_value(float(length), float(alpha), int(minimum))
    binomial = re.fullmatch(r"binomial_N(\d+)_z(\d+)_M(\d+)_a([\d.]+)", case)
    if binomial:
        events, ratio, minimum, alpha = binomial.groups()
        return binomial_critical_value(int(events), float(ratio), float(alpha), int(minimum))
    steps = case.removeprefix("poisson_groups_").split("-")
    return poisson_group_critical_value(np.cumsum([float(step) for step in steps]), 0.05)  # type: ignore[arg-type]
