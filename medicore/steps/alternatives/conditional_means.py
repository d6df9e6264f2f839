"""The analysis of drawn outcomes without their draws: conditional means, and an interval over repeated samples."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.imputation.conditional_outcomes import conditional_outcomes
from medicore.steps.models.outcome_imputing import drawing_rule, imputation_covariates
from medicore.steps.models.sample import Sample, nothing, row
from medicore.steps.models.terms import model_terms

_NAME = "Conditional means instead of drawn outcomes"
_BESIDE = {
    "at random": "the interval over repeated samples, beside the primary's by Rubin's rules",
    "reference": "the interval over repeated samples; the primary's, by Rubin's rules, is information-anchored: missing outcomes "
    "cost as much as they do at random",
}


def conditional_means(protocol: Protocol, samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """Return the row of the primary estimator with missing outcomes at their conditional means; none where none was drawn.

    An outcome of 0 and 1 has no such row: its estimator is not linear in the outcomes. Covariates that are drawn together
    with the outcome have no one value on which a mean could be conditional.
    """
    if not protocol.outcome.imputed or samples[0].observed.all() or protocol.outcome.family != "gaussian":
        return []
    if protocol.imputation.method == "multiple":
        return [nothing(_NAME, "the covariates of some subjects are imputed")]
    made = row(protocol, _NAME, samples[:1], lambda one: _means(protocol, one))
    return [{**made, "note": made["note"] or _BESIDE[drawing_rule(protocol)]}]


def _means(protocol: Protocol, sample: Sample) -> ArmMeans:
    return conditional_outcomes(
        model_terms(protocol, imputation_covariates(protocol), sample.analysis).matrix,
        sample.x_outcome,
        sample.treated,
        np.where(sample.observed, sample.outcome, np.nan),
        sample.observed,
        sample.fit,
        target=sample.target,
        rule=drawing_rule(protocol),
    )
