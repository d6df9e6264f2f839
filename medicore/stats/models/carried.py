"""Degrees of freedom of a variance that the outcomes of several groups carry, by what each outcome counts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Carried:
    """The part of a variance that the noise of one group's outcomes makes, and its degrees of freedom."""

    variance: float
    freedom: float


def carried(noise: Vector, weights: Vector, parameters: float) -> Carried:
    """Return the variance Σz² of a group's ``noise`` z, ``(k,)``, and its degrees of freedom.

    The ``weights`` w, ``(k,)``, are what an outcome's noise counts, in units of the outcome's standard deviation. Few large
    ones carry the variance: the degrees of freedom are (Σw²)²/Σw⁴ · (1 − q/k), with q the ``parameters`` of the model
    that the residuals are of (Bell & McCaffrey, 2002, without the leverages off the diagonal). They are k − q where every
    weight is 0.
    """
    squares = weights**2
    if not squares.any():
        return Carried(float((noise**2).sum()), len(weights) - parameters)
    effective = float(squares.sum() ** 2 / (squares**2).sum())
    return Carried(float((noise**2).sum()), effective * (1 - parameters / len(weights)))


def satterthwaite(total: float, groups: Sequence[Carried], subjects: int) -> float:
    """Return the degrees of freedom of a ``total`` variance: V²/Σ(v²/ν) over the groups and what they leave of it.

    What they leave is the variance between subjects of what is expected of them, with ``subjects`` − 1 degrees of freedom
    (Satterthwaite, 1946). Without any variance they have as many.
    """
    if total == 0:
        return subjects - 1.0
    shares = [group.variance / total for group in groups]
    rest = max(1 - sum(shares), 0.0)
    spent = sum(share**2 / group.freedom for share, group in zip(shares, groups, strict=True))
    return 1 / (spent + rest**2 / (subjects - 1))
