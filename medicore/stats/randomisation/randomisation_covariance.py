"""The covariance of means that are adjusted for covariates, under the scheme by which the arms were randomised."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.randomisation.randomisation_scheme import Randomisation, cell_means

Vector = NDArray[np.float64]
Whole = NDArray[np.intp]


def randomisation_covariance(
    predicted: Vector, arm: Whole, outcome: Vector, randomisation: Randomisation
) -> Vector:
    """Return the covariance matrix of the arms' mean predictions, ``(arms, arms)``.

    ``predicted``, ``(n, arms)``, are everybody's predictions under each arm, unbiased within each arm, ``arm`` and
    ``outcome`` are ``(n,)``. σ are sample covariances, ddof 1, π is the share of an arm. Then n times the variance of
    arm a is [σ²(y | a) + σ²(m_a) − 2σ(y, m_a | a)]/π_a + 2σ(y, m_a | a) − σ²(m_a), and n times the covariance of two
    arms σ(y, m_b | a) + σ(y, m_a | b) − σ(m_a, m_b) (Ye, Bannick, Yi & Shao, 2023, theorem 2), less the ``balance_gain``
    of the scheme (Bannick, Shao, Liu, Du, Yi & Ye, 2025). RobinCar2 computes the same.
    """
    n, arms = predicted.shape
    shares = np.bincount(arm, minlength=arms) / n
    overall = np.cov(predicted, rowvar=False)
    with_outcome = np.array(
        [np.cov(outcome[arm == a], predicted[arm == a], rowvar=False)[0, 1:] for a in range(arms)]
    )
    own = np.diag(with_outcome)
    spread = np.array([outcome[arm == a].var(ddof=1) for a in range(arms)])
    covariance = with_outcome + with_outcome.T - overall
    covariance[np.diag_indices(arms)] += (spread + np.diag(overall) - 2 * own) / shares
    residual = outcome - predicted[np.arange(n), arm]
    found: Vector = (covariance - balance_gain(residual, arm, shares, randomisation)) / n
    return found


def balance_gain(
    residual: Vector, arm: Whole, shares: Vector, randomisation: Randomisation, *, unbiased: bool = False
) -> Vector:
    """Return what balance within strata takes off n times the covariance of the arms' means, ``(arms, arms)``.

    Σ p_z R_z (diag(π) − ππ′) R_z over strata z, p_z the share of the stratum and R_z the diagonal matrix of the mean
    ``residual`` of each arm in it over the arm's share π, ``shares`` (Ye, Shao, Yi & Zhao, 2023; Bannick et al., 2025). It is 0 for a scheme that is not known to balance, and for a model that holds every stratum by arm.

    The square of the mean of few residuals is too large by its variance. With ``unbiased`` that is taken off, and
    eigenvalues below 0 count as 0, so that small strata never make a variance too small on average.
    """
    arms = len(shares)
    if not randomisation.balanced:
        return np.zeros((arms, arms))
    counts = randomisation.cells(arm, arms)
    weight = counts.sum(axis=1) / len(arm)
    means = cell_means(residual, arm, arms, randomisation) / shares
    products = np.einsum("z,za,zb->ab", weight, means, means)
    if unbiased:
        products[np.diag_indices(arms)] -= (
            weight @ _variances(residual, arm, randomisation, counts) / shares**2
        )
    gain: Vector = products * (np.diag(shares) - np.outer(shares, shares))
    return positive(gain) if unbiased else gain


def positive(matrix: Vector) -> Vector:
    """Return the nearest matrix without an eigenvalue below 0."""
    values, vectors = np.linalg.eigh(matrix)
    found: Vector = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return found


def with_covariance(root: Vector, covariance: Vector) -> Vector:
    """Return ``root``, ``(m, arms)``, transformed so that root′ · root is ``covariance``, as little as possible.

    With C₀ = root′ · root the map is C₀^−½ (C₀^½ C C₀^½)^½ C₀^−½ (Olkin & Pukelsheim, 1982); it keeps each subject's row,
    which analyses of several estimators on the same subjects need.
    """
    values, vectors = np.linalg.eigh(root.T @ root)
    lengths = np.sqrt(np.maximum(values, 0.0))
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    half, back = (vectors * lengths) @ vectors.T, (vectors * inverse) @ vectors.T
    inner, turned = np.linalg.eigh(half @ covariance @ half)
    middle = (turned * np.sqrt(np.maximum(inner, 0.0))) @ turned.T
    found: Vector = root @ (back @ middle @ back)
    return found


def _variances(residual: Vector, arm: Whole, randomisation: Randomisation, counts: Whole) -> Vector:
    """Return the variance of the mean residual of each stratum and arm, ``(strata, arms)``.

    Of one subject alone it is the square of its residual, so that such a cell gains nothing.
    """
    arms = counts.shape[1]
    means = cell_means(residual, arm, arms, randomisation)
    squares = cell_means(residual**2, arm, arms, randomisation)
    free = np.where(counts > 1, counts - 1, 1)
    within = np.where(counts > 1, squares - means**2, squares)
    found: Vector = np.maximum(within, 0.0) / free
    return found
