"""False alarm rates: how often a gate fires when nothing is wrong, for gates with a formula."""

import numpy as np
from scipy.integrate import quad
from scipy.special import betaincc, betaincinv, stdtr

from medicore.errors import EstimationError


def false_alarm_rate(threshold: float, n1: int, n0: int) -> float:
    """Return P(|SMD| ≥ threshold) for one covariate that has the same distribution in both arms.

    The rate is exact for a normal covariate and the unweighted SMD = (m1 − m0)/√((s1² + s0²)/2). Express s1² and s0²
    by two independent variables: their total sum of squares, χ² with ν = n1 + n0 − 2 degrees of freedom, and the first
    arm's share B of it, Beta((n1 − 1)/2, (n0 − 1)/2). Given B, SMD·√(ν(B/(n1 − 1) + (1 − B)/(n0 − 1))/(2h)) with
    h = 1/n1 + 1/n0 has Student's t distribution with ν degrees of freedom; its tail is averaged over B. With arms of
    equal size B cancels, and SMD/√h itself has the t distribution (Hedges & Olkin, 1985, section 5.A). For other
    covariates the rate is approximate; the approximation improves with the size of the arms.

    For the SMD after weighting by an estimated propensity score, this is an upper bound of the false alarm rate: the
    model was fitted to balance exactly these terms, so by chance alone the gate fires less often. Read it as the rate
    before weighting.

    Raises EstimationError when an arm has fewer than 2 subjects.
    """
    if min(n1, n0) < 2:
        raise EstimationError(
            f"arms of {n1} and {n0} subjects have no SMD; expected at least 2 in each; look at the cohort"
        )
    freedom, height = n1 + n0 - 2, 1 / n1 + 1 / n0

    def tail(share: float) -> float:
        spread = freedom * (share / (n1 - 1) + (1 - share) / (n0 - 1)) / 2
        return float(2 * stdtr(freedom, -threshold * np.sqrt(spread / height)))

    if n1 == n0:
        return tail(0.5)
    first, second = (n1 - 1) / 2, (n0 - 1) / 2
    rate, _ = quad(lambda chance: tail(float(betaincinv(first, second, chance))), 0.0, 1.0, epsabs=1e-12)
    return float(rate)


def any_false_alarm_rate(threshold: float, n1: int, n0: int, terms: int) -> float:
    """Return the probability that any of ``terms`` independent balanced covariates reaches the threshold.

    1 − (1 − p)^terms, with p the rate of one. For correlated normal covariates it is an upper bound (Šidák, 1967).
    """
    return float(-np.expm1(terms * np.log1p(-false_alarm_rate(threshold, n1, n0))))


def change_false_alarm_rate(limit: float, before: float, after: float) -> float:
    """Return P(|θ − θ′| ≥ limit · SE) when this month's data contain last month's and nothing else changed.

    ``before`` and ``after`` are last month's and this month's subjects less the parameters that were fitted to them. An
    estimate from more data of the same kind is uncorrelated with its change, so the variance of the change is the
    difference of the variances (Hausman, 1978, section 2). With variances inverse to these numbers that is
    SE² · (after/before − 1). The residuals that SE comes from hold the change as well, so with c² = limit²/(after/before
    − 1) and ν = ``after`` degrees of freedom the squared ratio over ν has the distribution Beta(1/2, (ν − 1)/2), as an
    internally studentised residual (Cook & Weisberg, 1982, section 2.2). The difference of two estimated variances is too
    noisy in small samples, and can be negative.

    The result is 0 when nothing was added, because without new data the estimate must stay the same; it is 1 when
    nothing was left before.
    """
    if after <= before:
        return 0.0
    if before <= 0:
        return 1.0
    squared = limit**2 / (after / before - 1)
    return float(betaincc(0.5, (after - 1) / 2, min(squared / after, 1.0)))
