"""Hommel's adjustment: the closed test of which each intersection is tested by Simes."""

from collections.abc import Sequence

import numpy as np

from medicore.stats.multiplicity.p_values import at_most_one, given_p_values


def hommel(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values of m hypotheses with the p-values ``(m,)``, in the order given.

    A hypothesis is rejected when Simes' test rejects every intersection that holds it. Of the intersections of k
    hypotheses the hardest has the largest p-values, so m sizes are tried and not 2^m sets (Hommel 1988; Wright 1992). The
    family-wise error rate holds where Simes' inequality does.

    Raises
    ------
    EstimationError
        When there is no p-value, or one is not a number from 0 to 1.
    """
    given = given_p_values(p_values)
    order = np.argsort(given, kind="stable")
    rising = given[order]
    adjusted = np.empty_like(given)
    adjusted[order] = [_hardest(rising, place) for place in range(given.size)]
    return at_most_one(adjusted)


def _hardest(rising: np.ndarray[tuple[int], np.dtype[np.float64]], place: int) -> float:
    """Return the largest of Simes' p-values over the sets that hold the hypothesis at ``place``, by their size."""
    total = rising.size
    found = 0.0
    for size in range(1, total + 1):
        largest = rising[total - size :]
        if place < total - size:
            # The hypothesis itself and the largest others.
            largest = np.concatenate(([rising[place]], largest[1:]))
        found = max(found, float((size * largest / np.arange(1, size + 1)).min()))
    return found
