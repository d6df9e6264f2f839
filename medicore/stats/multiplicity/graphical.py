"""The graphical procedure: a rejected hypothesis passes its share of the level on along the arrows of a graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.multiplicity.p_values import at_most_one, given_p_values

Vector = NDArray[np.float64]

ROUNDING = 1e-9
"""By how much a sum of shares may exceed 1: the rounding of numbers such as 0.333333333333."""


@dataclass(frozen=True, slots=True)
class Graph:
    """The hypotheses' shares of the level, ``(m,)``, and the transitions, ``(m, m)``.

    The element (i, j) of ``transitions`` is the share of its level that hypothesis i passes on to j when it is rejected.
    """

    weights: Vector
    transitions: Vector

    @classmethod
    def of(cls, weights: Sequence[float], transitions: Sequence[Sequence[float]]) -> Self:
        """Return the graph of these numbers.

        Raises
        ------
        EstimationError
            When a share is outside 0 to 1, the weights or a row of transitions sum to more than 1, a hypothesis passes on
            to itself, or the numbers are not ``(m,)`` and ``(m, m)``.
        """
        size = len(weights)
        if not size or len(transitions) != size or any(len(row) != size for row in transitions):
            raise EstimationError(
                f"a graph of {size} weight(s) has {len(transitions)} row(s) of transitions; expected as many rows and columns "
                "as weights, and one at least"
            )
        shares, passed = np.array(weights, dtype=np.float64), np.array(transitions, dtype=np.float64)
        for what, values in (("weights", shares[None, :]), ("transitions", passed)):
            if not ((values >= 0) & (values <= 1)).all() or (values.sum(axis=1) > 1 + ROUNDING).any():
                raise EstimationError(
                    f"the {what} of a graph are not shares; expected numbers from 0 to 1 that sum to 1 at most"
                )
        if np.diagonal(passed).any():
            raise EstimationError(
                "a hypothesis of a graph passes on to itself; expected 0 on the diagonal of transitions"
            )
        return cls(shares, passed)

    def without(self, place: int) -> Self:
        """Return the graph after the rejection of a hypothesis, which keeps its place with no share and no arrows.

        Bretz, Maurer, Brannath & Posch (2009), algorithm 1, step 2.
        """
        weights = self.weights + self.weights[place] * self.transitions[place]
        weights[place] = 0.0
        through = np.outer(self.transitions[:, place], self.transitions[place])
        loops = np.diagonal(through)
        # Who only passes on to the rejected and back again passes on nothing any more.
        open_ = loops < 1 - ROUNDING
        scale = np.where(open_, 1 - loops, 1.0)[:, None]
        transitions = np.where(open_[:, None], (self.transitions + through) / scale, 0.0)
        np.fill_diagonal(transitions, 0.0)
        transitions[place, :] = 0.0
        transitions[:, place] = 0.0
        return type(self)(weights, transitions)


def graphical(p_values: Sequence[float], graph: Graph) -> tuple[float, ...]:
    """Return the adjusted p-values of the hypotheses of a graph, ``(m,)``, in the order given.

    Again and again the hypothesis with the smallest p/w is taken, adjusted to the largest such ratio so far, and its share is
    passed on. What has no share even then is adjusted to 1. The family-wise error rate holds whatever the dependence of the
    tests (Bretz, Maurer, Brannath & Posch 2009, algorithm 2).

    Raises
    ------
    EstimationError
        When a p-value is not a number from 0 to 1, or their number is not that of the graph's hypotheses.
    """
    given = given_p_values(p_values)
    if given.size != graph.weights.size:
        raise EstimationError(
            f"{given.size} p-value(s) for a graph of {graph.weights.size} hypotheses; expected one for each"
        )
    adjusted = np.ones_like(given)
    left = np.ones(given.size, dtype=bool)
    reached = 0.0
    while (ready := left & (graph.weights > 0)).any():
        ratios = np.full(given.size, np.inf)
        ratios[ready] = given[ready] / graph.weights[ready]
        place = int(np.argmin(ratios))
        reached = max(reached, float(ratios[place]))
        adjusted[place] = reached
        left[place] = False
        graph = graph.without(place)
    return at_most_one(adjusted)
