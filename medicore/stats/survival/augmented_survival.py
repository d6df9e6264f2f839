"""The difference in survival at a horizon, or in restricted mean survival, by AIPW with censoring weights."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans, means_of_influence
from medicore.stats.given import checked
from medicore.stats.models.sandwich import propagate
from medicore.stats.models.scores import Scores
from medicore.stats.survival.curve_influence import Summary
from medicore.stats.survival.expected_loss import expected_loss, loss_terms, lost_by_event
from medicore.stats.survival.hazard import HazardModel, fit_hazard
from medicore.stats.survival.risk_sets import require_follow_up

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Kind = Literal["augmented", "models", "weights"]
Form = Literal["per arm", "joint"]

_AT_ONCE = 1_000_000
"""Numbers of a table of subjects by times that are in memory at once."""
_NAMES: dict[Kind, str] = {
    "augmented": "AIPW with censoring weights",
    "models": "Hazard models (g-computation)",
    "weights": "IPW with censoring weights",
}


@dataclass(frozen=True, slots=True)
class SurvivalModels:
    """The hazards of event and of censoring, each under treatment and under control."""

    events: tuple[HazardModel, HazardModel]
    censoring: tuple[HazardModel, HazardModel]


@dataclass(frozen=True, slots=True)
class SurvivalResult:
    """Each arm's survival at the horizon, or restricted mean, with two variances.

    ``means`` has the variance of the influence function with the models taken as known, ``stacked`` that of the stacked
    equations of estimate, scores and hazard models. ``contributions``, ``(n, 2)``, are the subjects' uncentred
    influences, treated first; their means are the arms' means.
    """

    means: ArmMeans
    stacked: ArmMeans
    contributions: Vector
    models: SurvivalModels


@checked
def fit_survival_models(
    x_outcome: Vector,
    x_censoring: Vector,
    treated: Flags,
    time: Vector,
    event: Flags,
    form: Form = "per arm",
) -> SurvivalModels:
    """Return the hazard models of event and censoring: one ``per arm``, or ``joint`` with the arm as a covariate.

    Designs are ``(n, p)`` without intercept, possibly without columns; ``time`` is ``(n,)`` and ``event`` ``(n,)``
    bool. A subject without the event is censored at its time.

    Raises EstimationError when an arm has no event, or a time is negative or no finite number.
    """
    require_follow_up(time, event)
    for arm, inside in (("treated", treated), ("control", ~treated)):
        if not event[inside].any():
            raise EstimationError(
                f"no {arm} subject has the event, so that no hazard can be estimated; wait for more follow-up"
            )

    def both(x: Vector, happened: Flags) -> tuple[HazardModel, HazardModel]:
        if form == "per arm":
            return fit_hazard(x, time, happened, treated, x), fit_hazard(x, time, happened, ~treated, x)
        n, everybody = len(time), np.ones(len(time), dtype=bool)
        joint = np.column_stack([treated.astype(np.float64), x])
        one, zero = (
            fit_hazard(joint, time, happened, everybody, np.column_stack([np.full(n, arm), x]))
            for arm in (1.0, 0.0)
        )
        return one, zero

    return SurvivalModels(both(x_outcome, event), both(x_censoring, ~event))


@checked
def augmented_survival(
    treated: Flags,
    time: Vector,
    event: Flags,
    propensity: Scores,
    models: SurvivalModels,
    *,
    horizon: float,
    summary: Summary,
    kind: Kind = "augmented",
) -> SurvivalResult:
    """Return each arm's survival S(τ), or restricted mean, in everybody: by AIPW, by the models or by the weights alone.

    The loss L is 1{T ≤ τ} for survival and (τ − T)⁺ for the restricted mean, so that it is 0 for who is followed to the
    horizon τ. With e the chance of its own arm, G the chance of not being censored, m(u) = E(L | T > u, x) and M the
    martingale of censoring, an arm's mean loss is the mean of m(0) + 1{arm}/e · [1{event by τ}L/G(T−) − m(0) +
    ∫ m(u)/G(u−) dM(u)] (Robins & Rotnitzky, 1992; Zhang & Schaubel, 2012; Bai, Tsiatis & O'Brien, 2013; Ozenne,
    Scheike, Stærk & Gerds, 2020, section 3). ``kind`` "models" is the mean of m(0), "weights" that of
    1{arm}/e · 1{event by τ}L/G(T−). Survival is exp(−cumulative hazard). The estimate is consistent when the
    hazards of the event are right, or the scores and the hazards of censoring.

    Standard errors: influence function, ddof 1, and the stacked sandwich over scores and all hazard models, ddof 0.

    Raises EstimationError when an arm has nobody under observation at the horizon, so that nothing says what follows.
    """
    for arm, inside in (("treated", treated), ("control", ~treated)):
        longest = float(time[inside].max())
        if longest < horizon and not event[inside][time[inside] == longest].all():
            raise EstimationError(
                f"follow-up of the {arm} arm ends at {longest:g}, before the horizon {horizon:g}; expected someone under "
                "observation there; declare an earlier outcome.horizon, or wait for more follow-up"
            )
    chances = propensity.fitted, 1 - propensity.fitted
    arms, direct, full = [], [], []
    for sign, inside, chance, place in ((1.0, treated, chances[0], 0), (-1.0, ~treated, chances[1], 1)):
        own = ArmLoss(
            time, event, inside, chance, models.events[place], models.censoring[place], horizon, summary
        )
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of a separated model is judged here
            loss = own.loss(kind)
        if not np.isfinite(loss.contributions).all():
            raise EstimationError(
                "a hazard model gives some subjects no chance of being followed or of surviving (separation), so that they "
                "have no weight; simplify models.outcome or outcome.censoring"
            )
        mean = float(loss.contributions.mean())
        through = models.events[place].propagate(loss.by_events[0], loss.by_events[1])
        through += models.censoring[place].propagate(loss.by_censoring[0], loss.by_censoring[1])
        through += propagate(propensity.influence, propensity.gradient, sign * loss.by_chance)
        arms.append(loss.contributions)
        direct.append(mean - loss.contributions)
        full.append(mean - loss.contributions - through)
    best = 1.0 if summary == "survival" else horizon
    contributions = best - np.column_stack(arms)
    both = contributions.mean(axis=0).tolist()
    means = means_of_influence("ATE", _NAMES[kind], both, direct, "influence function, ddof 1", 1)
    stacked = means_of_influence("ATE", _NAMES[kind], both, full, "stacked sandwich, ddof 0")
    return SurvivalResult(means, stacked, contributions, models)


@dataclass(frozen=True, slots=True)
class _Loss:
    """Each subject's contribution to an arm's mean loss, and the mean's derivatives.

    ``by_events`` and ``by_censoring`` are those with respect to a model's coefficients and jumps, ``by_chance``,
    ``(n,)``, those with respect to each subject's chance of the arm.
    """

    contributions: Vector
    by_events: tuple[Vector, Vector]
    by_censoring: tuple[Vector, Vector]
    by_chance: Vector


@dataclass(frozen=True, slots=True)
class ArmLoss:
    """What the loss of an arm is computed from; both hazard models have the same times."""

    time: Vector
    event: Flags
    inside: Flags
    chance: Vector
    events: HazardModel
    censoring: HazardModel
    horizon: float
    summary: Summary

    def loss(self, kind: Kind) -> _Loss:
        """Return the arm's mean loss by an estimator of this kind, a few subjects at a time."""
        n, k = len(self.time), len(self.events.times)
        inner = int(np.searchsorted(self.events.times, self.horizon, side="right"))
        contributions, by_chance = np.empty(n), np.empty(n)
        sums = [(np.zeros(model.columns.shape[1]), np.zeros(k)) for model in (self.events, self.censoring)]
        rows = max(1, _AT_ONCE // max(inner, 1))
        for first in range(0, n, rows):
            part = slice(first, min(first + rows, n))
            contributions[part], by_chance[part], slopes = self.part(part, inner, kind)
            for (by_theta, by_jumps), model, slope in zip(
                sums, (self.events, self.censoring), slopes, strict=True
            ):
                by_jump = slope * model.relative[part, None]
                by_jumps[:inner] += by_jump.sum(axis=0) / n
                by_theta += (by_jump @ model.jumps[:inner]) @ model.columns[part] / n
        return _Loss(contributions, sums[0], sums[1], by_chance / n)

    def part(self, part: slice, inner: int, kind: Kind) -> tuple[Vector, Vector, tuple[Vector, Vector]]:
        """Return contributions, derivatives by the chance, and those by each rise of the two cumulative hazards, ``(rows, inner)``."""
        times = self.events.times[:inner]
        time, event = self.time[part, None], self.event[part, None]
        hazard = self.events.relative[part], self.events.jumps[:inner]
        against = self.censoring.relative[part], self.censoring.jumps[:inner]
        found = loss_terms(hazard, against, times, self.horizon, self.summary)
        at_start = expected_loss(*hazard, times, self.horizon, self.summary)
        weight = np.where(self.inside[part], 1 / self.chance[part], 0.0)
        at_risk = time >= times
        own = time == times
        lost = lost_by_event(times, self.horizon, self.summary)
        of_models, of_weights = float(kind != "weights"), float(kind != "models")
        augmented = float(kind == "augmented")
        ended = of_weights * weight[:, None] * found.uncensored * lost * (own & event)
        carried = (
            augmented
            * weight[:, None]
            * found.uncensored
            * ((own & ~event) - at_risk * (against[0][:, None] * against[1]))
        )
        weighted = ended + carried * found.expected
        share = of_models - augmented * weight
        contributions = share * at_start + weighted.sum(axis=1)
        by_chance = (augmented * weight * at_start - weighted.sum(axis=1)) / self.chance[part]
        ratio = np.divide(carried, found.survival, out=np.zeros_like(carried), where=found.survival > 0)
        by_events = found.ahead * (share[:, None] + np.cumsum(ratio, axis=1) - ratio)
        later = weighted[:, ::-1].cumsum(axis=1)[:, ::-1] - weighted
        factor = augmented * weight[:, None] * found.uncensored * found.expected
        return contributions, by_chance, (by_events, later - factor * at_risk)
