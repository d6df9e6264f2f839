"""Naming: the terms that cause separation or failed convergence of a propensity model."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medicore.records.finding import Finding
from medicore.stats.models.logistic import LogisticFit
from medicore.stats.models.separation import collinear_columns, separating_columns, undetermined_columns
from medicore.steps.models.terms import Terms

_MOST = 5
"""The largest number of terms that are named; further terms are counted."""


def named(
    findings: Iterable[Finding], terms: Terms, treated: NDArray[np.bool_], fit: LogisticFit
) -> tuple[Finding, ...]:
    """Return the findings; those about separation and convergence name the terms that cause them."""
    words = {"separation": _separation, "convergence": _convergence}
    return tuple(
        replace(finding, message=words[finding.gate](terms, treated, fit))
        if finding.gate in words
        else finding
        for finding in findings
    )


def _separation(terms: Terms, treated: NDArray[np.bool_], fit: LogisticFit) -> str:
    collinear = collinear_columns(fit)
    if not (fit.predicted or fit.extreme) and collinear:
        return (
            f"the coefficients of {_list_of_terms(terms, collinear)} cannot be told apart (standard error "
            f"{fit.largest_standard_error:.3g} on the standardised scale), because the terms are nearly collinear; "
            "leave one of them out"
        )
    alone = separating_columns(terms.matrix, treated)
    together = undetermined_columns(fit)
    behind = ""
    if alone:
        behind = (
            f": {_list_of_terms(terms, alone)} {'does so alone' if len(alone) == 1 else 'do so, each alone'}"
        )
    elif together:
        behind = f": {_list_of_terms(terms, together)}, taken together"
    return (
        f"the covariates predict treatment perfectly for some subjects (separation){behind}; their weights mean "
        "nothing; restrict the population to where both arms occur, or leave the covariate out"
    )


def _convergence(terms: Terms, treated: NDArray[np.bool_], fit: LogisticFit) -> str:
    collinear, alone = collinear_columns(fit), separating_columns(terms.matrix, treated)
    behind = ""
    if collinear:
        behind = f": {_list_of_terms(terms, collinear)} are nearly collinear"
    elif alone:
        behind = f": {_list_of_terms(terms, alone)} predict treatment perfectly"
    return (
        f"the propensity model did not converge in {fit.iterations} iterations{behind}; leave terms out in a new "
        "version of the protocol, and run again"
    )


def _list_of_terms(terms: Terms, columns: Sequence[int]) -> str:
    names = [terms.names[column] for column in columns]
    rest = [f"{len(names) - _MOST} more"] if len(names) > _MOST else []
    *first, last = [*names[:_MOST], *rest]
    return f"{', '.join(first)} and {last}" if first else last
