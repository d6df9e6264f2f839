"""The core's own numbers for the topic of counts, and why a row has none."""

import csv
import gzip
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from medicore.stats.counts.augmented_rates import augmented_rates, fit_rate_models
from medicore.stats.counts.log_linear import fit_log_linear
from medicore.stats.counts.negative_binomial import fit_negative_binomial, negative_binomial_rates
from medicore.stats.effect.contrasts import ArmMeans, log_rate_ratio
from medicore.stats.models.scores import known_scores
from tests.reference.reference import FOLDER
from tests.reference.second_set import TopicRow

Vector = NDArray[np.float64]

LEFT_OUT: tuple[tuple[str, Callable[[TopicRow], bool]], ...] = (
    (
        "the expected information is offered, as R's sandwich has it; with a link that is not canonical the observed differs",
        lambda row: row.estimator.startswith("negative") and row.quantity.endswith("observed information"),
    ),
)


def reason(row: TopicRow) -> str:
    """Return why a row is left out, '' if it is not."""
    return next((text for text, applies in LEFT_OUT if applies(row)), "")


def computed(row: TopicRow) -> float:
    """Return the core's own number for a row."""
    quantity = "se_sandwich" if row.quantity.startswith("se_sandwich") else row.quantity
    return _numbers()[row.estimator, quantity]


@cache
def _numbers() -> dict[tuple[str, str], float]:
    with gzip.open(FOLDER / "v2" / "data" / "epil_total.csv.gz", "rt", encoding="utf-8") as stream:
        records = list(csv.DictReader(stream))
    count, arm, *others = (
        np.array([float(one[key]) for one in records]) for key in ("Y", "A", "lbase", "lage")
    )
    x, whole, treated = np.column_stack(others), np.ones(len(count)), arm == 1
    design = np.column_stack([arm, x])
    poisson, binomial = fit_log_linear(design, count, whole), fit_negative_binomial(design, count, whole)
    models = fit_rate_models(x, treated, count, whole, "joint")
    scores = known_scores(np.full(len(count), 0.5))
    found: dict[tuple[str, str], float] = {("negative binomial", "theta"): binomial.size}
    for name, fit in (("Poisson", poisson), ("negative binomial", binomial)):
        found[name, "log_rate_ratio_A"] = float(fit.coefficients[1])
        found[name, "se_model_A"] = float(fit.standard_errors[1])
        found[name, "se_HC0_A"] = float(fit.robust_errors[1])
    for name, means in (
        ("Poisson", augmented_rates(treated, count, whole, scores, models, "models").stacked),
        ("negative binomial", negative_binomial_rates(x, treated, count, whole)),
    ):
        found |= {(f"{name} g-computation", key): value for key, value in _of(means).items()}
    return found


def _of(means: ArmMeans) -> dict[str, float]:
    return {
        "marginal_rate1": means.treated,
        "marginal_rate0": means.control,
        "rate_ratio": means.treated / means.control,
        "rate_difference": means.treated - means.control,
        "se_sandwich": log_rate_ratio(means).standard_error,
    }
