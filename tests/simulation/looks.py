"""How often a study without an effect ever claims one within 24 monthly looks, by each method of monitoring.

The study grows by 50 subjects a month, treatment depends on covariates, and every look fits all nuisance models again.
Before the thirteenth look one outcome in twenty is wrong; the lock is then corrected. Outcomes are there at once, come
late by chance, or come late depending on arm and covariate. An outcome is due ``WINDOW`` months after arrival: a look
analyses those who are due and those whose outcome has come, weighted for being observed where an outcome is missing,
with the standard error and Student's t that a run prints.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from medicore.records.protocol.monitoring import AlphaSpendingPlan, ConfidenceSequencePlan, Plan
from medicore.records.results.looks import SeenEstimate, SeenLook
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.logistic import fit_logistic
from medicore.steps.looks.boundaries import boundaries_of
from medicore.steps.looks.claims import crossed, normal_quantile
from tests.simulation.workers import simulated

Outcomes = Literal["at once", "late by chance", "late by arm and covariate"]
OUTCOMES: tuple[Outcomes, ...] = ("at once", "late by chance", "late by arm and covariate")
SIMULATIONS = 2000
LOOKS, MONTHLY, CORRECTED = 24, 50, 12
WINDOW = 3
"""Months after arrival from which an outcome that has not come is missing."""
FEWEST = 10
"""Outcomes that an arm needs for a look to be made."""
FIRST = 200
MAXIMUM = 310.0
"""The information of 1,200 subjects, about."""
PLANS: dict[str, Plan] = {
    "O'Brien–Fleming-type spending": AlphaSpendingPlan(
        method="alpha spending", function="obrien-fleming", alpha=0.05, maximum_information=MAXIMUM,
        first_subjects=FIRST,
    ),
    "Pocock-type spending": AlphaSpendingPlan(
        method="alpha spending", function="pocock", alpha=0.05, maximum_information=MAXIMUM, first_subjects=FIRST
    ),
    "confidence sequence": ConfidenceSequencePlan(
        method="confidence sequence", alpha=0.05, tuned_at=600, first=FIRST
    ),
}  # fmt: skip
POINTWISE = "pointwise"
NAMES = (POINTWISE, *PLANS)


@dataclass(frozen=True, slots=True)
class Grown:
    """A study at its end: covariates, arm, outcome right and as first entered, and the months of arrival and outcome."""

    covariates: NDArray[np.float64]
    treated: NDArray[np.bool_]
    outcome: NDArray[np.float64]
    entered: NDArray[np.float64]
    known: NDArray[np.int64]


def grown(seed: int, outcomes: Outcomes) -> Grown:
    """Return a study in which treatment does nothing."""
    chance = np.random.Generator(np.random.PCG64([29, seed, OUTCOMES.index(outcomes)]))
    n = LOOKS * MONTHLY
    covariates = chance.normal(size=(n, 2))
    treated = chance.random(n) < expit(0.5 * covariates[:, 0] - 0.4 * covariates[:, 1])
    outcome = covariates @ (1.0, 0.5) + chance.normal(size=n)
    wrong = chance.random(n) < 0.05
    entered = outcome + np.where(wrong, chance.normal(0, 3, n), 0.0)
    arrival = np.arange(n) // MONTHLY
    mean = {
        "at once": np.zeros(n),
        "late by chance": np.full(n, 2.0),
        "late by arm and covariate": 2.0 * np.exp(0.8 * treated + 0.5 * covariates[:, 0] - 0.4),
    }[outcomes]
    return Grown(covariates, treated, outcome, entered, arrival + chance.poisson(mean))


def statistics(seed: int, outcomes: Outcomes) -> tuple[SeenEstimate, ...]:
    """Return the numbers of every look, all models fitted again at each."""
    study = grown(seed, outcomes)
    looks = (_look(study, month) for month in range(LOOKS))
    return tuple(look for look in looks if look is not None)


def _look(study: Grown, month: int) -> SeenEstimate | None:
    """Return the numbers of the look after ``month``; None where an arm has too few outcomes to fit its model."""
    come = study.known <= month
    inside = come | (np.arange(len(come)) // MONTHLY + WINDOW <= month)
    x, treated, observed = study.covariates[inside], study.treated[inside], come[inside]
    if min((treated & observed).sum(), (~treated & observed).sum()) < FEWEST:
        return None
    outcome = np.where(observed, (study.outcome if month >= CORRECTED else study.entered)[inside], np.nan)
    scores = fit_logistic(x, treated)
    if observed.all():
        result = doubly_robust(x, treated, outcome, scores)
        found = difference(small_sample_means(treated, outcome, scores, result))
    else:
        chances = fit_observation(x, treated, observed)
        result = augmented_observed(x, treated, outcome, observed, scores, chances)
        found = difference(
            small_sample_means(treated, outcome, scores, result, observed=observed, observation=chances)
        )
    z = normal_quantile(found.value, found.standard_error, found.degrees_of_freedom)
    return SeenEstimate(int(inside.sum()), found.value, found.standard_error, z, "effect")


def claims(seed: int, outcomes: Outcomes) -> list[bool]:
    """Return, for each of NAMES, whether one of the looks excludes no effect."""
    numbers = statistics(seed, outcomes)
    naive = any(abs(one.z) > ndtri(0.975) for one in numbers)
    if not naive:  # no boundary is nearer to 0 than that of one look
        return [False] * len(NAMES)
    seen = [SeenLook("", "", "sealed", str(place), one) for place, one in enumerate(numbers)]
    return [True, *(ever(plan, seen) for plan in PLANS.values())]


def ever(plan: Plan, seen: Sequence[SeenLook]) -> bool:
    """Return whether one of the looks crosses its boundary."""
    bounds = boundaries_of(plan, 0.95, seen)
    return any(
        crossed(plan, bound, look.seen.z)
        for bound, look in zip(bounds, seen, strict=True)
        if bound is not None and look.seen is not None
    )


@dataclass(frozen=True, slots=True)
class Ever:
    """The share of studies that ever claim an effect, with its Monte-Carlo error."""

    outcomes: Outcomes
    method: str
    share: float
    error: float


@cache
def shares(simulations: int = SIMULATIONS) -> tuple[Ever, ...]:
    """Return the shares for every way in which outcomes come, and every method."""
    return tuple(
        Ever(outcomes, name, float(share), float(np.sqrt(share * (1 - share) / simulations)))
        for outcomes in OUTCOMES
        for name, share in zip(
            NAMES, np.mean(simulated(partial(claims, outcomes=outcomes), simulations), axis=0), strict=True
        )
    )
