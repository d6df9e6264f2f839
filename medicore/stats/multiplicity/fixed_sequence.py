"""The fixed sequence: hypotheses are tested in their declared order, each at the whole level, until one is retained."""

from collections.abc import Sequence

import numpy as np

from medicore.stats.multiplicity.p_values import at_most_one, given_p_values


def fixed_sequence(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values of hypotheses in their declared order, ``(m,)``: the largest p-value so far.

    The family-wise error rate holds whatever the dependence of the tests (Maurer, Hothorn & Lehmacher 1995; Westfall &
    Krishen 2001).

    Raises
    ------
    EstimationError
        When there is no p-value, or one is not a number from 0 to 1.
    """
    return at_most_one(np.maximum.accumulate(given_p_values(p_values)))
