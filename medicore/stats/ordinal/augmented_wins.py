"""The chance that a treated subject fares better than a control, by AIPW of the arms' distributions over the levels."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.inverse_probability import weighted_means
from medicore.stats.effect.standardisation import standardised_means
from medicore.stats.effect.unadjusted import unadjusted_means
from medicore.stats.given import checked
from medicore.stats.models.outcome_model import Form
from medicore.stats.models.scores import Scores
from medicore.stats.ordinal.wins import at_or_below, win_means

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Models = Literal["gaussian", "binomial"]
"""How the chance of being at or below a level is modelled: by least squares, or by logistic regression."""


@dataclass(frozen=True, slots=True)
class WinResult:
    """The chances of the treated and of the control to fare better, with the two analytic variances.

    ``thresholds`` are the arms' chances of being at or below each level but the best, with the stacked sandwich.
    """

    means: ArmMeans
    stacked: ArmMeans
    thresholds: tuple[ArmMeans, ...]


@checked
def augmented_wins(
    x: Vector,
    treated: Flags,
    outcome: Vector,
    levels: int,
    propensity: Scores,
    *,
    models: Models = "gaussian",
    form: Form = "per arm",
) -> WinResult:
    """Return the chances if everybody were in either arm, two independent subjects being compared.

    ``outcome``, ``(n,)``, is the place of each subject's level, 0 for the worst; ``x`` is ``(n, p)`` without intercept. For
    each level k but the best, P(Y ≤ k) in each arm is estimated by AIPW (Robins, Rotnitzky & Zhao, 1994) of the indicator
    1{Y ≤ k}, with an outcome model per level and arm; the chances follow from these distributions (see ``win_means``). It
    is consistent when the propensity score is right, or the models of all levels are. Least squares, the default, has a
    fit where a level is rare, as logistic regression has not.

    Standard errors: influence function, ddof 1, and the stacked sandwich over scores and all models (Stefanski & Boos, 2002),
    ddof 0, joint over the thresholds.
    """
    found = [
        augmented_inverse_probability(x, treated, reached, propensity, family=models, form=form)
        for reached in at_or_below(outcome, levels).T
    ]
    name = "AIPW of each threshold"
    if models == "binomial":
        name = f"{name}, logistic models"
    if form == "joint":
        name = f"{name}, joint models"
    return WinResult(
        win_means([one.means for one in found], name),
        win_means([one.stacked for one in found], name),
        tuple(one.stacked for one in found),
    )


@checked
def modelled_wins(
    x: Vector, treated: Flags, outcome: Vector, levels: int, form: Form = "per arm"
) -> ArmMeans:
    """Return the chances by the models of the thresholds alone, least squares averaged over everybody (Robins, 1986)."""
    found = [standardised_means(x, treated, reached, form=form) for reached in at_or_below(outcome, levels).T]
    return win_means(found, "g-computation of each threshold")


@checked
def weighted_wins(treated: Flags, outcome: Vector, levels: int, propensity: Scores) -> ArmMeans:
    """Return the chances by inverse probability weights alone, normalised per arm, with scores estimated."""
    found = [
        weighted_means(treated, reached, propensity).scores_estimated
        for reached in at_or_below(outcome, levels).T
    ]
    return win_means(found, "IPW (Hájek) of each threshold")


@checked
def unadjusted_wins(treated: Flags, outcome: Vector, levels: int) -> ArmMeans:
    """Return the chances in the arms as they are: the Mann–Whitney statistic U1/(n1 n0), ties counted half.

    The variance does not suppose equal arms: it is that of the placements (Brunner & Munzel, 2000), s²/n per arm, ddof 1.

    Raises EstimationError when an arm has fewer than two subjects.
    """
    return win_means(unadjusted_thresholds(treated, outcome, levels), "Mann–Whitney")


@checked
def unadjusted_thresholds(treated: Flags, outcome: Vector, levels: int) -> tuple[ArmMeans, ...]:
    """Return the shares of each arm at or below each level but the best."""
    return tuple(unadjusted_means(treated, reached) for reached in at_or_below(outcome, levels).T)
