"""Rubin's rules: one estimate from the analyses of several completed data sets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import Effect

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PooledEstimate:
    """An estimate pooled over ``imputations`` completed data sets, and the cost of the gaps in precision.

    ``estimate`` holds the pooled value, its standard error √``total`` and its degrees of freedom; interval and p-value
    follow from these. Variances are squared standard errors, in the squared unit of the value:
    ``within`` W is the mean of the complete-data variances, ``between`` B the variance (ddof 1) of the values,
    ``total`` T = W + (1 + 1/m)B (Rubin, 1987, equations 3.1.2 to 3.1.5).

    ``relative_increase`` is r = (1 + 1/m)B/W (3.1.7); ``proportion`` λ = (1 + 1/m)B/T, the share of the total
    variance that is due to the gaps; ``missing_information`` γ = (r + 2/(ν + 3))/(1 + r) (3.1.10), where ν are the
    degrees of freedom of Barnard & Rubin (1999). ``degrees_of_freedom`` is ν; it is infinite when neither the
    imputations nor the complete-data analyses limit it. ``monte_carlo_error`` is √(B/m), the standard deviation
    of the pooled value over repetitions with other seeds (White, Royston & Wood, 2011, section 7).
    """

    estimate: Estimate
    imputations: int
    within: float
    between: float
    total: float
    relative_increase: float
    proportion: float
    missing_information: float
    degrees_of_freedom: float
    monte_carlo_error: float


def pooled(estimates: Sequence[Estimate]) -> PooledEstimate:
    """Return the estimates of one effect in m completed data sets, pooled by Rubin's rules.

    All estimates come from the same estimator on the same subjects. The complete-data degrees of freedom are the
    smallest of their ``degrees_of_freedom``; None means infinity. The values are pooled on the given scale: pass ratios
    as logarithms, because their distribution is nearer to normal (White, Royston & Wood, 2011, table VIII).

    Raises
    ------
    EstimationError
        When there are fewer than two estimates, when they differ in estimand or estimator, or when a value is not
        finite or a standard error is not finite and positive.
    """
    _require_poolable(estimates)
    m = len(estimates)
    values = np.array([one.value for one in estimates])
    within = float(np.mean([one.standard_error**2 for one in estimates]))
    between = float(values.var(ddof=1))
    added = (1 + 1 / m) * between
    total = within + added
    complete = [one.degrees_of_freedom for one in estimates if one.degrees_of_freedom is not None]
    freedom = barnard_rubin(m, added / total, min(complete, default=float("inf")))
    increase = added / within
    first = estimates[0]
    return PooledEstimate(
        estimate=Estimate(
            estimand=first.estimand,
            estimator=first.estimator,
            value=float(values.mean()),
            standard_error=float(np.sqrt(total)),
            variance=f"Rubin's rules over {m} imputations; within each: {first.variance}",
            n=first.n,
            degrees_of_freedom=freedom if np.isfinite(freedom) else None,
        ),
        imputations=m,
        within=within,
        between=between,
        total=total,
        relative_increase=increase,
        proportion=added / total,
        missing_information=(increase + 2 / (freedom + 3)) / (1 + increase),
        degrees_of_freedom=freedom,
        monte_carlo_error=float(np.sqrt(between / m)),
    )


def pooled_effect(effects: Sequence[Effect]) -> Effect:
    """Return one effect from several completed data sets, pooled on the scale of inference (the logarithm of a ratio).

    A single effect is returned unchanged. Raises EstimationError as ``pooled`` does, and for different measures.
    """
    if len(effects) == 1:
        [alone] = effects
        return alone
    estimate = pooled([effect.inference for effect in effects]).estimate
    measure, *others = {effect.measure for effect in effects}
    if others:
        raise EstimationError(
            f"effects of {1 + len(others)} measures cannot be pooled; expected one; analyse every completed data set "
            "alike"
        )
    return Effect(measure, estimate)


def pooled_replicates(results: Sequence[BootstrapResult]) -> BootstrapResult:
    """Return the bootstraps of several completed data sets as one, with the replicates of all of them.

    The percentiles of the pooled replicates give the interval that Schomaker & Heumann (2018, section 3) call
    "MI boot, pooled sample". The seed is that of the first bootstrap; an acceleration is not defined.
    """
    first, *others = results
    if not others:
        return first
    failed: dict[str, int] = {}
    for result in results:
        for reason, count in result.failed.items():
            failed[reason] = failed.get(reason, 0) + count
    return replace(
        first,
        value=float(np.mean([result.value for result in results])),
        estimates=np.concatenate([result.estimates for result in results]),
        arm_means=np.concatenate([result.arm_means for result in results]),
        hajek=np.concatenate([result.hajek for result in results]),
        g_computation=np.concatenate([result.g_computation for result in results]),
        replicates=sum(result.replicates for result in results),
        failed=failed,
        acceleration=float("nan"),
    )


def barnard_rubin(imputations: int, proportion: float, complete: float = float("inf")) -> float:
    """Return the degrees of freedom of Student's reference distribution (Barnard & Rubin, 1999, section 3).

    λ is the ``proportion`` of the total variance that is due to the gaps, below 1; ν_com are the ``complete``-data
    degrees of freedom. Then 1/ν = λ²/(m − 1) + 1/ν_obs, where ν_obs = (1 − λ)·ν_com·(ν_com + 1)/(ν_com + 3). For
    infinite ν_com this is Rubin's (m − 1)/λ² (1987, equation 3.1.6).
    """
    inverse = proportion**2 / (imputations - 1)
    if np.isfinite(complete):
        inverse += (complete + 3) / ((1 - proportion) * complete * (complete + 1))
    return 1 / inverse if inverse > 0 else float("inf")


def _require_poolable(estimates: Sequence[Estimate]) -> None:
    if len(estimates) < 2:
        raise EstimationError(
            f"{len(estimates)} completed data set(s) cannot be pooled; expected at least 2; impute more often"
        )
    kinds = {(one.estimand, one.estimator, one.variance, one.n) for one in estimates}
    if len(kinds) > 1:
        raise EstimationError(
            f"estimates of {len(kinds)} kinds cannot be pooled; expected one estimand, estimator, variance and "
            "number of subjects; analyse every completed data set alike"
        )
    if not all(np.isfinite(one.value) and 0 < one.standard_error < np.inf for one in estimates):
        raise EstimationError(
            "a completed data set gave no finite estimate with a positive standard error; expected that of every "
            "one; look at the analysis of each"
        )
