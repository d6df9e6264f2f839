"""The weights of treatment and observation: their product, what it costs, and the balance that it reaches."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.balance import TermBalance, standardised_mean_differences
from medicore.stats.balance.weights import (
    Target,
    balancing_weights,
    effective_sample_size,
    largest_share,
    tilting,
)
from medicore.stats.given import checked
from medicore.stats.missing.observation import Observation
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ObservedArm:
    """How far the observed outcomes of one arm carry.

    ``subjects`` are in the arm and ``observed`` of them have an outcome. ``lowest_chance`` and ``highest_chance`` are
    the ends of their probabilities of observation, ``smallest_probability`` is the smallest probability of arm and
    observation together. ``largest_share`` is the largest weight as a share of their total, ``effective_size`` the size
    of an unweighted sample with the same information. ``balance`` compares the observed with everybody, one item per
    column: unweighted, and weighted with the target population.
    """

    subjects: int
    observed: int
    lowest_chance: float
    highest_chance: float
    smallest_probability: float
    largest_share: float
    effective_size: float
    balance: tuple[TermBalance, ...]


@checked
def observation_weights(
    treated: Flags, observed: Flags, propensity: Scores, observation: Observation, target: Target = "ATE"
) -> Vector:
    """Return the balancing weights divided by the probability of observation, 0 where not observed, ``(n,)``.

    Robins, Rotnitzky & Zhao (1994). Look at the product, not at its factors: two moderate weights can make an extreme
    one.
    """
    one, zero = (chance.fitted for chance in observation.arms)
    weights = balancing_weights(treated, propensity.fitted, target) / np.where(treated, one, zero)
    product: Vector = np.where(observed, weights, 0.0)
    return product


@checked
def observed_arms(
    x: Vector,
    treated: Flags,
    observed: Flags,
    propensity: Scores,
    observation: Observation,
    target: Target = "ATE",
) -> tuple[ObservedArm, ObservedArm]:
    """Return the weights' cost and the balance of the columns of ``x``, ``(n, p)``, for each arm, treated first.

    A difference compares the arm's observed subjects with everybody: those weighted by ``observation_weights``, these
    by the tilting function of the target population (Li, Morgan & Zaslavsky, 2018, equation 3). It is standardised as
    in ``standardised_mean_differences`` for the ATE, with the unweighted variances of the observed and of everybody.
    """
    weights = observation_weights(treated, observed, propensity, observation, target)
    tilt = tilting(propensity.fitted, target)[0]
    score, arms = propensity.fitted, []
    for arm, own, chance in zip((treated, ~treated), (score, 1 - score), observation.arms, strict=True):
        seen = arm & observed
        inside = weights[seen]
        balance = standardised_mean_differences(
            np.concatenate([x[seen], x]),
            np.arange(len(inside) + len(x)) < len(inside),
            np.concatenate([inside, tilt]),
        )
        arms.append(
            ObservedArm(
                int(arm.sum()),
                len(inside),
                float(chance.fitted[arm].min()),
                float(chance.fitted[arm].max()),
                float((own * chance.fitted)[arm].min()),
                largest_share(inside),
                effective_sample_size(inside),
                balance,
            )
        )
    return arms[0], arms[1]
