"""The mixed model for repeated measures with an unstructured covariance, by restricted maximum likelihood."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.repeated.covariance_parameters import CovarianceParameters
from medicore.stats.repeated.restricted_likelihood import Likelihood, likelihood_at
from medicore.stats.repeated.visit_moments import VisitMoments, moments_of

Vector = NDArray[np.float64]

MOST_STEPS = 100
PRECISION = 1e-13
"""The maximum is reached when Newton's step promises no more than this share of minus twice the log-likelihood."""
HALVINGS = 30
"""How often a step is halved that does not raise the likelihood."""
_LONGEST = 2.0
"""The largest change of a logarithm of D in one step."""
_LEAST_SHARE = 1e-3
"""The share of a visit's variance that earlier visits leave, below which the visit follows from them."""
_SHRUNK = 1e-4
"""The least eigenvalue of the correlations at which a search begins with them."""


@dataclass(frozen=True, slots=True)
class MixedFit:
    """The model y = Xβ + e of outcomes at T visits, where e is normal with one unstructured covariance matrix.

    ``likelihood`` is at its maximum, which took ``steps``; ``moments`` are the products that it rests on, and ``subjects``
    counts those with an observed visit.
    """

    likelihood: Likelihood
    moments: tuple[VisitMoments, ...]
    steps: int
    restricted: bool

    @property
    def coefficients(self) -> Vector:
        """The coefficients β, ``(p,)``."""
        return self.likelihood.coefficients

    @property
    def covariance(self) -> Vector:
        """The covariance of a subject's outcomes, ``(T, T)``."""
        return self.likelihood.covariance

    @property
    def subjects(self) -> int:
        """How many subjects were observed at a visit or more."""
        return sum(one.n for one in self.moments)

    def means(self, design: Vector) -> Vector:
        """Return the mean at each visit, ``(n, T)``, of subjects with the predictors ``design``, ``(n, T, p)``."""
        made: Vector = design @ self.coefficients
        return made


def fit_mixed(
    design: Vector, outcome: Vector, *, restricted: bool = True, start: Vector | None = None
) -> MixedFit:
    """Return the model of ``outcome``, ``(n, T)`` with NaN where missing, on ``design``, ``(n, T, p)``.

    The covariance is unstructured and common to the arms (Mallinckrodt et al., 2008). The likelihood is maximised by
    Newton's method over the parameters of ``CovarianceParameters``; where its curvature is not positive definite, Fisher's
    scoring takes the step, and steps are halved until the likelihood rises. Outcomes are missing at random given those
    observed and the predictors. ``start``, ``(T, T)``, is where the search begins, by default the covariance of least squares' residuals.

    Raises EstimationError when there are no moments (``moments_of``), the maximum is not reached, or a visit follows
    from the others without error.
    """
    moments = moments_of(design, outcome)
    still = int((np.nanvar(outcome, axis=0) == 0).sum())
    if still:
        raise EstimationError(
            f"{still} visit(s) have one and the same outcome in every subject; expected outcomes that vary; leave the visit out"
        )
    if start is None:
        start = _start(design, outcome)
    return maximise(moments, start, restricted=restricted)


def maximise(moments: tuple[VisitMoments, ...], start: Vector, *, restricted: bool = True) -> MixedFit:
    """Return the model with these moments, searched from ``start``, ``(T, T)``; for errors see ``fit_mixed``."""
    place = CovarianceParameters.of(start)
    with np.errstate(all="ignore"):  # what comes of a singular matrix is no maximum
        try:
            return _searched(moments, place, restricted=restricted)
        except np.linalg.LinAlgError as error:
            raise _no_maximum(place) from error


def _searched(
    moments: tuple[VisitMoments, ...], place: CovarianceParameters, *, restricted: bool
) -> MixedFit:
    here = likelihood_at(moments, place.covariance, restricted=restricted)
    for step in range(1, MOST_STEPS + 1):
        direction, promise = _direction(place, here)
        if promise <= PRECISION * (1 + abs(here.value)):
            # the last step is taken as well: what it promises is lost in rounding, but not what it moves
            last = CovarianceParameters(place.values + direction, place.visits)
            end = likelihood_at(moments, last.covariance, restricted=restricted)
            return MixedFit(end, moments, step, restricted)
        for halving in range(HALVINGS):
            moved = CovarianceParameters(place.values + direction / 2**halving, place.visits)
            there = likelihood_at(moments, moved.covariance, restricted=restricted)
            if there.value >= here.value:
                place, here = moved, there
                break
    raise _no_maximum(place)


def _start(design: Vector, outcome: Vector) -> Vector:
    """Return the covariance of the residuals of least squares, pair of visits by pair, made positive definite."""
    seen = ~np.isnan(outcome)
    flat = np.linalg.lstsq(design[seen], outcome[seen], rcond=None)[0]
    residual = np.where(seen, outcome, 0.0) - np.where(seen, design @ flat, 0.0)
    together = seen.T.astype(np.float64) @ seen
    covariance = residual.T @ residual / together
    alone = np.diag(np.maximum(covariance.diagonal(), _SHRUNK * np.nanvar(outcome, axis=0)))
    scale = np.sqrt(np.outer(alone.diagonal(), alone.diagonal()))
    regular = float(np.linalg.eigvalsh(covariance / scale)[0]) > _SHRUNK
    return covariance if regular else alone


def _direction(place: CovarianceParameters, here: Likelihood) -> tuple[Vector, float]:
    """Return the step, ``(k,)``, and how far minus twice the log-likelihood falls on it to second order."""
    visits = place.visits
    free = np.tril_indices(visits)
    jacobian = place.slopes()[:, free[0], free[1]].T
    gradient = jacobian.T @ here.gradient
    bent = place.curvatures()[:, :, free[0], free[1]] @ here.gradient
    curvature = jacobian.T @ here.observed @ jacobian + bent
    if float(np.linalg.eigvalsh(curvature)[0]) <= 0:
        curvature = jacobian.T @ here.expected @ jacobian
    step: Vector = -np.linalg.solve(curvature, gradient).astype(np.float64)
    promise = float(-gradient @ step)
    return step * (_LONGEST / max(_LONGEST, float(np.abs(step[:visits]).max()))), promise


def _no_maximum(place: CovarianceParameters) -> EstimationError:
    own = float((place.root.diagonal() ** 2 / place.covariance.diagonal()).min())
    told = f"the mixed model of {place.visits} visits did not reach its maximum in {MOST_STEPS} steps"
    if own < _LEAST_SHARE:
        return EstimationError(
            f"{told}, as the outcome of a visit follows from those of other visits almost without error; expected visits with "
            "error of their own; leave a visit out"
        )
    return EstimationError(
        f"{told}; expected convergence; leave out a visit that few subjects have, or interactions of covariates with the visit"
    )
