"""Double programming of the survival estimate: computed a second time, by other means.

Nothing here is shared with the primary route, neither code nor algebra.

=====================  ======================================  =============================================
part                   primary                                 here
=====================  ======================================  =============================================
columns                standardised                            rotated and whitened by their SVD
logistic regression    Newton with step-halving                scikit-learn's LogisticRegression
hazard model           Newton on cumulated risk sets           SciPy's trust region on the whole table of
                                                               events by subjects at risk
integral over time     cumulated sums of all subjects          a sum over the times of each subject in turn
=====================  ======================================  =============================================
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.given import checked
from medicore.stats.survival.curve_influence import Summary
from medicore.stats.verification import Verification
from medicore.stats.verification_columns import whitened
from medicore.stats.verification_models import linear_predictor, vanished

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

_FLATTEST = 1e-6
"""Curvature per event, on whitened columns, at which a likelihood counts as flat, so that it has no maximum."""
_LIBRARY = "scikit-learn, SciPy"
_ROUTE = "SVD-whitened columns, newton-cholesky, trust region on the table of events by subjects at risk, subject by subject"


@checked
def verify_survival(
    x_propensity: Vector,
    x_outcome: Vector,
    x_censoring: Vector,
    treated: Flags,
    time: Vector,
    event: Flags,
    *,
    horizon: float,
    summary: Summary,
) -> Verification:
    """Return the difference of ``augmented_survival`` by models per arm, with the influence function's standard error.

    Designs are ``(n, p)`` without intercept. Value and error are NaN, which confirms nothing, when a regression or a
    hazard model is not proved to be at its maximum.
    """
    everybody = np.ones(len(treated), dtype=bool)
    logit = linear_predictor(x_propensity, treated, everybody)
    means, influences = [], []
    for sign, arm in ((1.0, treated), (-1.0, ~treated)):
        weight = np.where(arm, 1 + np.exp(np.minimum(-sign * logit, 700.0)), 0.0)
        died = _Hazard.of(x_outcome, time, event, arm)
        left = _Hazard.of(x_censoring, time, ~event, arm)
        starts = np.zeros(1)
        losses = np.array([died.expected(row, starts, horizon, summary)[0] for row in range(len(time))])
        for row in np.flatnonzero(arm).tolist():
            happened = float(time[row]), bool(event[row])
            losses[row] += weight[row] * (_seen(died, left, row, *happened, horizon, summary) - losses[row])
        kept = (1.0 if summary == "survival" else horizon) - losses
        means.append(float(np.sum(kept)) / len(kept))
        influences.append(kept - means[-1])
    both = influences[0] - influences[1]
    spread = float(np.sum(both**2)) / (len(both) - 1)
    return Verification(means[0] - means[1], float(np.sqrt(spread / len(both))), _LIBRARY, _ROUTE)


@dataclass(frozen=True, slots=True)
class _Hazard:
    """The times of a hazard's jumps and their sizes, ``(j,)``, and everybody's relative hazard, ``(n,)``."""

    times: Vector
    jumps: Vector
    relative: Vector

    @classmethod
    def of(cls, x: Vector, time: Vector, event: Flags, arm: Flags) -> "_Hazard":
        """Return the hazard of ``event`` within an arm; its relative hazards are NaN unless the maximum is proved."""
        own_time, own_event = time[arm], event[arm]
        moments, deaths = np.unique(own_time[own_event], return_counts=True)
        table = (own_time >= moments[:, None]).astype(np.float64)
        columns = _without_constant(x, arm)
        theta = _maximum(columns[arm], table, deaths, own_event)
        relative = np.exp(np.clip(columns @ theta, -100.0, 100.0))
        return cls(moments, deaths / (table @ relative[arm]), relative)

    def cumulative(self, row: int, until: Vector, *, before: bool = False) -> Vector:
        """Return a subject's cumulative hazard up to some times, or up to just ``before`` them, ``(s,)``."""
        reached = np.searchsorted(self.times, until, side="left" if before else "right")
        sums = np.concatenate([[0.0], np.cumsum(self.jumps)])
        found: Vector = self.relative[row] * sums[reached]
        return found

    def expected(self, row: int, starts: Vector, horizon: float, summary: Summary) -> Vector:
        """Return the expected loss of a subject without the event at some times, ``(s,)``."""
        already = self.cumulative(row, starts)
        if summary == "survival":
            found: Vector = 1 - np.exp(already - self.cumulative(row, np.array([horizon])))
            return found
        steps = self.times[self.times < horizon]
        falls = np.exp(-self.cumulative(row, steps))
        edges = np.concatenate([[0.0], steps, [horizon]])
        areas = np.concatenate([[0.0], np.cumsum(np.concatenate([[1.0], falls]) * np.diff(edges))])
        reached = np.interp(starts, edges, areas)  # the area under steps is linear between them
        found = horizon - starts - (areas[-1] - reached) * np.exp(already)
        return found


def _without_constant(x: Vector, arm: Flags) -> Vector:
    """Return columns that span those of ``x`` beside the constant within an arm, ``(n, q)``.

    The whitened columns hold the constant in the shares of their means; they are without it when one with a share is left out.
    """
    columns = whitened(x, arm)
    constant = int(np.argmax(np.abs(columns[arm].mean(axis=0))))
    return np.delete(columns, constant, axis=1)


def _seen(
    died: _Hazard, left: _Hazard, row: int, time: float, event: bool, horizon: float, summary: Summary
) -> float:
    """Return the loss of a followed subject, weighted for censoring, and what the martingale of censoring adds."""
    seen = 0.0
    if time <= horizon:
        own = np.array([time])
        lost = 1.0 if summary == "survival" else horizon - time
        worth = lost if event else float(died.expected(row, own, horizon, summary)[0])
        seen = worth * float(np.exp(left.cumulative(row, own, before=True))[0])
    passed = left.times <= min(time, horizon)
    moments, rises = left.times[passed], left.relative[row] * left.jumps[passed]
    each = died.expected(row, moments, horizon, summary) * np.exp(left.cumulative(row, moments, before=True))
    return seen - float(np.sum(each * rises))


def _maximum(columns: Vector, table: Vector, deaths: NDArray[np.int64], event: Flags) -> Vector:
    """Return the coefficients at the maximum of the partial likelihood, NaN where it is not proved.

    ``table`` is ``(j, m)``, 1 where a subject is at risk at a time of an event.
    """
    from scipy.optimize import minimize

    size, number = columns.shape[1], max(int(event.sum()), 1)
    if not size or not event.any():
        return np.zeros(size)
    total = np.sum(columns[event], axis=0)

    def shares(theta: Vector) -> tuple[Vector, Vector]:
        hazard = np.exp(np.clip(columns @ theta, -100.0, 100.0))
        sums = table @ hazard
        return table * hazard / sums[:, None], sums

    def value(theta: Vector) -> float:
        return float(deaths @ np.log(shares(theta)[1]) - total @ theta) / number

    def score(theta: Vector) -> Vector:
        found: Vector = (deaths @ shares(theta)[0] @ columns - total) / number
        return found

    def curvature(theta: Vector) -> Vector:
        share, _ = shares(theta)
        mean = share @ columns
        spread = columns.T @ (columns * (deaths @ share)[:, None]) - (mean * deaths[:, None]).T @ mean
        found: Vector = spread / number
        return found

    found = minimize(
        value, np.zeros(size), jac=score, hess=curvature, method="trust-exact", options={"gtol": 1e-12}
    )
    theta = np.asarray(found.x, dtype=np.float64)
    for _ in range(
        3
    ):  # the trust region ends where the value no longer changes; the root of the score is nearer
        theta = theta - np.linalg.pinv(curvature(theta)) @ score(theta)
    bent = float(np.linalg.eigvalsh(curvature(theta)).min()) > _FLATTEST
    return theta if bent and vanished(score(theta)) else np.full(size, np.nan)
