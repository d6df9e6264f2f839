"""Restricted cubic splines: a smooth curve of a number that is a straight line beyond its outer knots."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError

Vector = NDArray[np.float64]
Knots = Literal[3, 4, 5]

PERCENTILES: Mapping[int, tuple[float, ...]] = {
    3: (10.0, 50.0, 90.0),
    4: (5.0, 35.0, 65.0, 95.0),
    5: (5.0, 27.5, 50.0, 72.5, 95.0),
}
"""Where the knots lie, by their number, in percent of the values (Harrell, 2015, table 2.3)."""


def spline_knots(values: Vector, number: Knots) -> tuple[float, ...]:
    """Return the knots of the ``values``, ``(n,)``, in their unit and ascending: percentiles of PERCENTILES.

    Percentiles interpolate linearly between the order statistics (Hyndman & Fan, 1996, definition 7).

    Raises
    ------
    EstimationError
        When there is no value, or two knots are equal because many subjects share a value.
    """
    if len(values) == 0:
        raise EstimationError("0 values have no percentiles; expected some; check arms and criteria")
    knots = tuple(float(knot) for knot in np.percentile(values, PERCENTILES[number]))
    if any(later <= earlier for earlier, later in pairwise(knots)):
        raise EstimationError(
            f"two of the {number} knots of a spline are equal, because many subjects share a value; expected different ones; "
            "plan fewer knots, or a linear term"
        )
    return knots


def spline_terms(values: Vector, knots: tuple[float, ...]) -> Vector:
    """Return the columns of the spline beside the linear one, ``(n, k − 2)``, for k ``knots`` in ascending order.

    Column j is [(x − t_j)³₊ − (x − t_{k−1})³₊ (t_k − t_j)/(t_k − t_{k−1}) + (x − t_k)³₊ (t_{k−1} − t_j)/(t_k − t_{k−1})]
    / (t_k − t_1)², in the unit of the values (Harrell, 2015, equations 2.24 and 2.25). It is 0 below the first knot and
    straight above the last.
    """
    first, before, last = knots[0], knots[-2], knots[-1]

    def cube(knot: float) -> Vector:
        above: Vector = np.maximum(values - knot, 0.0) ** 3
        return above

    columns = [
        (
            cube(knot)
            - cube(before) * (last - knot) / (last - before)
            + cube(last) * (before - knot) / (last - before)
        )
        / (last - first) ** 2
        for knot in knots[:-2]
    ]
    return np.column_stack(columns)
