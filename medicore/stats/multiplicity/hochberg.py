"""Hochberg's adjustment: from the largest p-value down, each at its share of the level."""

from collections.abc import Sequence

import numpy as np

from medicore.stats.multiplicity.p_values import at_most_one, given_p_values


def hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values of m hypotheses with the p-values ``(m,)``, in the order given.

    In ascending order the k-th is the smallest of (m − j + 1)·p(j) over j ≥ k. The family-wise error rate holds where
    Simes' inequality does: for tests that are independent or positively dependent (Hochberg 1988; Sarkar 1998).

    Raises
    ------
    EstimationError
        When there is no p-value, or one is not a number from 0 to 1.
    """
    given = given_p_values(p_values)
    falling = np.argsort(-given, kind="stable")
    shares = np.arange(1, given.size + 1)
    adjusted = np.empty_like(given)
    adjusted[falling] = np.minimum.accumulate(shares * given[falling])
    return at_most_one(adjusted)
