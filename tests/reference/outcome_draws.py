"""The core's own numbers for imputed outcomes: drawn several times, or by their conditional means."""

import csv
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medicore.stats.effect.ancova import ancova
from medicore.stats.imputation.imputation_draws import draw_normal
from medicore.stats.imputation.pooling import PooledEstimate, pooled
from medicore.stats.imputation.reference_based import conditional_means
from medicore.stats.models.outcome_model import Family
from medicore.stats.repeated.mixed_model import fit_mixed
from tests.stats.repeated_samples import by_visit

Vector = NDArray[np.float64]

IMPUTATIONS = 100
"""As many as the other software drew."""
ARM = {"Placebo": 0.0, "Xanomeline High Dose": 1.0}
VISITS = ("8", "16", "24")
RULES = {"MAR": "at random", "JR": "jump to reference", "CR": "copy reference", "CIR": "copy increments"}


@dataclass(frozen=True)
class Study:
    """Covariates ``(n, p)``, arm, outcome, NaN where it is missing, and whether it is observed."""

    x: Vector
    treated: NDArray[np.bool_]
    outcome: Vector
    observed: NDArray[np.bool_]
    family: Family


_POOLED: dict[int, PooledEstimate] = {}


def drawn(study: Study) -> Mapping[str, float]:
    """Return the pooled analysis of covariance, outcomes drawn from one regression on arm and covariates."""
    found = _pooled(study)
    return {
        "coef_A": found.estimate.value,
        "se_A": found.estimate.standard_error,
        "between_var": found.between,
        "df_barnard_rubin": found.degrees_of_freedom,
        "mc_se_coef_A": found.monte_carlo_error,
    }


def drawn_errors(study: Study) -> Mapping[str, float]:
    """Return the Monte Carlo error of the difference of two such numbers, each of IMPUTATIONS draws."""
    found = _pooled(study)
    between = found.between * float(np.sqrt(2 / (IMPUTATIONS - 1)))
    both = float(np.sqrt(2.0))
    return {
        "coef_A": both * found.monte_carlo_error,
        "se_A": both * between / (2 * found.estimate.standard_error),
        "between_var": both * between,
        "df_barnard_rubin": both * 2 * found.degrees_of_freedom * between / found.between,
        "mc_se_coef_A": both * between / (2 * found.between) * found.monte_carlo_error,
    }


def _pooled(study: Study) -> PooledEstimate:
    key = len(study.outcome)
    if key not in _POOLED:
        _POOLED[key] = _pooled_anew(study)
    return _POOLED[key]


def _pooled_anew(study: Study) -> PooledEstimate:
    rows = np.vstack([np.ones(len(study.outcome)), study.treated, study.x.T])
    scale = rows[1:].std(axis=1, keepdims=True)
    rows[1:] = (rows[1:] - rows[1:].mean(axis=1, keepdims=True)) / np.where(scale > 0, scale, 1.0)
    chance = np.random.Generator(np.random.PCG64(20))
    made = []
    for _ in range(IMPUTATIONS):
        completed = study.outcome.copy()
        completed[~study.observed] = draw_normal(
            rows[:, study.observed], study.outcome[study.observed], rows[:, ~study.observed], chance
        )
        made.append(ancova(study.x, study.treated, completed, covariance="model"))
    return pooled(made)


@lru_cache
def repeated(path: Path) -> Mapping[tuple[str, str], float]:
    """Return the coefficient of the arm at each visit, of outcomes completed by their conditional means."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        records = [one for one in csv.DictReader(stream) if one["trtp"] in ARM]
    places = {subject: place for place, subject in enumerate(sorted({one["usubjid"] for one in records}))}
    z = np.ones((len(places), 3))
    outcome = np.full((len(places), len(VISITS)), np.nan)
    for one in records:
        row = places[one["usubjid"]]
        z[row, 1:] = ARM[one["trtp"]], float(one["base"])
        outcome[row, VISITS.index(one["avisitn"])] = float(one["chg"])
    own, control = (by_visit(z * arm, len(VISITS)) for arm in ((1.0, 1.0, 1.0), (1.0, 0.0, 1.0)))
    fit = fit_mixed(own, outcome)
    found = {}
    for short, rule in RULES.items():
        completed = conditional_means(fit.covariance, fit.means(own), fit.means(control), outcome, rule)  # type: ignore[arg-type]
        effects = np.linalg.lstsq(z, completed, rcond=None)[0][1]
        for visit, effect in zip(VISITS, effects, strict=True):
            found[f"conditional mean {short}", f"ancova_diff_week{visit}"] = float(effect)
    return found
