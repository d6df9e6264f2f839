"""The trace from a path to its origin."""

import pytest

from medicore.errors import IntegrityError, ProtocolError
from medicore.records.results.trace import ORIGINS, origin_of, paths_of, value_at
from medicore.steps.way import STEP_NAMES

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


def test_the_nearest_origin_wins() -> None:
    """A part of the primary result with an origin of its own is not explained by the whole."""
    assert origin_of("primary.bootstrap.ci_low").function.endswith(":bootstrap_effect")
    assert origin_of("primary.estimate").function.endswith(":doubly_robust")


def test_no_origin() -> None:
    """What is identity and no result has no origin."""
    with pytest.raises(IntegrityError, match="not in the trace table"):
        origin_of("study.title")


def test_section_is_put_into_the_frame_of_the_results() -> None:
    """A step's document is read by the same path as the results."""
    origin = origin_of("balance.worst")
    assert value_at(origin.in_document({"balance": {"worst": 3}}), "balance.worst") == 3
    assert value_at(origin_of("cohort.analysed").in_document({"analysed": 5}), "cohort.analysed") == 5


def test_every_origin_names_a_step() -> None:
    """Origins name steps of the way of the data."""
    assert {origin.step for origin in ORIGINS} <= set(STEP_NAMES)
