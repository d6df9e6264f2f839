"""The core's own numbers for the mixed models of the CDISC pilot's ADAS-Cog at weeks 8, 16 and 24."""

import csv
import gzip
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from medicore.stats.repeated.mixed_contrasts import Method, contrast
from medicore.stats.repeated.mixed_model import MixedFit, fit_mixed
from tests.stats.repeated_samples import by_visit

ARMS = ("Placebo", "Xanomeline High Dose", "Xanomeline Low Dose")
VISITS = ("8", "16", "24")
METHODS: Mapping[str, Method] = {"Kenward-Roger": "kenward-roger", "Satterthwaite": "satterthwaite"}


@lru_cache
def mixed(path: Path) -> Mapping[tuple[str, str], float]:
    """Return the numbers of chg ~ trt * visit + base * visit + sitegr1 with unstructured covariance."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    places = {subject: place for place, subject in enumerate(sorted({one["usubjid"] for one in records}))}
    sites = sorted({one["sitegr1"] for one in records})[1:]
    z = np.ones((len(places), 4))
    alike = np.zeros((len(places), len(sites)))
    outcome = np.full((len(places), len(VISITS)), np.nan)
    for one in records:
        row = places[one["usubjid"]]
        z[row, 1:] = one["trtp"] == ARMS[1], one["trtp"] == ARMS[2], float(one["base"])
        alike[row] = [one["sitegr1"] == site for site in sites]
        outcome[row, VISITS.index(one["avisitn"])] = float(one["chg"])
    design = np.concatenate(
        [by_visit(z, len(VISITS)), np.repeat(alike[:, None, :], len(VISITS), axis=1)], axis=2
    )
    observed, predictors = int((~np.isnan(outcome)).sum()), design.shape[2]
    found = {}
    for name, restricted in (("MMRM REML", True), ("MMRM ML", False)):
        fit = fit_mixed(design, outcome, restricted=restricted)
        found |= {(name, key): value for key, value in _of(fit, predictors).items()}
        if not restricted:  # nlme's gls divides the residuals' sum of squares by N - p for standard errors
            lengthened = np.sqrt(observed / (observed - predictors))
            found |= {
                key: value * lengthened
                for key, value in found.items()
                if key[0] == name and key[1].startswith("se_")
            }
    fit = fit_mixed(design, outcome)
    for name, method in METHODS.items():
        for visit, week in enumerate(VISITS):
            one_visit = contrast(fit, _high(visit, predictors), method)
            estimator = f"MMRM REML {name}"
            found[estimator, f"se_diff_High_week{week}"] = one_visit.standard_error
            found[estimator, f"df_diff_High_week{week}"] = float(one_visit.degrees_of_freedom or 0)
            found[estimator, f"p_val_diff_High_week{week}"] = one_visit.p_value
    return found


def _high(visit: int, predictors: int) -> np.ndarray:
    weights = np.zeros(predictors)
    weights[len(VISITS) + visit] = 1.0
    return weights


def _of(fit: MixedFit, predictors: int) -> dict[str, float]:
    found = {"logLik": fit.likelihood.value}
    for visit, week in enumerate(VISITS):
        one = contrast(fit, _high(visit, predictors), "satterthwaite")
        found[f"diff_High_week{week}"] = one.value
        found[f"se_diff_High_week{week}"] = one.standard_error
        for other in range(visit, len(VISITS)):
            found[f"cov_{visit + 1}_{other + 1}"] = float(fit.covariance[visit, other])
    return found
