"""Samples with known follow-up, and the estimator of survival written once more, with weights, for derivatives."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.stats.survival.augmented_survival import (
    Form,
    Kind,
    SurvivalModels,
    SurvivalResult,
    augmented_survival,
    fit_survival_models,
)
from medicore.stats.survival.curve_influence import Summary

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
HORIZON = 1.0
KINDS: tuple[Kind, ...] = ("augmented", "models", "weights")


@dataclass(frozen=True)
class Followed:
    """Covariates ``(n, p)``, arm, follow-up time and event; ``competing`` is another event that ended follow-up."""

    x: Vector
    treated: Flags
    time: Vector
    event: Flags
    competing: Flags

    @cached_property
    def fit(self) -> LogisticFit:
        """Propensity model on all covariates, fitted once."""
        return fit_logistic(self.x, self.treated)

    @property
    def weights(self) -> Vector:
        """Inverse probability weights."""
        score = self.fit.fitted
        return np.where(self.treated, 1 / score, 1 / (1 - score))

    def models(self, form: Form = "per arm") -> SurvivalModels:
        """Return the hazard models."""
        return fit_survival_models(self.x, self.x, self.treated, self.time, self.event, form)

    def result(
        self,
        summary: Summary = "survival",
        kind: Kind = "augmented",
        form: Form = "per arm",
        horizon: float = HORIZON,
    ) -> SurvivalResult:
        """Return the estimate."""
        return augmented_survival(
            self.treated,
            self.time,
            self.event,
            self.fit,
            self.models(form),
            horizon=horizon,
            summary=summary,
            kind=kind,
        )

    def chosen(self, rows: NDArray[np.intp]) -> "Followed":
        """Return the sample of some subjects, in this order."""
        return Followed(
            self.x[rows], self.treated[rows], self.time[rows], self.event[rows], self.competing[rows]
        )

    def rounded(self, places: int) -> "Followed":
        """Return the sample with tied times."""
        return replace(self, time=np.ceil(self.time * 10**places) / 10**places)


def follow(seed: int, n: int = 90, p: int = 2, *, censored: bool = True) -> Followed:
    """Return a sample whose arm, event and censoring depend on the covariates."""
    chance = np.random.Generator(np.random.PCG64(seed))
    x = chance.normal(size=(n, p))
    treated = chance.random(n) < expit(0.5 * x[:, 0])
    event = chance.exponential(np.exp(-0.5 * x[:, 0] + 0.4 * treated))
    other = chance.exponential(np.full(n, 4.0))
    left = np.minimum(chance.exponential(1.6 * np.exp(-0.3 * x[:, -1])), chance.uniform(1.2, 3, n))
    if not censored:
        left = np.full(n, np.inf)
    first = np.minimum(event, other)
    return Followed(
        x,
        treated,
        np.minimum(first, left),
        (event <= other) & (event <= left),
        (other < event) & (other <= left),
    )


def weighted_estimate(
    data: Followed, weight: Vector, summary: Summary, form: Form, horizon: float = HORIZON
) -> Vector:
    """Return both arms' estimates, treated first, of subjects who count ``weight`` times each, by plain tables, ``(3, 2)``.

    The rows are the estimators of ``KINDS``.

    It shares nothing with the core but the definition: every hazard is a table of subjects by times.
    """
    n, means = len(data.time), []
    score = _logistic(data.x, data.treated, weight)
    for arm in (True, False):
        inside = data.treated == arm
        fitted = inside if form == "per arm" else np.ones(n, dtype=bool)
        x = data.x if form == "per arm" else np.column_stack([data.treated, data.x])
        set_to = data.x if form == "per arm" else np.column_stack([np.full(n, arm), data.x])
        times = np.unique(data.time[fitted])
        times = times[times <= horizon]
        died = _jumps(x, set_to, data.time, data.event, fitted, weight, times)
        left = _jumps(x, set_to, data.time, ~data.event, fitted, weight, times)
        survival = np.exp(-np.cumsum(died, axis=1))
        edges = np.append(times, horizon)
        if summary == "survival":
            lost, ahead, start = np.ones(len(times)), survival[:, -1:] / survival, 1 - survival[:, -1]
        else:
            areas = survival * np.diff(edges)
            rest = np.column_stack([areas[:, k:].sum(axis=1) for k in range(len(times))])
            lost, ahead = horizon - times, rest / survival
            start = horizon - times[0] - rest[:, 0]
        uncensored = np.exp(np.cumsum(left, axis=1) - left)
        at = data.time[:, None] == times
        ended = (uncensored * lost * (at & data.event[:, None])).sum(axis=1)
        martingale = (at & ~data.event[:, None]) - left * (data.time[:, None] >= times)
        integral = (uncensored * (lost - ahead) * martingale).sum(axis=1)
        balance = inside / (score if arm else 1 - score)
        losses = np.column_stack([start + balance * (ended + integral - start), start, balance * ended])
        best = 1.0 if summary == "survival" else horizon
        means.append(best - weight @ losses / weight.sum())
    return np.column_stack(means)


def _logistic(x: Vector, treated: Flags, weight: Vector) -> Vector:
    basis, theta = np.column_stack([np.ones(len(x)), x]), np.zeros(x.shape[1] + 1)
    for _ in range(30):
        fitted = expit(basis @ theta)
        information = (basis * (weight * fitted * (1 - fitted))[:, None]).T @ basis
        step = np.linalg.solve(information, basis.T @ (weight * (treated - fitted)))
        theta += step
        if np.abs(step).max() < 1e-11:
            break
    return np.asarray(expit(basis @ theta))


def _jumps(
    x: Vector, set_to: Vector, time: Vector, event: Flags, inside: Flags, weight: Vector, times: Vector
) -> Vector:
    """Return by how much everybody's cumulative hazard rises at each time, ``(n, times)``."""
    moments = np.unique(time[inside & event])
    table = inside & (time >= moments[:, None])
    at = inside & event & (time == moments[:, None])
    deaths, theta = at @ weight, np.zeros(x.shape[1])
    for _ in range(40):
        risk = table * (weight * np.exp(x @ theta))
        share = risk / risk.sum(axis=1, keepdims=True)
        mean = share @ x
        score = (at @ (weight[:, None] * x)).sum(axis=0) - deaths @ mean
        information = x.T @ (x * (deaths @ share)[:, None]) - (mean * deaths[:, None]).T @ mean
        step = np.linalg.solve(information, score)
        theta += step
        if np.abs(step).max() < 1e-11:
            break
    base = deaths / (table @ (weight * np.exp(x @ theta)))
    placed = np.array([base[moments == moment].sum() for moment in times])
    return np.outer(np.exp(set_to @ theta), placed)


def derivatives(data: Followed, summary: Summary, form: Form, step: float = 1e-3) -> Vector:
    """Return the derivatives of the estimates by each subject's weight, ``(n, 3, 2)``, by central differences."""
    found = np.empty((len(data.time), 3, 2))
    for row in range(len(data.time)):
        ends = []
        for sign in (1, -1):
            weight = np.ones(len(data.time))
            weight[row] += sign * step
            ends.append(weighted_estimate(data, weight, summary, form))
        found[row] = (ends[0] - ends[1]) / (2 * step)
    return found
