"""What the forms of MaxSPRT share: the maximised sequential probability ratio test (Kulldorff et al., 2011)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from medicore.errors import EstimationError

SAME = 1e-9
"""Log likelihood ratios nearer to each other are one, computed on two ways."""


@dataclass(frozen=True, slots=True)
class CriticalValue:
    """The log likelihood ratio at which a harm is signalled, and the probability of a signal without harm.

    Where the ratio takes single values only, any limit above ``below``, the next smaller one that can be attained, is the
    same test; it is None where the ratio is continuous.
    """

    value: float
    type_one_error: float
    below: float | None = None


def smallest_attainable(
    ratios: Sequence[float], alpha: float, type_one_error: Callable[[float], float]
) -> CriticalValue:
    """Return the smallest of the attainable ratios with which the type I error is at most ``alpha``.

    ``type_one_error`` falls as the limit rises. Raises EstimationError when the largest still has a larger one: the
    length is too short for a signal.
    """
    ordered = np.sort(np.asarray([ratio for ratio in ratios if ratio > SAME], dtype=np.float64))
    values = ordered[np.append(True, np.diff(ordered) > SAME)] if len(ordered) else ordered
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if type_one_error(float(values[middle])) <= alpha:
            high = middle
        else:
            low = middle + 1
    if low == len(values):
        raise EstimationError(
            f"no signal is possible with a type I error of at most {alpha:g}; expected a longer surveillance or a larger "
            "alpha; correct the design"
        )
    below = float(values[low - 1]) if low else 0.0
    return CriticalValue(float(values[low]), type_one_error(float(values[low])), below)


def require_minimum(minimum: int) -> None:
    """Raise EstimationError unless the number of events before a signal is 1 or more."""
    if minimum < 1:
        raise EstimationError(
            f"a signal needs {minimum} events at least; expected 1 or more; correct the design"
        )
