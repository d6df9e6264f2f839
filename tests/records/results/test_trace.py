"""The trace from a path to its origin."""

import pytest

from medicore.errors import IntegrityError
from medicore.records.results.paths import value_at
from medicore.records.results.trace import ORIGINS, origin_of
from medicore.steps.way import STEP_NAMES


def test_the_nearest_origin_wins() -> None:
    """A part of the primary result with an origin of its own is not explained by the whole."""
    assert origin_of("primary.bootstrap.ci_low").function.endswith(":bootstrap_effect")
    assert origin_of("primary.estimate").function.endswith(":primary_result")


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
