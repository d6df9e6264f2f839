"""The primary result of a mixed model for repeated measures, its gates, and its look: the step ``effect`` of such a study."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import Effect, effect_of
from medicore.stats.repeated.mixed_contrasts import Method, contrast
from medicore.stats.repeated.mixed_model import MixedFit, fit_mixed
from medicore.stats.repeated.resampled_visits import VisitResamples
from medicore.stats.repeated.subject_sandwich import subject_influence
from medicore.stats.repeated.verification_mixed import verify_mixed
from medicore.steps.models.allocation import allocation_section
from medicore.steps.models.naming import sparse_levels
from medicore.steps.models.sample import Sample
from medicore.steps.models.terms import model_terms
from medicore.steps.models.visit_sample import Visited, declared_visits, visited
from medicore.steps.primaries.after_estimate import own_effect
from medicore.steps.primaries.primary_section import Inferred, inferred_section

Vector = NDArray[np.float64]

_SANDWICH = "sandwich over subjects"


def visited_effect(files: RecordFiles, protocol: Protocol, analysis: pd.DataFrame) -> tuple[Finding, ...]:
    """Estimate the primary effect at the last visit, confirm it, compare it with last month's, and return the findings.

    ``analysis`` is the analysis set. A model that cannot be fitted raises EstimationError: no finding is about it.
    """
    subjects = visited(
        protocol,
        declared_visits(protocol),
        files.read_table("extract.parquet"),
        files.read_table("disposition.parquet"),
    )
    terms = model_terms(protocol, protocol.models.outcome, analysis)
    allocation = allocation_section(protocol, Sample.of(protocol, analysis))
    return own_effect(
        files,
        protocol,
        lambda: estimate_visits(protocol, subjects),
        parameters=subjects.design().shape[2],
        sparse=sparse_levels(terms, analysis["treated"].to_numpy(dtype=bool)),
        declared={} if allocation is None else {"randomisation": allocation},
        simple="the mixed model's own",
    )


def estimate_visits(protocol: Protocol, subjects: Visited) -> dict[str, Any]:
    """Return the primary result as ``results.json`` holds it: estimate, standard errors, bootstrap, second implementation.

    The effect is the difference of the arms at the last visit; standard error and degrees of freedom are by the declared
    method. Beside it stand the model's own standard error, which the second implementation confirms, and the sandwich over subjects;
    the spread of the bootstrap is held against the sandwich whose residuals are corrected for leverage, as the jackknife's are.
    The counts are of the two arms that are compared, though the model is of all.

    Raises EstimationError when the model cannot be fitted, or the bootstrap finds no number.
    """
    plan = declared_visits(protocol)
    design, outcome, method = subjects.design(), subjects.outcome, plan.degrees_of_freedom
    fit = fit_mixed(design, outcome)
    weights = last_means(subjects, fit)
    apart = weights[0] - weights[1]
    n, level = int(subjects.compared.sum()), protocol.inference.level
    treated, control = weights @ fit.coefficients

    def by_subjects(*, corrected: bool) -> ArmMeans:
        root = subject_influence(fit, design, outcome, weights, corrected=corrected)
        return ArmMeans("ATE", _SANDWICH, float(treated), float(control), root, _SANDWICH, len(outcome))

    stacked = by_subjects(corrected=False)
    replicated = VisitResamples.of(fit, design, outcome, weights).bootstrap(
        stacked, stacked, replicates=protocol.inference.replicates, seed=protocol.seed
    )
    effect = Effect("difference", replace(contrast(fit, apart, method), n=n))
    inferred = Inferred(
        effect=effect,
        apart=effect,
        direct=Effect("difference", contrast(fit, apart, "satterthwaite")),
        stacked=effect_of(stacked, "difference"),
        means={
            arm: _mean(contrast(fit, own, method), level)
            for arm, own in zip(("treated", "control"), weights, strict=True)
        },
        expected_spread=effect_of(by_subjects(corrected=True), "difference").inference.standard_error,
        bootstrap=replicated,
        second=verify_mixed(design, outcome, apart),
    )
    observed = int((subjects.compared & ~np.isnan(outcome[:, -1])).sum())
    return inferred_section(
        protocol, inferred, measure="difference of means", observed=observed, unit=protocol.outcome.unit
    )


def mixed_difference(protocol: Protocol, subjects: Visited) -> Effect:
    """Return the difference of the arms at the last visit by the primary's model and method, fitted to these subjects."""
    fit = fit_mixed(subjects.design(), subjects.outcome)
    weights = last_means(subjects, fit)
    method: Method = declared_visits(protocol).degrees_of_freedom
    found = contrast(fit, weights[0] - weights[1], method)
    return Effect("difference", replace(found, n=int(subjects.compared.sum())))


def last_means(subjects: Visited, fit: MixedFit) -> Vector:
    """Return the weights of the coefficients that give each arm's mean at the last visit, ``(2, p)``, treated first.

    Covariates are about their means, so that they have no weight.
    """
    visits = subjects.outcome.shape[1]
    weights = np.zeros((2, len(fit.coefficients)))
    weights[:, visits - 1] = 1.0
    weights[0, 2 * visits - 1] = 1.0
    return weights


def _mean(found: Estimate, level: float) -> dict[str, float]:
    low, high = found.interval(level)
    return {
        "estimate": found.value,
        "standard_error": found.standard_error,
        "ci_low": low,
        "ci_high": high,
    }
