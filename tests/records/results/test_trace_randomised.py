"""The trace of what only randomised studies have."""

import inspect
from importlib import import_module

import pytest

from medicore.records.results.origin import first_parts
from medicore.records.results.origins.trace_mixed import MIXED_ORIGINS
from medicore.records.results.origins.trace_randomised import RANDOMISED_ORIGINS, traced_path
from medicore.records.results.trace import ORIGINS, origin_of
from medicore.steps.way import STEP_NAMES


def test_every_origin_names_a_step_and_a_function() -> None:
    """Each names a step of the way of the data, and what its module defines."""
    both = (*RANDOMISED_ORIGINS, *MIXED_ORIGINS)
    assert {origin.step for origin in both} <= set(STEP_NAMES)
    for origin in both:
        module, name = origin.function.split(":")
        assert inspect.getmodule(getattr(import_module(module), name)).__name__ == module  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("primary.estimate", "adjusted.estimate"),
        ("primary.measure", "adjusted.measure"),
        ("primary.bootstrap.spread", "adjusted.bootstrap.spread"),
        ("primary", "adjusted"),
        ("primary.ci_low", "primary.ci_low"),
        ("primary.absolute_difference.estimate", "primary.absolute_difference.estimate"),
        ("secondary.0.estimate", "adjusted_secondary.0.estimate"),
        ("secondary.1.verification.tolerance", "adjusted_secondary.1.verification.tolerance"),
        ("secondary", "adjusted_secondary"),
        ("secondary.0.outcomes.due", "secondary.0.outcomes.due"),
        ("monitoring.z", "monitoring.z"),
    ],
)
def test_the_estimator_decides_where_its_own_numbers_come_from(path: str, expected: str) -> None:
    """What ANCOVA or g-computation computes itself is looked up under its own name, all else as ever."""
    assert traced_path(path, adjusted=True) == expected
    assert traced_path(path, adjusted=False) == path
    own = (
        f"mixed{expected[8:]}"
        if expected.startswith("adjusted") and "secondary" not in expected
        else expected
    )
    assert traced_path(path, adjusted=False, mixed=True) == own
    assert origin_of(own).step in ("effect", "sensitivity")
    assert origin_of(expected).step in ("effect", "sensitivity")


def test_the_table_is_part_of_the_trace() -> None:
    """What only randomised studies have is looked up in the one table that a record is read by."""
    assert {*RANDOMISED_ORIGINS, *MIXED_ORIGINS} <= set(ORIGINS)
    assert origin_of("hypothesis.p_value").function.endswith(":hypothesis_section")
    assert origin_of("randomisation.p_value").function.endswith(":allocation_section")


def test_hypothesis_and_randomisation_are_parts_of_the_results() -> None:
    """Their numbers are found by what is printed, and counted as traceable."""
    assert {"primary", "hypothesis", "randomisation"} <= first_parts(ORIGINS)
