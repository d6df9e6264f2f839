"""Samples with known rates and exposures, and the estimator of rates written once more, with weights, for derivatives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.stats.counts.augmented_rates import (
    Form,
    Kind,
    RateModels,
    RateResult,
    augmented_rates,
    fit_rate_models,
)
from medicore.stats.models.logistic import LogisticFit, fit_logistic

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
KINDS: tuple[Kind, ...] = ("augmented", "models", "weights")
FORMS: tuple[Form, ...] = ("per arm", "joint")


@dataclass(frozen=True)
class Counted:
    """Covariates ``(n, p)``, arm, number of events and exposure."""

    x: Vector
    treated: Flags
    count: Vector
    time: Vector

    @property
    def fit(self) -> LogisticFit:
        """Propensity model on all covariates."""
        return fit_logistic(self.x, self.treated)

    def models(self, form: Form = "per arm") -> RateModels:
        """Return the models of rate and exposure."""
        return fit_rate_models(self.x, self.treated, self.count, self.time, form)

    def result(self, kind: Kind = "augmented", form: Form = "per arm") -> RateResult:
        """Return the estimate."""
        return augmented_rates(self.treated, self.count, self.time, self.fit, self.models(form), kind)

    def chosen(self, rows: NDArray[np.intp]) -> "Counted":
        """Return the sample of some subjects, in this order."""
        return Counted(self.x[rows], self.treated[rows], self.count[rows], self.time[rows])


def counted(seed: int, n: int = 300, effect: float = -0.4) -> Counted:
    """Return a confounded sample: rates vary between subjects more than Poisson's, and exposures end early for some."""
    chance = np.random.Generator(np.random.PCG64(seed))
    x = np.column_stack([chance.normal(size=n), chance.integers(0, 2, size=n)]).astype(np.float64)
    treated = chance.random(n) < expit(0.5 * x[:, 0] - 0.3 * x[:, 1])
    time = np.clip(chance.exponential(1.2 * np.exp(0.2 * x[:, 0] + 0.2 * treated)), 0.05, 1.0)
    frailty = chance.gamma(2.0, 0.5, size=n)
    rate = np.exp(0.7 + 0.4 * x[:, 0] - 0.3 * x[:, 1] + effect * treated)
    return Counted(x, treated, chance.poisson(rate * frailty * time).astype(np.float64), time)


def weighted_estimate(data: Counted, weights: Vector, form: Form = "per arm") -> Vector:
    """Return the arms' rates, ``(3, 2)``, in the order of ``KINDS``, where each subject counts ``weights`` times, ``(n,)``."""
    from statsmodels.genmod.families import Binomial, Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    n = len(weights)
    basis = np.column_stack([np.ones(n), data.x])

    def fitted(count: Vector, offset: Vector, inside: Flags, columns: Vector, predict: Vector) -> Vector:
        model = GLM(
            count[inside],
            columns[inside],
            family=Poisson(),
            offset=offset[inside],
            freq_weights=weights[inside],
        )
        rates: Vector = np.exp(predict @ model.fit(tol=1e-14, maxiter=100).params)
        return rates

    logit = GLM(data.treated.astype(float), basis, family=Binomial(), freq_weights=weights)
    score = expit(basis @ logit.fit(tol=1e-14, maxiter=100).params)
    found = np.empty((3, 2))
    offset, none = np.log(data.time), np.zeros(n)
    everybody = np.ones(n, dtype=bool)
    for place, inside in enumerate((data.treated, ~data.treated)):
        columns, predict, rows = basis, basis, inside
        if form == "joint":
            columns = np.column_stack([basis, data.treated])
            predict, rows = np.column_stack([basis, np.full(n, 1.0 - place)]), everybody
        m = fitted(data.count, offset, rows, columns, predict)
        q = fitted(data.time, none, rows, columns, predict)
        chance = score if place == 0 else 1 - score
        seen = inside / chance / q
        augmented = m + seen * (data.count - data.time * m)
        found[0, place] = (weights * augmented).sum() / weights.sum()
        found[1, place] = (weights * m).sum() / weights.sum()
        found[2, place] = (weights * seen * data.count).sum() / (weights * seen * data.time).sum()
    return found


def derivatives(data: Counted, form: Form) -> Vector:
    """Return the derivatives of the plain estimates by each subject's weight, ``(n, 3, 2)``: the influences over n."""
    n, step = len(data.count), 1e-5
    slopes = np.empty((n, 3, 2))
    for row in range(n):
        up, down = np.ones(n), np.ones(n)
        up[row], down[row] = 1 + step, 1 - step
        slopes[row] = (weighted_estimate(data, up, form) - weighted_estimate(data, down, form)) / (2 * step)
    return slopes
