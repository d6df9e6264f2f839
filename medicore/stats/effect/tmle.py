"""Targeted maximum likelihood estimation (TMLE) of the average treatment effect."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans, difference, means_of_influence
from medicore.stats.effect.estimate import Estimate
from medicore.stats.given import checked
from medicore.stats.models.outcome_model import Family, fit_outcome_models
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]

OUTCOME_MARGIN = 0.0005
"""Smallest distance of predictions, on the scale from 0 to 1, from its ends, so that their logit exists."""
MAX_ITERATIONS = 100
TOLERANCE = 1e-12
LONGEST_STEP = 5.0
"""Largest change of a prediction in one step, on the logit scale."""

Fluctuation = Literal["weight", "covariate"]


@dataclass(frozen=True, slots=True)
class TargetedResult:
    """The targeted estimate with its influence-function variance.

    ``fluctuations`` are the fitted coefficients, on the logit scale, of the fluctuation of the predictions under
    treatment and under control. ``clipped`` counts the subjects whose weight the bound reduced.
    """

    difference: Estimate
    means: ArmMeans
    fluctuations: tuple[float, float]
    clipped: int


@checked
def targeted(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    propensity: Scores,
    *,
    family: Family = "gaussian",
    bound: float = 0.0,
    fluctuation: Fluctuation = "weight",
) -> TargetedResult:
    """Return the ATE by TMLE with outcome models per arm (van der Laan & Rubin, 2006).

    A continuous outcome is mapped from its observed range to 0–1 and fluctuated on the logit scale, so every prediction
    stays in the range (Gruber & van der Laan, 2010). ``weight`` adds to each arm's predictions a constant that is
    fitted with weights 1/e, which limits the effect of large weights; ``covariate`` adds a multiple of 1/e, as in the
    original method. The probability of a subject's own arm counts as at least ``bound``. The standard error is that of
    the efficient influence function, ddof 1; it treats the scores as known. ``x`` is ``(n, p)`` without intercept.

    Raises
    ------
    EstimationError
        When the fluctuation does not converge, or the outcome does not vary.
    """
    score = propensity.fitted
    lowest, highest = (0.0, 1.0) if family != "gaussian" else (float(outcome.min()), float(outcome.max()))
    if lowest == highest:
        raise EstimationError("the outcome does not vary; expected two values or more; check its source")
    scaled = (outcome - lowest) / (highest - lowest)
    means, influences, moves, clipped = [], [], [], 0
    models = fit_outcome_models(x, treated, outcome, family)
    for arm, chance, model in zip((treated, ~treated), (score, 1 - score), models, strict=True):
        initial = (model.predicted - lowest) / (highest - lowest)
        start = logit(np.clip(initial, OUTCOME_MARGIN, 1 - OUTCOME_MARGIN))
        weight = 1 / np.maximum(chance, bound)
        clipped += int((chance[arm] < bound).sum())
        direction = np.ones(len(outcome)) if fluctuation == "weight" else weight
        move = fluctuation_of(start[arm], direction[arm], scaled[arm], (weight / direction)[arm])
        predicted = lowest + (highest - lowest) * expit(start + move * direction)
        mean = float(predicted.mean())
        means.append(mean)
        moves.append(move)
        influences.append(np.where(arm, weight * (outcome - predicted), 0.0) + predicted - mean)
    result = means_of_influence("ATE", "TMLE", means, influences, "influence function, ddof 1", 1)
    return TargetedResult(difference(result), result, (moves[0], moves[1]), clipped)


def fluctuation_of(start: Vector, direction: Vector, target: Vector, weight: Vector) -> float:
    """Return the ε that solves Σ w d (y − expit(start + ε d)) = 0 for d > 0, by Newton's method with halving.

    The sum decreases in ε. A step is halved until it brings the sum closer to 0 and moves every prediction by at most
    LONGEST_STEP; beyond that the sum is flat and its slope 0.
    """
    move = 0.0
    longest = LONGEST_STEP / float(direction.max())
    slack = TOLERANCE * float((weight * direction).sum())

    def excess(at: float) -> float:
        return float((weight * direction * (target - expit(start + at * direction))).sum())

    gap = excess(move)
    for _ in range(MAX_ITERATIONS):
        if abs(gap) <= slack:
            return move
        chance = expit(start + move * direction)
        step = gap / float((weight * direction**2 * chance * (1 - chance)).sum())
        while abs(step) > longest or (abs(excess(move + step)) > abs(gap) and abs(step) > TOLERANCE):
            step /= 2
        move += step
        gap = excess(move)
    raise EstimationError(
        "the targeting step of TMLE did not converge; expected a solution; look at the scores' overlap"
    )
