"""Randomised studies under each scheme, drawn for tests: strata that matter, covariates, a continuous or binary outcome."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.models.outcome_model import Family
from medicore.stats.randomisation.randomisation_scheme import Randomisation, Scheme

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
SCHEMES: tuple[Scheme, ...] = ("simple", "stratified", "biased coin", "minimisation")


@dataclass(frozen=True)
class Trial:
    """Covariates ``(n, 1)``, which do not tell the strata, the arm, the outcome, and the scheme with the strata."""

    x: Vector
    treated: Flags
    outcome: Vector
    randomisation: Randomisation


def trial(scheme: Scheme, seed: int, n: int = 120, family: Family = "gaussian", effect: float = 0.0) -> Trial:
    """Return a study of two stratification factors; the covariate changes the effect, the residual variance the stratum."""
    chance = np.random.Generator(np.random.PCG64(seed))
    factors = chance.random((n, 2)) < 0.5
    x = chance.normal(size=(n, 1))
    treated = assigned(scheme, factors, chance)
    strata = (2 * factors[:, 0] + factors[:, 1]).astype(np.intp)
    signal = 1.2 * factors[:, 0] + 0.8 * factors[:, 1] + 0.5 * x[:, 0]
    if family == "binomial":
        risk = 1 / (1 + np.exp(0.8 - signal - effect * treated))
        outcome = (chance.random(n) < risk).astype(np.float64)
    else:
        noise = chance.normal(size=n) * (1 + 0.5 * factors[:, 1])
        outcome = signal + treated * (effect + 0.5 * x[:, 0]) + noise
    return Trial(x, treated, outcome, Randomisation(scheme, strata))


def assigned(scheme: Scheme, factors: Flags, chance: np.random.Generator) -> Flags:
    """Return who is treated: by a coin, blocks of four, Efron's coin of 2/3 or minimisation with probability 0.85."""
    n = len(factors)
    if scheme == "simple":
        return chance.random(n) < 0.5
    treated = np.zeros(n, dtype=bool)
    if scheme == "stratified":
        for stratum in range(4):
            inside = np.flatnonzero(2 * factors[:, 0] + factors[:, 1] == stratum)
            blocks = [chance.permutation([True, True, False, False]) for _ in range(len(inside) // 4 + 1)]
            treated[inside] = np.concatenate(blocks)[: len(inside)]
        return treated
    lead: dict[tuple[int, bool], int] = {}
    for one, levels in enumerate(factors):
        if scheme == "biased coin":
            places, favour = [(9, bool(levels[0])), (8, bool(levels[1]))], 2 / 3
            places = [(int(2 * levels[0] + levels[1]), True)]
        else:
            places, favour = [(0, bool(levels[0])), (1, bool(levels[1]))], 0.85
        ahead = sum(lead.get(place, 0) for place in places)
        share = 0.5 if ahead == 0 else 1 - favour if ahead > 0 else favour
        treated[one] = chance.random() < share
        for place in places:
            lead[place] = lead.get(place, 0) + (1 if treated[one] else -1)
    return treated
