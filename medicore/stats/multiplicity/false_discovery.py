"""Adjustments by the false discovery rate: the expected share of false among all rejections."""

from collections.abc import Sequence

import numpy as np

from medicore.stats.multiplicity.p_values import at_most_one, given_p_values


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values of m hypotheses with the p-values ``(m,)``, in the order given.

    In ascending order the k-th is the smallest of m·p(j)/j over j ≥ k. The false discovery rate holds for tests that are
    independent or positively dependent (Benjamini & Hochberg 1995; Benjamini & Yekutieli 2001); the family-wise error rate
    does not.

    Raises
    ------
    EstimationError
        When there is no p-value, or one is not a number from 0 to 1.
    """
    return at_most_one(_stepped_up(p_values, 1.0))


def benjamini_yekutieli(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the same times 1 + 1/2 + … + 1/m: the false discovery rate holds whatever the dependence of the tests.

    Benjamini & Yekutieli (2001), theorem 1.3.

    Raises
    ------
    EstimationError
        When there is no p-value, or one is not a number from 0 to 1.
    """
    harmonic = float((1 / np.arange(1, len(p_values) + 1)).sum())
    return at_most_one(_stepped_up(p_values, harmonic))


def _stepped_up(p_values: Sequence[float], factor: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    given = given_p_values(p_values)
    falling = np.argsort(-given, kind="stable")
    shares = given.size / np.arange(given.size, 0, -1)
    adjusted = np.empty_like(given)
    adjusted[falling] = np.minimum.accumulate(factor * shares * given[falling])
    return adjusted
