"""The core's own numbers for the topic multiplicity."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from medicore.stats.multiplicity.family import Method, decide
from medicore.stats.multiplicity.graphical import Graph
from tests.reference.second_set import TopicRow

TOPIC = "multiplicity"
METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "bonferroni": "bonferroni",
        "holm": "holm",
        "hochberg": "hochberg",
        "hommel": "hommel",
        "BH": "benjamini-hochberg",
        "BY": "benjamini-yekutieli",
        "graphical Bonferroni": "graph",
    }
)


def computed(row: TopicRow) -> float:
    """Return the core's own number for a row: an adjusted p-value, or 1 for a hypothesis that is rejected."""
    quantity, _, place = row.quantity.rpartition("_")
    given = json.loads(row.inputs)
    if row.estimator != "graphical Bonferroni":
        return decide(given, METHODS[row.estimator], 0.05).adjusted[int(place) - 1]
    size = len(given["w"])
    rows = [given["G_rows"][start : start + size] for start in range(0, size * size, size)]
    found = decide(given["p"], "graph", given["alpha"], Graph.of(given["w"], rows))
    return float(getattr(found, {"adjusted_p": "adjusted"}.get(quantity, quantity))[int(place) - 1])
