"""The effect at the last visit with missing outcomes at their conditional means over visits, and its jackknife."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.estimate import Estimate
from medicore.stats.imputation.reference_based import Rule, conditional_means
from medicore.stats.repeated.mixed_model import MixedFit, maximise
from medicore.stats.repeated.visit_moments import without

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

RULES: tuple[Rule, ...] = ("at random", "jump to reference", "copy reference", "copy increments")
MOST_GROUPS = 200
"""The jackknife leaves out one subject at a time, or, of more subjects, one of so many groups of them."""


@dataclass(frozen=True, slots=True)
class VisitSample:
    """Subjects with their visits: outcomes ``(n, T)``, NaN where missing, and who is treated, ``(n,)`` bool.

    ``design``, ``(n, T, p)``, are the predictors of the mixed model in the subject's own arm, ``reference`` those of the same
    subject in the control arm. ``x``, ``(n, q)`` without intercept, are the covariates of the analysis of the last visit.
    """

    design: Vector
    reference: Vector
    x: Vector
    treated: Flags
    outcome: Vector


def completed_effects(sample: VisitSample, fit: MixedFit) -> dict[Rule, Estimate]:
    """Return the difference of the arms at the last visit under every rule of ``conditional_means``.

    ``fit`` is the mixed model of the sample. The completed last visit is analysed by least squares on arm and covariates, as
    multiple imputation with many draws tends to (Wolbers et al., 2022). Standard errors are the jackknife's, in which mixed
    model, imputation and analysis are done again without each subject, or without each of ``MOST_GROUPS`` groups of subjects
    taken in turn; they are those of the estimate over repeated samples. Student's t has one degree of freedom fewer than
    subjects or groups left out, and than subjects less the coefficients of the analysis.

    Raises EstimationError when without some subjects the covariates are collinear, or no mixed model can be fitted.
    """
    n = len(sample.treated)
    groups = min(n, MOST_GROUPS)
    everybody = np.ones(n, dtype=bool)
    found = _effects(sample, fit, everybody, _columns(sample, everybody))
    replicates = np.array([_left_out(sample, fit, np.arange(n) % groups == group) for group in range(groups)])
    errors = np.sqrt((groups - 1) / groups * ((replicates - replicates.mean(axis=0)) ** 2).sum(axis=0))
    left = "each subject" if groups == n else f"each of {groups} groups of subjects"
    return {
        rule: Estimate(
            "ATE",
            f"Conditional means over visits, {rule}; ANCOVA of the last visit",
            float(value),
            float(error),
            f"jackknife over repeated samples, everything done again without {left}",
            n,
            float(min(groups, n - sample.x.shape[1] - 1) - 1),
        )
        for rule, value, error in zip(RULES, found, errors, strict=True)
    }


def _left_out(sample: VisitSample, fit: MixedFit, out: Flags) -> Vector:
    """Return the effects under every rule without some subjects, ``(rules,)``."""
    columns = _columns(sample, ~out)
    moments = without(fit.moments, sample.design[out], sample.outcome[out])
    again = maximise(moments, fit.covariance, restricted=fit.restricted)
    return _effects(sample, again, ~out, columns)


def _columns(sample: VisitSample, kept: Flags) -> Vector:
    """Return the predictors of the last visit, ``(k, q + 2)``; raise EstimationError when they are collinear."""
    columns = np.column_stack([np.ones(int(kept.sum())), sample.treated[kept], sample.x[kept]])
    scale = np.sqrt((columns**2).mean(axis=0))
    if int(np.linalg.matrix_rank(columns / np.where(scale > 0, scale, 1.0))) < columns.shape[1]:
        raise EstimationError(
            "without some subjects the arm and the covariates of the last visit are collinear; expected levels with several "
            "subjects; merge levels that few subjects have"
        )
    return columns


def _effects(sample: VisitSample, fit: MixedFit, kept: Flags, columns: Vector) -> Vector:
    own, reference = fit.means(sample.design[kept]), fit.means(sample.reference[kept])
    last = [
        conditional_means(fit.covariance, own, reference, sample.outcome[kept], rule)[:, -1] for rule in RULES
    ]
    made: Vector = np.linalg.lstsq(columns, np.column_stack(last), rcond=None)[0][1]
    return made
