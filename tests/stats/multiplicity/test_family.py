"""A family's decisions: at or below the level, by the method that is named, with a graph where there is one."""

import typing

import pytest

from medicore.errors import EstimationError
from medicore.stats.multiplicity.family import Method, decide
from medicore.stats.multiplicity.graphical import Graph

GRAPH = Graph.of([0.5, 0.5], [[0.0, 1.0], [1.0, 0.0]])
EXPECTED = {
    "bonferroni": (0.04, 0.06),
    "holm": (0.04, 0.04),
    "hochberg": (0.03, 0.03),
    "hommel": (0.03, 0.03),
    "benjamini-hochberg": (0.03, 0.03),
    "benjamini-yekutieli": (0.045, 0.045),
    "fixed sequence": (0.02, 0.03),
    "graph": (0.04, 0.04),
}


@pytest.mark.parametrize("method", typing.get_args(Method))
def test_every_method_adjusts_in_its_own_way(method: Method) -> None:
    """The p-values 0.02 and 0.03: what is at the level is rejected, what is above is not."""
    found = decide([0.02, 0.03], method, 0.045, GRAPH if method == "graph" else None)
    assert found.adjusted == pytest.approx(EXPECTED[method], abs=1e-12)
    assert found.rejected == tuple(value <= 0.045 for value in EXPECTED[method])


def test_the_level_itself_rejects() -> None:
    """An adjusted p-value of exactly alpha is a rejection."""
    assert decide([0.025, 0.5], "holm", 0.05).rejected == (True, False)
    assert decide([0.025, 0.5], "holm", 0.049).rejected == (False, False)


def test_graph_and_method_go_together() -> None:
    """A graph without its method and the method without a graph are refused."""
    with pytest.raises(EstimationError, match="'graph' lacks its graph"):
        decide([0.1, 0.1], "graph", 0.05)
    with pytest.raises(EstimationError, match="'holm' takes no graph"):
        decide([0.1, 0.1], "holm", 0.05, GRAPH)
