"""A family of hypotheses: its method, and which of the hypotheses it rejects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from medicore.errors import EstimationError
from medicore.stats.multiplicity.bonferroni import bonferroni
from medicore.stats.multiplicity.false_discovery import benjamini_hochberg, benjamini_yekutieli
from medicore.stats.multiplicity.fixed_sequence import fixed_sequence
from medicore.stats.multiplicity.graphical import Graph, graphical
from medicore.stats.multiplicity.hochberg import hochberg
from medicore.stats.multiplicity.holm import holm
from medicore.stats.multiplicity.hommel import hommel

Method = Literal[
    "bonferroni",
    "holm",
    "hochberg",
    "hommel",
    "benjamini-hochberg",
    "benjamini-yekutieli",
    "fixed sequence",
    "graph",
]

_ADJUSTED: Mapping[str, Callable[[Sequence[float]], tuple[float, ...]]] = MappingProxyType(
    {
        "bonferroni": bonferroni,
        "holm": holm,
        "hochberg": hochberg,
        "hommel": hommel,
        "benjamini-hochberg": benjamini_hochberg,
        "benjamini-yekutieli": benjamini_yekutieli,
        "fixed sequence": fixed_sequence,
    }
)


@dataclass(frozen=True, slots=True)
class Decided:
    """The adjusted p-values of a family, ``(m,)``, and which hypotheses are rejected at its level."""

    adjusted: tuple[float, ...]
    rejected: tuple[bool, ...]


def decide(p_values: Sequence[float], method: Method, alpha: float, graph: Graph | None = None) -> Decided:
    """Return the adjusted p-values of a family, and the decision on each: rejected at ``alpha`` or below.

    ``graph`` is that of the method "graph", and None with every other.

    Raises
    ------
    EstimationError
        When a p-value or the graph is unfit, or graph and method do not go together.
    """
    if (graph is None) == (method == "graph"):
        raise EstimationError(
            f"the method {method!r} {'lacks its graph' if graph is None else 'takes no graph'}; expected a graph with the "
            "method 'graph' alone"
        )
    adjusted = _ADJUSTED[method](p_values) if graph is None else graphical(p_values, graph)
    return Decided(adjusted, tuple(value <= alpha for value in adjusted))
