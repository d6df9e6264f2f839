"""Contrasts of a mixed model for repeated measures, with their degrees of freedom and corrected standard errors."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.estimate import Estimate
from medicore.stats.repeated.covariance_parameters import CovarianceParameters, elements
from medicore.stats.repeated.mixed_model import MixedFit
from medicore.stats.repeated.restricted_likelihood import weighted_products

Vector = NDArray[np.float64]

Method = Literal["kenward-roger", "kenward-roger linear", "satterthwaite"]

_WORDS = {
    "kenward-roger": "model-based, corrected by Kenward and Roger with the curvature of the covariance's parameters, "
    "Kenward–Roger degrees of freedom",
    "kenward-roger linear": "model-based, corrected by Kenward and Roger, Kenward–Roger degrees of freedom",
    "satterthwaite": "model-based, Satterthwaite degrees of freedom",
}


def contrast(fit: MixedFit, weights: Vector, method: Method = "kenward-roger linear") -> Estimate:
    """Return wᵀβ, for ``weights`` w, ``(p,)``, with its standard error and degrees of freedom.

    With Φ the covariance of the coefficients and W that of the covariance's elements, from the observed curvature, the
    degrees of freedom are 2(wᵀΦw)²/(gᵀWg), g the slopes of wᵀΦw (Giesbrecht & Burns, 1985; Fai & Cornelius, 1996); for one
    contrast those of Kenward & Roger are the same. Their standard error is corrected for the estimated covariance:
    Φ + 2Φ{ΣW(Q − PΦP − R/4)}Φ (Kenward & Roger, 1997, equation 5). R holds the second derivatives of the covariance by its
    parameters: it is 0 for the elements themselves ("kenward-roger linear", as in SAS), and not for the parameters of a
    Cholesky factor ("kenward-roger", the default of R's mmrm), so that only the first does not depend on the parameters.

    Raises EstimationError when the correction is asked of a model without restricted likelihood, or leaves no variance.
    """
    if method != "satterthwaite" and not fit.restricted:
        raise EstimationError(
            "the correction of Kenward and Roger is for restricted likelihood; use 'satterthwaite' with full likelihood"
        )
    here = fit.likelihood
    through = here.spread @ weights
    variance = float(weights @ through)
    slopes = -(here.moved @ through) @ through
    uncertain: Vector = 2 * np.linalg.inv(here.observed).astype(np.float64)
    freedom = 2 * variance**2 / float(slopes @ uncertain @ slopes)
    corrected = (
        variance if method == "satterthwaite" else variance + _correction(fit, through, uncertain, method)
    )
    if not corrected > 0:
        raise EstimationError(
            "the correction of Kenward and Roger leaves no variance; expected more subjects at each visit; declare "
            "'satterthwaite', or leave a visit out"
        )
    return Estimate(
        "ATE",
        "MMRM, unstructured covariance, " + ("REML" if fit.restricted else "ML"),
        float(weights @ here.coefficients),
        float(np.sqrt(corrected)),
        _WORDS[method],
        fit.subjects,
        freedom,
    )


def _correction(fit: MixedFit, through: Vector, uncertain: Vector, method: Method) -> float:
    """Return what is added to the variance of the contrast with Φw, ``(p,)``."""
    here = fit.likelihood
    visits = len(here.covariance)
    outer, total = np.zeros((visits,) * 4), np.zeros((visits, visits))
    for one in fit.moments:
        full, four = np.ix_(one.visits, one.visits), np.ix_(*4 * (one.visits,))
        weight = one.weight(here.covariance)
        products = weighted_products(one, weight, here.coefficients)[:, :, :-1, :-1]
        squares = np.einsum("p,abpq,q->ab", through, products, through)
        outer[four] += np.einsum("ad,bc->abcd", squares, weight)
        total[full] += squares
    free = elements(visits)
    second = np.einsum("iab,abcd,jcd->ij", free, outer, free, optimize=True)
    turned = here.moved @ through
    added = 2 * float((uncertain * (second - turned @ here.spread @ turned.T)).sum())
    if method == "kenward-roger linear":
        return added
    place = CovarianceParameters.of(here.covariance)
    rows, columns = np.tril_indices(visits)
    back = np.linalg.inv(place.slopes()[:, rows, columns].T)
    bent = np.einsum("ij,ijab->ab", back @ uncertain @ back.T, place.curvatures())
    return added - float((total * bent).sum()) / 2
