"""False alarm rate of the change since last month: how far the estimate of a growing study moves when both models are right."""

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.balance.weights import Target
from medicore.stats.bootstrap.world import World
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import Measure, effect_of
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Family

Vector = NDArray[np.float64]

DRAWS = 128
"""Studies drawn; the standard error of a rate of 15 % is then 3.2 %."""


def change_alarm_rate(
    world: World,
    before: int,
    limit: float,
    *,
    seed: int,
    family: Family = "gaussian",
    target: Target = "ATE",
    measure: Measure = "difference",
    draws: int = DRAWS,
) -> float:
    """Return how often the estimate moves by ``limit`` or more of its standard errors when the study grows, as a share.

    In each of ``draws`` studies of the ``world`` the estimate of all subjects is compared with that of ``before`` subjects
    chosen at random, who were there last month. Every model is fitted to both. Studies that cannot be estimated at both
    times are left out. Where no subject came, the estimate must stay, and the rate is 0.

    Raises EstimationError when fewer than two can be estimated.
    """
    subjects = len(world.score)
    if before >= subjects:
        return 0.0
    moved = []
    for stream in np.random.SeedSequence(seed).spawn(draws):
        chance = np.random.Generator(np.random.PCG64(stream))
        treated, outcome = world.draw(chance)
        earlier = np.sort(chance.permutation(subjects)[:before])
        try:
            now, then = (
                _estimate(world, treated, outcome, some, family, target, measure)
                for some in (np.arange(subjects), earlier)
            )
        except EstimationError:
            continue
        moved.append(abs(now.value - then.value) >= limit * now.standard_error)
    if len(moved) < 2:
        raise EstimationError(
            f"{len(moved)} study of those drawn to learn how far the estimate moves by chance could be estimated; expected two "
            "or more; use fewer covariates"
        )
    return float(np.mean(moved))


def _estimate(
    world: World,
    treated: NDArray[np.bool_],
    outcome: Vector,
    some: NDArray[np.intp],
    family: Family,
    target: Target,
    measure: Measure,
) -> Estimate:
    """Return the primary estimate of some subjects; raise EstimationError where a model separates."""
    arm, value = treated[some], outcome[some]
    fit = fit_logistic(world.x_propensity[some], arm)
    if fit.separated:
        raise EstimationError("the propensity model separates; expected a maximum; use fewer covariates")
    result = doubly_robust(world.x_outcome[some], arm, value, fit, family=family, target=target)
    if any(model.separated for model in result.models):
        raise EstimationError("an outcome model separates; expected a maximum; use fewer covariates")
    means = small_sample_means(arm, value, fit, result, family=family, target=target)
    return effect_of(means, measure).inference
