"""The graphical procedure: the closed test that it shortens, its special cases, and what is no graph."""

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.multiplicity.fixed_sequence import fixed_sequence
from medicore.stats.multiplicity.graphical import Graph, graphical
from medicore.stats.multiplicity.holm import holm
from tests.stats.multiplicity.closed import closed, weighted

EXACT = 1e-9
HALF = [[0.0, 1.0], [1.0, 0.0]]


def drawn(seed: int, size: int) -> tuple[list[float], list[list[float]], list[float]]:
    """Return weights, transitions and p-values of a random graph; some arrows are missing, some rows sum to less than 1."""
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(size)) * rng.uniform(0.5, 1) * (rng.random(size) < 0.7)
    arrows = rng.random((size, size)) * (rng.random((size, size)) < 0.7)
    np.fill_diagonal(arrows, 0)
    sums = arrows.sum(axis=1, keepdims=True)
    # A share of the rows passes everything on, which makes loops that close.
    passed = np.where(rng.random((size, 1)) < 0.6, 1.0, rng.random((size, 1)))
    arrows = np.divide(arrows, sums, out=np.zeros_like(arrows), where=sums > 0) * passed
    return weights.tolist(), arrows.tolist(), (rng.random(size) ** 3).tolist()


@pytest.mark.parametrize("seed", range(60))
def test_the_graph_is_the_closed_test_by_its_weights(seed: int) -> None:
    """Over all sets of hypotheses, each by the weights that it has once the others are rejected."""
    weights, transitions, p_values = drawn(seed, 2 + seed % 4)
    expected = closed(p_values, weighted(p_values, weights, transitions))
    assert graphical(p_values, Graph.of(weights, transitions)) == pytest.approx(expected, abs=EXACT)


def test_equal_weights_passed_on_equally_are_holm() -> None:
    """Four hypotheses, each with a quarter, each arrow a third."""
    transitions = (np.ones((4, 4)) - np.eye(4)) / 3
    p_values = [0.02, 0.01, 0.4, 0.03]
    found = graphical(p_values, Graph.of([0.25] * 4, transitions.tolist()))
    assert found == pytest.approx(holm(p_values), abs=EXACT)


def test_a_chain_is_the_fixed_sequence() -> None:
    """The whole level goes to the first, and on from each to the next."""
    chain = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    p_values = [0.02, 0.01, 0.04]
    found = graphical(p_values, Graph.of([1.0, 0.0, 0.0], chain))
    assert found == pytest.approx(fixed_sequence(p_values), abs=EXACT)


def test_what_no_level_reaches_is_adjusted_to_1() -> None:
    """A hypothesis without weight that no arrow leads to is never rejected, and no share of the level is lost in loops."""
    alone = Graph.of([1.0, 0.0], [[0.0, 0.0], [0.0, 0.0]])
    assert graphical([0.01, 0.0], alone) == (0.01, 1.0)
    loop = Graph.of([0.5, 0.5], HALF)
    assert graphical([0.01, 0.03], loop) == pytest.approx((0.02, 0.03), abs=EXACT)
    assert graphical([0.9, 0.8], loop) == (1.0, 1.0)


def test_a_rejection_moves_weights_and_arrows() -> None:
    """Bretz et al. (2009): shares go along the arrows, and ways through the rejected become arrows of their own."""
    graph = Graph.of([0.5, 0.5, 0.0], [[0.0, 0.5, 0.5], [0.25, 0.0, 0.75], [1.0, 0.0, 0.0]])
    after = graph.without(0)
    assert after.weights == pytest.approx([0.0, 0.75, 0.25], abs=EXACT)
    expected = np.array([[0, 0, 0], [0, 0, (0.75 + 0.125) / 0.875], [0, 0.5 / 0.5, 0]])
    assert after.transitions == pytest.approx(expected, abs=EXACT)
    assert graph.weights == pytest.approx([0.5, 0.5, 0.0], abs=0)


def test_a_closed_loop_ends_with_the_rejection() -> None:
    """Who passes all on to the rejected and gets all back keeps its level and passes on nothing."""
    graph = Graph.of([0.5, 0.5, 0.0], [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    after = graph.without(0)
    assert after.weights == pytest.approx([0.0, 1.0, 0.0], abs=EXACT)
    assert after.transitions == pytest.approx(np.array([[0, 0, 0], [0, 0, 0], [0, 1, 0]]), abs=EXACT)


@pytest.mark.parametrize(
    ("weights", "transitions", "words"),
    [
        ([], [], "0 weight"),
        ([0.5, 0.5], [[0.0, 1.0]], "as many rows and columns"),
        ([0.5, 0.5], [[0.0, 1.0], [1.0]], "as many rows and columns"),
        ([0.6, 0.5], HALF, "the weights of a graph are not shares"),
        ([-0.1, 0.5], HALF, "the weights of a graph are not shares"),
        ([float("nan"), 0.5], HALF, "the weights of a graph are not shares"),
        ([0.5, 0.5], [[0.0, 1.1], [1.0, 0.0]], "the transitions of a graph are not shares"),
        ([0.5, 0.5, 0.0], [[0.0, 0.6, 0.5], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], "the transitions of a graph"),
        ([0.5, 0.5], [[0.5, 0.5], [1.0, 0.0]], "passes on to itself"),
    ],
)
def test_what_is_no_graph_is_refused(
    weights: list[float], transitions: list[list[float]], words: str
) -> None:
    """Shares are from 0 to 1, sum to 1 at most, and lead to others."""
    with pytest.raises(EstimationError, match=words):
        Graph.of(weights, transitions)


def test_shares_may_be_rounded() -> None:
    """Three times 0.3333333333334 is taken for 1; 0.334 is not."""
    third = 0.3333333333334
    Graph.of([third] * 3, [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]])
    with pytest.raises(EstimationError, match="weights"):
        Graph.of([0.334] * 3, [[0.0] * 3] * 3)


def test_every_hypothesis_of_a_graph_has_a_p_value() -> None:
    """Three p-values for two hypotheses are refused."""
    with pytest.raises(EstimationError, match=r"3 p-value\(s\) for a graph of 2 hypotheses"):
        graphical([0.1, 0.1, 0.1], Graph.of([0.5, 0.5], HALF))
