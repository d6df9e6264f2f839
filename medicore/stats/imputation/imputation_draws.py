"""Draws of missing values from their predictive distribution given complete predictors, one variable at a time.

Predictors are ``(q, n)`` rows; the first row is 1 for all subjects. Every draw is proper (Rubin, 1987, section 4.2):
the coefficients are drawn first, from their posterior distribution given the observed values, then the missing values.
"""

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.bootstrap.normal_equations import TriangularFactor, cross_products, linear_predictor

Vector = NDArray[np.float64]
Places = NDArray[np.intp]

NEWTON_STEPS = 100
NEWTON_DECREMENT = 1e-18
"""Squared length of a Newton step, in standard errors and per subject, at which the maximum is reached."""
PSEUDO_DISTANCE = 0.5
"""Distance of an observation that is added against separation from the mean, in standard deviations."""


def draw_normal(observed: Vector, values: Vector, missing: Vector, chance: np.random.Generator) -> Vector:
    """Return draws for the ``missing`` predictors, ``(q, n0)``, from Bayesian normal linear regression, ``(n0,)``.

    ``values``, ``(n1,)``, belong to the ``observed`` predictors, ``(q, n1)``. Under the prior 1/σ² the residual
    variance is drawn as RSS/χ² with n1 − q degrees of freedom, the coefficients from the normal distribution around
    the least-squares estimate with that variance, and the values around their predictions (Rubin, 1987, p. 167; van
    Buuren, 2018, algorithm 3.1, "norm").
    """
    _, drawn, deviation = _linear_coefficients(observed, values, chance)
    return linear_predictor(drawn, missing) + deviation * chance.standard_normal(missing.shape[1])


def draw_donors(
    observed: Vector, values: Vector, missing: Vector, donors: int, chance: np.random.Generator
) -> Places:
    """Return for each missing value the index, ``(n0,)``, of the observed subject that donates its value.

    This is predictive mean matching of type 1 (van Buuren, 2018, algorithm 3.3): the prediction of a missing value by
    drawn coefficients is compared with the least-squares predictions of the observed, and one of the ``donors`` nearest
    is chosen with equal probabilities. Observed subjects with the same prediction as one of these are donors too, so
    the order of subjects never breaks a tie.
    """
    estimate, drawn, _ = _linear_coefficients(observed, values, chance)
    predicted = linear_predictor(estimate, observed)
    order = np.argsort(predicted, kind="stable")
    ranked = predicted[order]
    aims = linear_predictor(drawn, missing)
    first, last = _nearest(ranked, aims, min(donors, len(ranked)))
    low = np.searchsorted(ranked, ranked[first], side="left")
    high = np.searchsorted(ranked, ranked[last], side="right")
    chosen: Places = order[low + (chance.random(len(aims)) * (high - low)).astype(np.intp)]
    return chosen


def draw_levels(observed: Vector, codes: Places, missing: Vector, chance: np.random.Generator) -> Places:
    """Return drawn codes, ``(n0,)``, from multinomial logistic regression; with two levels, logistic.

    ``codes``, ``(n1,)``, are 0 to L − 1; each level is observed at least once. The coefficients of levels 1 to L − 1
    against level 0 are drawn from the normal distribution around their maximum likelihood estimate, with the inverse
    information as covariance (Rubin, 1987, p. 169; van Buuren, 2018, section 3.6, "logreg").

    With perfect prediction the estimate would be infinite and its covariance useless. So observations with small
    weights are always added (White, Daniel & Royston, 2010): for each of p predictors and each level two, half a
    standard deviation below and above the mean, with the other predictors at their means. Their weights add up to
    p + 1, the number of parameters of one logit. The levels share this weight in proportion to their observed
    frequencies (Clogg et al., 1991); White et al. share it equally, which makes a rare level less rare. With these
    observations the likelihood always has exactly one maximum.

    Raises EstimationError when Newton's method does not reach the maximum.
    """
    levels = int(codes.max()) + 1
    kept = list(TriangularFactor.of(cross_products(observed, np.ones(len(codes)))).kept)
    means = observed[kept].mean(axis=1, keepdims=True)
    scales = observed[kept].std(axis=1, keepdims=True)
    means[0], scales[0] = 0.0, 1.0
    rows, target, weights = _augmented((observed[kept] - means) / scales, codes, levels)
    theta, information = _maximum(rows, target, weights)
    theta = theta + information.spread(chance.standard_normal(len(information.kept)))
    shares = _shares(theta.reshape(levels - 1, len(kept)), (missing[kept] - means) / scales)
    uniform = chance.random(missing.shape[1])
    drawn: Places = (np.cumsum(shares, axis=0)[:-1] <= uniform).sum(axis=0)
    return drawn


def _linear_coefficients(x: Vector, y: Vector, chance: np.random.Generator) -> tuple[Vector, Vector, float]:
    """Return the least-squares coefficients, ``(q,)``, drawn coefficients, and a drawn residual standard deviation."""
    products = cross_products(np.vstack([x, y]), np.ones(len(y)))
    factor = TriangularFactor.of(products[:-1, :-1])
    estimate = factor.solve(products[:-1, -1])
    residual = y - linear_predictor(estimate, x)
    freedom = len(y) - len(factor.kept)
    deviation = float(np.sqrt((residual**2).sum() / chance.chisquare(freedom)))
    spread = factor.spread(chance.standard_normal(len(factor.kept)))
    return estimate, estimate + deviation * spread, deviation


def _nearest(ranked: Vector, aims: Vector, donors: int) -> tuple[Places, Places]:
    """Return the first and last index, ``(n0,)`` each, of the ``donors`` values nearest to each aim in a sorted list.

    Of two values at the same distance, at the ends of the window, the lower one is taken.
    """
    first = np.maximum(np.searchsorted(ranked, aims) - donors, 0)
    for _ in range(donors):
        after = np.minimum(first + donors, len(ranked) - 1)
        closer = (ranked[after] - aims < aims - ranked[first]) & (first + donors < len(ranked))
        first = first + closer
    return first, first + donors - 1


def _augmented(x: Vector, codes: Places, levels: int) -> tuple[Vector, Vector, Vector]:
    """Return standardised predictors, targets ``(L, n)`` and weights; the added observations are last."""
    p = len(x) - 1
    away = np.empty((p + 1, 2 * p))
    away[0] = 1.0
    away[1:, :p] = PSEUDO_DISTANCE * np.eye(p)
    away[1:, p:] = -PSEUDO_DISTANCE * np.eye(p)
    own = (codes == np.arange(levels)[:, None]).astype(np.float64)
    share = own.mean(axis=1, keepdims=True)
    target = np.hstack([own, np.tile(share, (1, 2 * p))])
    weights = np.concatenate([np.ones(len(codes)), np.full(2 * p, p + 1.0) / (2 * p)])
    return np.hstack([x, away]), target, weights


def _shares(theta: Vector, x: Vector) -> Vector:
    """Return the probability of each level, ``(L, n)``, for coefficients ``(L − 1, q)``."""
    odds = np.zeros((len(theta) + 1, x.shape[1]))
    for level, coefficients in enumerate(theta, start=1):
        odds[level] = linear_predictor(coefficients, x)
    odds -= odds.max(axis=0)
    np.exp(odds, out=odds)
    shares: Vector = odds / odds.sum(axis=0)
    return shares


def _maximum(x: Vector, target: Vector, weights: Vector) -> tuple[Vector, TriangularFactor]:
    """Return the maximum likelihood estimate, ``((L − 1)q,)`` level by level, and its information's factor.

    Newton's method starts from equal probabilities; a step is halved until the likelihood does not decrease.
    """
    theta = np.zeros((len(target) - 1) * len(x))
    value, score, factor = _likelihood(x, target, weights, theta)
    for _ in range(NEWTON_STEPS):
        step = factor.solve(score)
        if float((step * score).sum()) <= NEWTON_DECREMENT * x.shape[1]:
            return theta, factor
        slack = np.finfo(float).eps * x.shape[1] * abs(value)
        while True:
            candidate = theta + step
            reached, its_score, its_factor = _likelihood(x, target, weights, candidate)
            if reached >= value - slack:
                break
            step = step / 2
        theta, value, score, factor = candidate, reached, its_score, its_factor
    raise EstimationError(
        f"the imputation model of a category did not converge in {NEWTON_STEPS} steps; expected a maximum; impute it "
        "from fewer covariates"
    )


def _likelihood(
    x: Vector, target: Vector, weights: Vector, theta: Vector
) -> tuple[float, Vector, TriangularFactor]:
    """Return the log-likelihood, its score and the factor of its information (Agresti, 2013, section 8.1)."""
    q = len(x)
    shares = _shares(theta.reshape(len(target) - 1, q), x)
    # a target of 0 adds nothing, even where its share has become 0 and has no logarithm
    value = float((weights * (target * np.log(np.maximum(shares, 1e-300)))).sum())
    apart = weights * (target - shares)[1:]
    score = np.array([(row * one).sum() for row in apart for one in x])
    information = np.empty((len(theta), len(theta)))  # its factor reads only the lower triangle
    for one in range(len(apart)):
        for two in range(one + 1):
            spread = shares[one + 1] * ((one == two) - shares[two + 1])
            information[one * q : (one + 1) * q, two * q : (two + 1) * q] = cross_products(
                x, weights * spread
            )
    return value, score, TriangularFactor.of(information)
