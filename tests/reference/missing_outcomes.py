"""The core's own numbers for the topic of missing outcomes, and why some rows have none."""

import csv
import gzip
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from medicore.stats.effect.ancova import ancova
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.missing.hajek_observed import hajek_observed
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.observation_weights import observed_arms
from medicore.stats.missing.standardised_observed import standardised_observed
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.logistic import fit_logistic
from tests.reference.mixed_models import mixed
from tests.reference.outcome_draws import Study, drawn, drawn_errors, repeated
from tests.reference.second_set import FILE, TopicRow

Vector = NDArray[np.float64]

TOPIC = "missing"
LEFT_OUT: tuple[tuple[str, Callable[[TopicRow], bool]], ...] = (
    (
        "the truth of a simulated population, not a number of its sample",
        lambda row: row.estimator == "truth",
    ),
)
DRAWN = "MI norm + ANCOVA"
REPEATED = "cdisc_adas_rbmi_high"
MIXED = "cdisc_adas_mmrm"
OPTIMISER = 2e-5
CHANCE = 4.0
"""Monte Carlo errors; one of fifty numbers is further off by chance once in 300 times."""
TERMS = 4
"""The columns of a file before its covariates: subject, arm, outcome, and whether it is observed."""


BINARY = ("mar_sim3",)
"""Cases whose outcome is 0 or 1."""


def reason(row: TopicRow) -> str:
    """Return why the row is left out; empty for a row that must be reproduced."""
    return next((text for text, applies in LEFT_OUT if applies(row)), "")


def computed(row: TopicRow) -> float:
    """Return the core's own number for a row."""
    if row.estimator == DRAWN:
        return drawn(_study(row.case))[row.quantity]
    if row.case == MIXED:
        return mixed(FILE.parent / "data" / "cdisc_adas_long.csv.gz")[row.estimator, row.quantity]
    if row.case == REPEATED:
        return repeated(FILE.parent / "data" / "cdisc_adas_long.csv.gz")[row.estimator, row.quantity]
    return _of_case(row.case)[row.estimator, row.quantity]


def allowed(row: TopicRow) -> float:
    """Return how near the core's number must come: the row's tolerance, and what chance or an optimiser adds to it.

    Draws have a Monte Carlo error on both sides. The conditional means rest on a fit whose restricted likelihood other
    software maximises to some five digits; the topic's rows of the mixed model carry ten times ``OPTIMISER``.
    """
    if row.estimator == DRAWN:
        return row.tolerance + CHANCE * drawn_errors(_study(row.case))[row.quantity]
    return max(row.tolerance, OPTIMISER) if row.case == REPEATED else row.tolerance


@cache
def _of_case(case: str) -> dict[tuple[str, str], float]:
    return numbers(_study(case))


def _study(case: str) -> Study:
    with gzip.open(FILE.parent / "data" / f"{case}.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    terms = list(records[0])[TERMS:]
    x = np.array([[float(record[term]) for term in terms] for record in records])
    observed = np.array([float(record["R"]) == 1 for record in records])
    outcome = np.full(len(records), np.nan)
    outcome[observed] = [float(record["Y"]) for record in records if float(record["R"]) == 1]
    treated = np.array([record["A"] == "1" for record in records])
    return Study(x, treated, outcome, observed, "binomial" if case in BINARY else "gaussian")


def numbers(data: Study) -> dict[tuple[str, str], float]:
    """Return every number of a study by estimator and quantity."""
    x, treated, outcome, observed = data.x, data.treated, data.outcome, data.observed
    propensity, observation = fit_logistic(x, treated), fit_observation(x, treated, observed)
    models = (outcome, observed, propensity, observation)
    apart = augmented_observed(x, treated, *models, family=data.family)
    joint = augmented_observed(x, treated, *models, family=data.family, form="joint").influence_function
    arms = observed_arms(x, treated, observed, propensity, observation)
    known = (x[observed], treated[observed], outcome[observed])
    cases = doubly_robust(*known, fit_logistic(*known[:2]), family=data.family).influence_function
    found = {
        ("AIPW-MAR", "mean1"): apart.mean_treated,
        ("AIPW-MAR", "mean0"): apart.mean_control,
        ("AIPW-MAR", "ATE"): apart.sandwich.value,
        ("AIPW-MAR", "se_sandwich_ATE"): apart.sandwich.standard_error,
        ("AIPW-MAR", "se_if_ATE"): apart.influence_function.standard_error,
        ("AIPW-MAR", "min_pi_e"): min(arm.smallest_probability for arm in arms),
        ("AIPW-MAR joint outcome", "ATE"): joint.value,
        ("AIPW-MAR joint outcome", "se_if_ATE"): joint.standard_error,
        ("AIPW complete cases", "ATE"): cases.value,
        ("AIPW complete cases", "se_if_ATE"): cases.standard_error,
        ("IPW-MAR Hajek", "ATE"): difference(hajek_observed(treated, *models)).value,
        ("g-formula MAR", "ATE"): difference(
            standardised_observed(x, treated, outcome, observed, family=data.family)
        ).value,
    }
    regression, robust = (ancova(*known, covariance=kind) for kind in ("model", "HC3"))  # type: ignore[arg-type]
    found["ANCOVA complete cases", "coef_A"] = regression.value
    found["ANCOVA complete cases", "se_A"] = regression.standard_error
    found["ANCOVA complete cases", "se_HC3_A"] = robust.standard_error
    return found
