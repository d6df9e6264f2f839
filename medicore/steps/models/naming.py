"""Naming: the terms that cause separation or failed convergence of a propensity model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medicore.records.finding import Finding
from medicore.stats.models.logistic import LogisticFit
from medicore.stats.models.separation import collinear_columns, separating_columns, undetermined_columns
from medicore.steps.models.terms import Terms

_MOST = 5
"""The largest number of terms that are named; further terms are counted."""

FEW = 10
"""A level that fewer subjects of an arm have is lost in some resamples."""


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
    return (
        f"the covariates predict treatment perfectly for some subjects (separation)"
        f"{behind_separation(terms, terms.matrix, treated, undetermined_columns(fit))}; their weights mean nothing; "
        "restrict the population to where both arms occur, or leave the covariate out"
    )


def behind_separation(
    terms: Terms, x: NDArray[np.float64], response: NDArray[np.bool_], together: Sequence[int] = ()
) -> str:
    """Return, for a message, which terms separate the response, ``(n,)`` bool, on the rows ``x`` of their design.

    ``together`` are columns whose coefficients the fit leaves undetermined, for where no term separates alone.
    """
    alone = separating_columns(x, response)
    if alone:
        return f": {listed(terms.names, alone)} {'does so alone' if len(alone) == 1 else 'do so, each alone'}"
    return f": {listed(terms.names, together)}, taken together" if together else ""


def _convergence(terms: Terms, treated: NDArray[np.bool_], fit: LogisticFit) -> str:
    collinear, alone = collinear_columns(fit.design), separating_columns(terms.matrix, treated)
    behind = ""
    if collinear:
        behind = f": {listed(terms.names, collinear)} are nearly collinear"
    elif alone:
        behind = f": {listed(terms.names, alone)} predict treatment perfectly"
    return (
        f"the propensity model did not converge in {fit.iterations} iterations{behind}; leave terms out in a new "
        "version of the protocol, and run again"
    )


def listed(all_names: Sequence[str], columns: Sequence[int], *, most: int = _MOST) -> str:
    """Return the names of some columns in words; beyond ``most``, by default five, the rest are counted."""
    names = [all_names[column] for column in columns]
    rest = [f"{len(names) - most} more"] if len(names) > most else []
    *first, last = [*names[:most], *rest]
    return f"{', '.join(first)} and {last}" if first else last


def failures(failed: Mapping[str, int]) -> str:
    """Return how many replicates failed for which reason, in words."""
    return ", ".join(f"{reason} {count}" for reason, count in failed.items() if count)


def sparse_levels(terms: Terms, treated: NDArray[np.bool_]) -> str:
    """Return, for a message, the levels that few subjects of an arm have, fewest first; '' when there are none."""
    found = []
    for place, name in enumerate(terms.names):
        column = terms.matrix[:, place]
        if set(np.unique(column)) <= {0.0, 1.0}:
            few = min(int(column[arm].sum()) for arm in (treated, ~treated))
            found += [(few, f"{name} ({few} in one arm)")] if few < FEW else []
    found.sort()
    return f"; few subjects have {listed([words for _, words in found], range(len(found)))}" if found else ""
