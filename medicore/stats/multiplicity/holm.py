"""Holm's adjustment: from the smallest p-value on, each at an equal share of the level that is left."""

from collections.abc import Sequence

import numpy as np

from medicore.stats.multiplicity.p_values import at_most_one, given_p_values


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values of m hypotheses with the p-values ``(m,)``, in the order given.

    In ascending order the k-th is the largest of (m − j + 1)·p(j) over j ≤ k, at most 1. The family-wise error rate holds
    whatever the dependence of the tests (Holm 1979).

    Raises
    ------
    EstimationError
        When there is no p-value, or one is not a number from 0 to 1.
    """
    given = given_p_values(p_values)
    order = np.argsort(given, kind="stable")
    left = np.arange(given.size, 0, -1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.maximum.accumulate(left * given[order])
    return at_most_one(adjusted)
