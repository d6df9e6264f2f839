"""Analysis of covariance (ANCOVA), for randomised designs with a continuous outcome."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.effect.estimate import Estimate
from medicore.stats.given import checked
from medicore.stats.models.linear import Covariance, fit_linear

Vector = NDArray[np.float64]


@checked
def ancova(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    *,
    covariance: Covariance = "HC2",
    interactions: bool = False,
) -> Estimate:
    """Return the coefficient of treatment in least squares of the outcome on treatment and covariates.

    In a randomised trial it estimates the ATE even when the model is wrong (Yang & Tsiatis, 2001). With
    ``interactions`` of treatment with the centred covariates it is, in large samples, at least as precise as the
    unadjusted comparison (Lin, 2013, section 4). ``covariance`` is ``model`` (homoscedastic, as in textbook ANCOVA) or
    HC0 to HC3 (robust). Intervals and p-values use Student's t with n minus the number of parameters as degrees of
    freedom. To compare two of several arms, add the indicators of the other arms to the columns of ``x``, ``(n, p)``.
    """
    arm = treated.astype(np.float64)[:, None]
    columns = [arm, x]
    if interactions:
        columns.append(arm * (x - x.mean(axis=0)))
    fit = fit_linear(np.column_stack(columns), outcome)
    variance = "homoscedastic" if covariance == "model" else covariance
    return Estimate(
        "ATE",
        "ANCOVA, interactions" if interactions else "ANCOVA",
        float(fit.coefficients[1]),
        float(fit.standard_errors(covariance)[1]),
        f"{variance}, t with {fit.degrees_of_freedom} degrees of freedom",
        len(outcome),
        float(fit.degrees_of_freedom),
    )
