"""Families across studies: what the file may declare, and what is refused."""

from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.hypotheses.portfolio_family import parse_families

FAMILY: dict[str, Any] = {
    "name": "metabolic", "studies": ["MED-2024-0001", "MED-2024-0002"], "method": "hochberg", "alpha": 0.05,
}  # fmt: skip
GRAPH = {"method": "graph", "weights": [0.5, 0.5], "transitions": [[0, 1], [1, 0]]}


def text(*families: dict[str, Any]) -> str:
    """Return the file with these families."""
    return yaml.safe_dump({"families": list(families)})


def test_families_are_declared() -> None:
    """Each has its method, level and studies, in the order of the file."""
    other = {**FAMILY, **GRAPH, "name": "rare", "studies": ["REF-NHEFS", "MED-2024-0003"]}
    first, second = parse_families(text(FAMILY, other), "x")
    assert (first.studies, first.method, first.weights) == (
        ("MED-2024-0001", "MED-2024-0002"),
        "hochberg",
        None,
    )
    assert (second.weights, second.transitions) == ((0.5, 0.5), ((0, 1), (1, 0)))
    assert parse_families("families: []", "x") == ()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "x: file: Input should be"),
        ("families: [", "x is not valid YAML at line 2"),
        ("families: []\nfamilies: []", "a key is given twice"),
        (text({**FAMILY, "studies": ["MED-2024-0001"]}), "at least 2 items"),
        (text({**FAMILY, "studies": ["MED-2024-0001", "../secret"]}), "is not a study identifier"),
        (text({**FAMILY, "studies": ["MED-2024-0001"] * 2}), "family 'metabolic': a study is named twice"),
        (text({**FAMILY, "method": "graph"}), "the method 'graph' needs its graph"),
        (text({**FAMILY, **GRAPH, "weights": [1, 0.5]}), "the weights sum to 1.5"),
        (text({**FAMILY, "method": "none"}), "families.0.method: Input should be 'bonferroni'"),
        (text({**FAMILY, "month": "2025-01"}), "families.0.month: Extra inputs"),
        (text(FAMILY, {**FAMILY, "studies": ["REF-NHEFS", "MED-2024-0003"]}), "two families have one name"),
        (
            text(FAMILY, {**FAMILY, "name": "b"}),
            "studies ['MED-2024-0001', 'MED-2024-0002'] are in two families",
        ),
    ],
)
def test_what_does_not_hold_its_level_is_refused(written: str, words: str) -> None:
    """The message names the file, the place and what is wrong."""
    with pytest.raises(ProtocolError) as caught:
        parse_families(written, "x")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
