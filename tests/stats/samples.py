"""Samples with known confounding, and every estimator under one signature."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import expit

from medicore.stats.effect.ancova import ancova
from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.augmented_hajek import augmented_hajek_means
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.inverse_probability import horvitz_thompson, weighted_means
from medicore.stats.effect.matching import (
    match_with_replacement,
    match_without_replacement,
    matching_distance,
)
from medicore.stats.effect.randomised import conditional_means, randomised_means
from medicore.stats.effect.standardisation import standardised_means
from medicore.stats.effect.tmle import targeted
from medicore.stats.effect.unadjusted import difference_of_means
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.stats.models.outcome_model import Family

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Covariates ``(n, p)``, arm, outcome, and the outcome's family."""

    x: Vector
    treated: NDArray[np.bool_]
    outcome: Vector
    family: Family = "gaussian"

    @cached_property
    def fit(self) -> LogisticFit:
        """Propensity model on all covariates, fitted once."""
        return fit_logistic(self.x, self.treated)

    def with_outcome(self, outcome: Vector) -> "Sample":
        """Return the sample with another outcome."""
        return replace(self, outcome=outcome)


def draw(seed: int, n: int = 240, p: int = 3, family: Family = "gaussian", effect: float = 1.0) -> Sample:
    """Return a sample whose treatment depends on the covariates, among them one indicator."""
    chance = np.random.Generator(np.random.PCG64(seed))
    x = chance.normal(size=(n, p))
    x[:, -1] = chance.random(n) < 0.4
    linear = 0.5 * x[:, 0] - 0.4 * x[:, -1]
    treated = chance.random(n) < expit(linear)
    treated[:2] = True, False
    mean = effect * treated + x @ np.linspace(0.8, 0.2, p)
    if family == "binomial":
        return Sample(x, treated, (chance.random(n) < expit(mean - 1)).astype(np.float64), family)
    return Sample(x, treated, mean + chance.normal(size=n))


seeds = st.integers(min_value=0, max_value=2**31)
samples = st.builds(draw, seeds, n=st.integers(min_value=80, max_value=160))

Estimator = Callable[[Sample], Estimate]


def _arrays(s: Sample) -> tuple[Vector, NDArray[np.bool_], Vector]:
    return s.x, s.treated, s.outcome


SMOOTH: Mapping[str, Estimator] = {
    "unadjusted": lambda s: difference_of_means(s.treated, s.outcome),
    "IPW": lambda s: difference(weighted_means(s.treated, s.outcome, s.fit).scores_estimated),
    "IPW, weights fixed": lambda s: difference(weighted_means(s.treated, s.outcome, s.fit).weights_fixed),
    "overlap weighting": lambda s: difference(
        weighted_means(s.treated, s.outcome, s.fit, "ATO").scores_estimated
    ),
    "g-computation": lambda s: difference(standardised_means(*_arrays(s), s.family)),
    "g-computation, joint": lambda s: difference(standardised_means(*_arrays(s), s.family, "joint")),
    "AIPW": lambda s: augmented_inverse_probability(*_arrays(s), s.fit, family=s.family).influence_function,
    "AIPW, stacked": lambda s: augmented_inverse_probability(*_arrays(s), s.fit, family=s.family).sandwich,
    "AIPW, joint": lambda s: (
        augmented_inverse_probability(*_arrays(s), s.fit, family=s.family, form="joint").sandwich
    ),
    "AIPW, normalised": lambda s: difference(augmented_hajek_means(*_arrays(s), s.fit, family=s.family)),
    "AIPW, overlap": lambda s: difference(
        augmented_hajek_means(*_arrays(s), s.fit, family=s.family, target="ATO")
    ),
    "TMLE": lambda s: targeted(*_arrays(s), s.fit, family=s.family).difference,
    "TMLE, covariate": lambda s: (
        targeted(*_arrays(s), s.fit, family=s.family, fluctuation="covariate").difference
    ),
    "randomised": lambda s: difference(randomised_means(*_arrays(s), s.family)),
    "conditional": lambda s: difference(conditional_means(*_arrays(s), s.family, "HC3")),
}
LINEAR: Mapping[str, Estimator] = {
    "ANCOVA": lambda s: ancova(*_arrays(s)),
    "ANCOVA, homoscedastic": lambda s: ancova(*_arrays(s), covariance="model"),
    "ANCOVA, interactions": lambda s: ancova(*_arrays(s), interactions=True),
    "matching, ATE": lambda s: (
        match_with_replacement(s.treated, s.outcome, matching_distance(s.fit.fitted), target="ATE").estimate
    ),
}
IN_THE_TREATED: Mapping[str, Estimator] = {
    "IPW, ATT": lambda s: difference(weighted_means(s.treated, s.outcome, s.fit, "ATT").scores_estimated),
    "g-computation, ATT": lambda s: difference(standardised_means(*_arrays(s), s.family, target="ATT")),
    "AIPW, ATT": lambda s: (
        augmented_inverse_probability(*_arrays(s), s.fit, family=s.family, target="ATT").sandwich
    ),
    "AIPW, normalised, ATT": lambda s: difference(
        augmented_hajek_means(*_arrays(s), s.fit, family=s.family, target="ATT")
    ),
    "matching, ATT": lambda s: (
        match_with_replacement(s.treated, s.outcome, matching_distance(s.fit.fitted)).estimate
    ),
    "matching, no replacement": lambda s: (
        match_without_replacement(s.treated, s.outcome, matching_distance(s.fit.fitted)).estimate
    ),
}
DIAGNOSTIC: Mapping[str, Estimator] = {
    "Horvitz–Thompson": lambda s: horvitz_thompson(s.treated, s.outcome, s.fit),
}
SYMMETRIC = {**SMOOTH, **LINEAR}
LOCATION_FREE = {**SYMMETRIC, **IN_THE_TREATED}
ALL = {**LOCATION_FREE, **DIAGNOSTIC}
