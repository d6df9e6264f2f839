"""The study in which both models are right, as far as an analysis can tell: what the false alarms of gates are simulated on."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from medicore.stats.given import checked
from medicore.stats.models.firth import fit_firth
from medicore.stats.models.leverage import hat_diagonal
from medicore.stats.models.linear import fit_linear
from medicore.stats.models.outcome_model import Family, require_binary

Vector = NDArray[np.float64]

FURTHEST = 50.0
"""How far beyond the predictors an intercept is sought; the risk there is 0 or 1 to the last bit."""
LEAST_FREE = 1e-3
"""The smallest 1 − leverage by which a residual is divided."""


@dataclass(frozen=True, slots=True)
class World:
    """A study in which both models are right: its covariates, and the distributions of arm and outcome.

    ``score`` and ``means``, ``(n,)`` and ``(n, 2)``, treated first, are the truths; ``residuals`` are those of each arm,
    empty for a binomial outcome.
    """

    x_propensity: Vector
    x_outcome: Vector
    score: Vector
    means: Vector
    residuals: tuple[Vector, Vector]

    @classmethod
    @checked
    def of(
        cls,
        x_propensity: Vector,
        x_outcome: Vector,
        treated: NDArray[np.bool_],
        outcome: Vector,
        family: Family = "gaussian",
        *,
        randomised: bool = False,
    ) -> Self:
        """Return the world of the fitted models, freed of what they owe to chance.

        Fitted predictors vary more between subjects than the true ones, by the variance of their coefficients:
        E[s²] = σ² + tr(SV) with s² and σ² the variances of the fitted and the true predictor, S the covariance of the
        columns, and V that of the coefficients (``freed``). Drawn from as they are, scores would be too extreme, and effects
        would seem to differ between subjects who all have the same one: that adds to both standard errors of the estimate
        alike, so that they would agree too often. So the variance of three predictors is brought to s² − tr(SV): that of the
        scores, that of the effects (the difference of the arms' outcome models), and that of the arms' average. The mean score
        stays the treated's share; where the study is ``randomised`` it is every subject's.

        The equation needs coefficients without bias. Those of maximum likelihood logistic regression are too far from 0, by
        O(1/n); Firth's penalised likelihood removes that (Firth, 1993, section 2) and is used for the scores and for a
        binomial outcome, where each arm keeps its share of events, half an event added to either side.
        The residuals of a Gaussian outcome are divided by √(1 − leverage) and centred.

        Rates are no linear function of these variances, so that the mean of what many studies find is still off: for the sandwich
        by up to two points in a hundred where it was simulated (docs/simulation.md).
        """
        score = np.full(len(treated), treated.mean())
        if not randomised:
            scored = _logistic(x_propensity, treated, np.ones(len(treated), dtype=bool))
            score = _at_share(freed(*scored), float(treated.mean()), np.ones(len(treated), dtype=bool))
        arms = (treated, ~treated)
        if family == "gaussian":
            fitted = [_linear(x_outcome, outcome, arm) for arm in arms]
            means = _parted(*(model[:2] for model in fitted))
            return cls(x_propensity, x_outcome, score, means, (fitted[0][2], fitted[1][2]))
        require_binary(outcome)
        predictors = _parted(*(_logistic(x_outcome, outcome == 1, arm) for arm in arms))
        shares = [(float(outcome[arm].sum()) + 0.5) / (int(arm.sum()) + 1) for arm in arms]
        means = np.column_stack(
            [_at_share(one, share, arm) for one, share, arm in zip(predictors.T, shares, arms, strict=True)]
        )
        return cls(x_propensity, x_outcome, score, means, (np.zeros(0), np.zeros(0)))

    def draw(self, chance: np.random.Generator) -> tuple[NDArray[np.bool_], Vector]:
        """Return arm and outcome of one study."""
        treated = chance.random(len(self.score)) < self.score
        mean = np.where(treated, self.means[:, 0], self.means[:, 1])
        if not self.residuals[0].size:
            return treated, (chance.random(len(mean)) < mean).astype(np.float64)
        drawn = [chance.choice(pool, len(mean)) for pool in self.residuals]
        return treated, mean + np.where(treated, *drawn)


def freed(predictor: Vector, noise: float) -> Vector:
    """Return the predictor, ``(n,)``, with the same mean and its variance less ``noise``, and at least 0.

    With columns of mean 0 in the rows of X, S = X'X/n and a predictor X·b, the variance s² is b'Sb. Where b has mean β and
    covariance V, E[b'Sb] = β'Sβ + tr(SV) (Seber & Lee, 2003, theorem 1.5), so that s² − tr(SV) has the mean β'Sβ = σ².
    The factor about the mean is √(1 − tr(SV)/s²). The factor without the root would give the predictor the least error
    (van Houwelingen & le Cessie, 1990), but too small a variance.
    """
    mean, variance = predictor.mean(), float(predictor.var())
    left = max(1 - noise / variance, 0.0) if variance > 0 else 0.0
    made: Vector = mean + np.sqrt(left) * (predictor - mean)
    return made


def _noise(basis: Vector, covariance: Vector) -> float:
    """Return tr(SV): how much of the predictor's variance is that of its coefficients, with the ``covariance`` V."""
    centred = basis - basis.mean(axis=0)
    return float(((centred @ covariance) * centred).sum() / len(basis))


def _linear(x: Vector, outcome: Vector, arm: NDArray[np.bool_]) -> tuple[Vector, float, Vector]:
    """Return everybody's predicted outcome under an arm, its noise, and the arm's freed residuals."""
    fit = fit_linear(x[arm], outcome[arm])
    basis = fit.design.basis(x)
    made: Vector = fit.residual / np.sqrt(np.maximum(1 - hat_diagonal(fit.basis), LEAST_FREE))
    return basis @ fit.theta, _noise(basis, fit.basis_covariance("model")), made - made.mean()


def _logistic(x: Vector, events: NDArray[np.bool_], arm: NDArray[np.bool_]) -> tuple[Vector, float]:
    """Return everybody's linear predictor, by the model that is fitted to ``arm``, and its noise."""
    fit = fit_firth(x[arm], events[arm])
    basis = fit.design.basis(x)
    return basis @ fit.theta, _noise(basis, fit.covariance)


def _parted(one: tuple[Vector, float], zero: tuple[Vector, float]) -> Vector:
    """Return the arms' predictors, ``(n, 2)``, with average and difference freed of the noise of both."""
    noise = one[1] + zero[1]
    average, effect = freed((one[0] + zero[0]) / 2, noise / 4), freed(one[0] - zero[0], noise)
    return np.column_stack([average + effect / 2, average - effect / 2])


def _at_share(predictor: Vector, share: float, some: NDArray[np.bool_]) -> Vector:
    """Return everybody's risk with the intercept that makes ``share`` the mean risk of ``some``."""
    inward = predictor - predictor.mean()
    far = FURTHEST + float(np.abs(inward).max())
    shift = brentq(lambda intercept: float(expit(intercept + inward[some]).mean()) - share, -far, far)
    risk: Vector = expit(shift + inward)
    return risk
