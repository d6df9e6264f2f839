"""How often the balance gate fires although nothing is wrong."""

import numpy as np
from scipy.stats import t


def false_alarm_rate(threshold: float, n1: int, n0: int) -> float:
    """Return P(|SMD| ≥ threshold) for one normal covariate that is balanced in the population.

    With the pooled variance, SMD·√(n1·n0/(n1 + n0)) has Student's t distribution with n1 + n0 − 2 degrees of
    freedom (Hedges & Olkin, 1985, section 5.A). After weighting the true rate is lower.
    """
    return float(2 * t.sf(threshold * np.sqrt(n1 * n0 / (n1 + n0)), n1 + n0 - 2))


def any_false_alarm_rate(threshold: float, n1: int, n0: int, terms: int) -> float:
    """Return the probability that any of ``terms`` independent balanced covariates reaches the threshold."""
    return float(-np.expm1(terms * np.log1p(-false_alarm_rate(threshold, n1, n0))))
