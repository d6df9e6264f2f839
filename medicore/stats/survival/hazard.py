"""Hazard models: each subject's cumulative hazard by Cox's model with Breslow's baseline, and what the fit adds to a variance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.survival.cox import CoxFit, fit_cox
from medicore.stats.survival.risk_sets import RiskSets

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class HazardModel:
    """A hazard model of the subjects ``inside``, as it applies to everybody.

    ``times``, ``(k,)``, are the distinct times of follow-up of the subjects inside, and ``jumps``, ``(k,)``, those of the
    baseline's cumulative hazard d/Σr (Breslow, 1974). ``relative``, ``(n,)``, is everybody's relative hazard r, and ``columns``,
    ``(n, q)``, are those of its logarithm: a subject's cumulative hazard rises by r·jump. ``place``, ``event`` and ``own``
    are of the subjects inside: the position of their time, whether they have the event, and their relative hazard in
    the fit. ``fit`` is None where no event happens, so that every jump is 0.
    """

    times: Vector
    jumps: Vector
    relative: Vector
    columns: Vector
    inside: Flags
    event: Flags
    place: NDArray[np.intp]
    own: Vector
    at_risk: Vector
    mean: Vector
    fit: CoxFit | None

    def propagate(self, by_theta: Vector, by_jumps: Vector) -> Vector:
        """Return each subject's influence on an estimand through the model, ``(n,)``.

        ``by_theta``, ``(q,)``, and ``by_jumps``, ``(k,)``, are the estimand's derivatives with respect to the
        coefficients and the baseline's jumps. A subject's influence on a jump is (dN − 1{at risk}·r·jump)/Σr − jump·x̄·its
        influence on the coefficients (Andersen & Gill, 1982; Lin, Fleming & Wei, 1994), x̄ the mean at risk.
        """
        n = len(self.inside)
        through = np.zeros(n)
        if self.fit is None:
            return through
        each = np.divide(by_jumps, self.at_risk, out=np.zeros_like(by_jumps), where=self.at_risk > 0)
        theta = by_theta - (by_jumps * self.jumps) @ self.mean
        martingale = self.event * each[self.place] - self.own * np.cumsum(each * self.jumps)[self.place]
        # Influences on a mean over everybody; the fit's are those on a mean over the subjects inside.
        scale = n / len(martingale)
        through[self.inside] = scale * (self.fit.influence @ theta) + n * martingale
        return through


def fit_hazard(x: Vector, time: Vector, event: Flags, inside: Flags, everybody: Vector) -> HazardModel:
    """Return the hazard of ``event``, ``(n,)`` bool, fitted to the subjects ``inside``, ``(n,)`` bool, on ``x``, ``(n, p)``.

    ``everybody``, ``(n, p)``, are the columns by which the relative hazards of everybody are predicted: ``x`` itself, or
    ``x`` with everybody's arm set to one. Without columns the baseline alone is estimated, as by Nelson and Aalen.

    Raises EstimationError when a time or covariate is no valid number.
    """
    own = event[inside]
    sets = RiskSets.of(time[inside])
    empty = np.zeros(len(sets.times))
    if not own.any():
        nothing = np.zeros((len(time), 0))
        return HazardModel(
            sets.times,
            empty,
            np.ones(len(time)),
            nothing,
            inside,
            own,
            sets.place,
            np.ones(len(own)),
            empty,
            empty[:, None][:, :0],
            None,
        )
    fit = fit_cox(x[inside], time[inside], own, ties="breslow")
    columns = fit.design.basis(everybody)[:, 1:]
    relative = fit.relative_hazard(x[inside])
    at_risk = sets.at_risk(relative)
    mean = sets.at_risk(relative[:, None] * fit.design.columns) / at_risk[:, None]
    jumps = sets.at(own.astype(np.float64)) / at_risk
    predicted = fit.relative_hazard(everybody)
    return HazardModel(
        sets.times, jumps, predicted, columns, inside, own, sets.place, relative, at_risk, mean, fit
    )
