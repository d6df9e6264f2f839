"""Last digits: how far two documents are apart that differ in numbers alone."""

import json
from typing import Any

import pytest

from medicore.records.results.last_digits import furthest


def apart(then: Any, now: Any) -> float | None:
    """Return how far two documents are apart."""
    return furthest(json.dumps(then).encode(), json.dumps(now).encode())


def test_the_largest_relative_difference_is_told() -> None:
    """Each number is compared by its own size, and equal ones count nothing."""
    then = {"a": {"b": [1.0, 200.0, "text", None, 0.0]}, "n": 3}
    now = {"a": {"b": [1.0, 201.0, "text", None, 0.0]}, "n": 3}
    assert apart(then, now) == pytest.approx(1 / 201)
    assert apart(then, then) == 0.0
    assert apart({"a": 0.0}, {"a": 1e-17}) == 1.0


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"n": 3}, {"n": 4}),
        ({"text": "a"}, {"text": "b"}),
        ({"x": 1.5}, {"y": 1.5}),
        ({"x": 1.5}, {"x": None}),
        ({"x": [1.5]}, {"x": [1.5, 2.5]}),
    ],
)
def test_any_other_difference_is_none_of_digits(then: Any, now: Any) -> None:
    """A count, a text, a key or a missing value that differs has no distance."""
    assert apart(then, now) is None
