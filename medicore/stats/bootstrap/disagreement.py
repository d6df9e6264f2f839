"""False alarm rates of the gates of variances: how often standard errors disagree when every model is right."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.balance.weights import Target
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.bootstrap_measure import measured
from medicore.stats.bootstrap.world import World
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.measures import Measure, effect_of
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.stats.models.outcome_model import Family

Vector = NDArray[np.float64]

DRAWS = 64
"""Studies drawn; the standard error of a rate of 5 % is then 2.7 %."""
RESAMPLES = 288
"""Bootstrap replicates in each, where a run has more; what their noise adds to the rate is taken out again."""


def sandwich_alarm_rate(
    world: World,
    limit: float,
    *,
    seed: int,
    family: Family = "gaussian",
    target: Target = "ATE",
    measure: Measure = "difference",
    draws: int = DRAWS,
) -> float:
    """Return how often the stacked sandwich differs from the influence function by ``limit`` or more, as a share.

    Both standard errors are those of the analysis, in ``draws`` studies of the ``world``. Studies that cannot be
    estimated are left out.

    Raises EstimationError when none can be estimated.
    """
    ratios = [
        effect_of(study.result.stacked, measure).inference.standard_error
        / effect_of(study.result.means, measure).inference.standard_error
        for study in _studies(world, seed, draws, family, target)
    ]
    return float((np.abs(_some(ratios) - 1) >= limit).mean())


def bootstrap_alarm_rate(
    world: World,
    limit: float,
    *,
    replicates: int,
    seed: int,
    family: Family = "gaussian",
    target: Target = "ATE",
    measure: Measure = "difference",
    draws: int = DRAWS,
    resamples: int = RESAMPLES,
) -> float:
    """Return how often the bootstrap's spread differs from the jackknife-like standard error by ``limit``, as a share.

    Each of ``draws`` studies of the ``world`` has its own bootstrap, of at most ``resamples`` replicates. Where the run has
    more ``replicates``, their spread is less noisy. The noise has a variance inverse to the number of replicates, so the rate
    is extrapolated along that inverse: with m replicates it is p, with the two halves of them p₂, and with R it is
    p − (p₂ − p)(1 − m/R). Nothing is assumed of how the spreads of the studies are distributed: in small samples their tails
    are heavy. Studies that cannot be estimated are left out.

    Raises EstimationError when fewer than two can be estimated.
    """
    made = min(resamples, replicates)
    whole, halves = [], []
    for study in _studies(world, seed, draws, family, target):
        try:
            drawn = bootstrap_effect(
                world.x_propensity, world.x_outcome, study.treated, study.outcome,
                replicates=made, seed=study.seed, family=family, target=target,
            )  # fmt: skip
            replicated = measured(drawn, study.result.stacked, measure)
        except EstimationError:
            continue
        expected = small_sample_means(
            study.treated, study.outcome, study.fit, study.result,
            family=family, target=target, correction="HC3",
        )  # fmt: skip
        error = effect_of(expected, measure).inference.standard_error
        whole.append(replicated.spread / error)
        halves += [
            replace(replicated, estimates=replicated.estimates[half::2]).spread / error for half in (0, 1)
        ]
    rate, noisier = (float((np.abs(_some(ratios) - 1) >= limit).mean()) for ratios in (whole, halves))
    return float(np.clip(rate - (noisier - rate) * (1 - made / replicates), 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class _Study:
    """One drawn study, analysed; ``seed`` is for its bootstrap."""

    treated: NDArray[np.bool_]
    outcome: Vector
    fit: LogisticFit
    result: AugmentedResult
    seed: int


def _studies(world: World, seed: int, draws: int, family: Family, target: Target) -> Iterator[_Study]:
    """Yield the drawn studies that can be estimated; study k has its own random stream."""
    for number, stream in enumerate(np.random.SeedSequence(seed).spawn(draws)):
        treated, outcome = world.draw(np.random.Generator(np.random.PCG64(stream)))
        try:
            fit = fit_logistic(world.x_propensity, treated)
            if fit.separated:
                continue
            result = doubly_robust(world.x_outcome, treated, outcome, fit, family=family, target=target)
        except EstimationError:
            continue
        if not any(model.separated for model in result.models):
            yield _Study(treated, outcome, fit, result, number)


def _some(found: list[float]) -> Vector:
    """Return the numbers; raise EstimationError unless there are two or more."""
    if len(found) < 2:
        raise EstimationError(
            f"{len(found)} study of those drawn to learn a gate's false alarms could be estimated; expected two or more; "
            "use fewer covariates"
        )
    return np.array(found)
