"""The core's own numbers for the topic of calibration, and why some rows have none."""

import csv
import gzip
import re
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from scipy.special import ndtr

from medicore.stats.calibration.calibrated import calibrated_effect
from medicore.stats.calibration.error_distribution import ErrorDistribution, fit_error_distribution
from medicore.stats.calibration.expected_error import expected_absolute
from tests.reference.reference import FOLDER
from tests.reference.second_set import TopicRow

TOPIC = "calibration"
LEVEL = 0.95
LEFT_OUT: tuple[tuple[str, Callable[[TopicRow], bool]], ...] = (
    (
        "the error distribution is fitted by maximum likelihood; a Bayesian one by Markov chains is not offered",
        lambda row: row.estimator == "MCMC null",
    ),
    (
        "a protocol declares no positive controls, without which no error model that changes with the effect can be fitted",
        lambda row: row.estimator.startswith("systematic error model"),
    ),
)


def reason(row: TopicRow) -> str:
    """Return why the row is left out; empty for a row that must be reproduced."""
    return next((text for text, applies in LEFT_OUT if applies(row)), "")


def computed(row: TopicRow) -> float:
    """Return the core's own number for a row."""
    if row.quantity in {"null_mean", "null_sd", "ease"}:
        null = _null(row.case)
        return {"null_mean": null.mean, "null_sd": null.deviation, "ease": expected_absolute(null)}[
            row.quantity
        ]
    kind, number, name = re.fullmatch(r"(positive|negative)(\d+)_(\w+)", row.quantity).groups()  # type: ignore[union-attr]
    value, error = _controls(row.case)["1" if kind == "positive" else "0"][int(number) - 1]
    found = calibrated_effect(value, error, _null(row.case))
    low, high = found.interval(LEVEL)
    return {
        "p_calibrated": found.p_value,
        "p_uncalibrated": float(2 * ndtr(-abs(value) / error)),
        "p_calibrated_onesided_upper": found.p_above,
        "logRr_calibrated": found.value,
        "logLb_calibrated": low,
        "logUb_calibrated": high,
    }[name]


@cache
def _controls(case: str) -> Mapping[str, tuple[tuple[float, float], ...]]:
    """Return estimates and standard errors of the negative ("0") and of the positive ("1") controls."""
    with gzip.open(FOLDER / "v2" / "data" / f"{case}.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        rows = [
            (row["groundTruth"], (float(row["logRr"]), float(row["seLogRr"])))
            for row in csv.DictReader(stream)
        ]
    return {truth: tuple(pair for found, pair in rows if found == truth) for truth in ("0", "1")}


@cache
def _null(case: str) -> ErrorDistribution:
    estimates, errors = np.array(_controls(case)["0"]).T
    return fit_error_distribution(estimates, errors)
