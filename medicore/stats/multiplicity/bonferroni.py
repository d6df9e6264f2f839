"""Bonferroni's adjustment: each hypothesis is tested at an equal share of the level."""

from collections.abc import Sequence

from medicore.stats.multiplicity.p_values import at_most_one, given_p_values


def bonferroni(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values m·p, at most 1, of m hypotheses with the p-values ``(m,)``.

    The family-wise error rate holds whatever the dependence of the tests (Dunn 1961).

    Raises
    ------
    EstimationError
        When there is no p-value, or one is not a number from 0 to 1.
    """
    given = given_p_values(p_values)
    return at_most_one(given.size * given)
