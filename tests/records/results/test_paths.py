"""Paths in the results: to every value, and to nothing else."""

import pytest

from medicore.errors import ProtocolError
from medicore.records.results.paths import paths_of, value_at

DOCUMENT = {"primary": {"estimate": 1.5, "list": [{"term": "age"}, {"term": "bmi"}]}}


def test_value_at() -> None:
    """A path of names and list places leads to the value."""
    assert value_at(DOCUMENT, "primary.list.1.term") == "bmi"


@pytest.mark.parametrize(
    "path", ["primary.nothing", "primary.list.7", "primary.list.x", "primary.estimate.more", ""]
)
def test_nowhere(path: str) -> None:
    """A path that leads nowhere is refused, and the message names what there is."""
    with pytest.raises(ProtocolError, match="does not exist"):
        value_at(DOCUMENT, path)


def test_paths_reach_every_leaf() -> None:
    """Every leaf has one path, and that path leads to it."""
    assert paths_of(DOCUMENT) == ["primary.estimate", "primary.list.0.term", "primary.list.1.term"]
