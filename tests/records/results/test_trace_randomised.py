"""The trace of what only randomised studies have."""

import inspect
from importlib import import_module

import pytest

from medicore.errors import IntegrityError
from medicore.records.results import trace_randomised
from medicore.records.results.recorded_trace import recorded_origin, recorded_origins
from medicore.records.results.trace import origin_of, traced_parts
from medicore.records.results.trace_randomised import ORIGINS, traced_path
from medicore.steps.way import STEP_NAMES


def test_every_origin_names_a_step_and_a_function() -> None:
    """Each names a step of the way of the data, and what its module defines."""
    assert {origin.step for origin in ORIGINS} <= set(STEP_NAMES)
    for origin in ORIGINS:
        module, name = origin.function.split(":")
        assert inspect.getmodule(getattr(import_module(module), name)).__name__ == module  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("path", "estimator", "expected"),
    [
        ("primary.estimate", "aipw", "primary.estimate"),
        ("primary.estimate", "ancova", "adjusted.estimate"),
        ("primary.bootstrap.spread", "g-computation", "adjusted.bootstrap.spread"),
        ("primary", "ancova", "adjusted"),
        ("primary.ci_low", "ancova", "primary.ci_low"),
        ("monitoring.z", "ancova", "monitoring.z"),
    ],
)
def test_the_estimator_decides_where_its_own_numbers_come_from(
    path: str, estimator: str, expected: str
) -> None:
    """What ANCOVA or g-computation computes itself is looked up under its own name, all else as ever."""
    assert traced_path(path, estimator) == expected
    assert origin_of(expected).step == "effect"


def test_the_table_is_read_from_its_source_beside_the_other() -> None:
    """The recorded table equals the imported one, and a path is looked up in the first table that has it."""
    source = inspect.getsource(trace_randomised)
    assert recorded_origins(source) == ORIGINS
    other = "ORIGINS = (Origin('primary.**', 'effect', 'a:b', 'c'),)"
    assert recorded_origin("primary.estimate", other, source).function == "a:b"
    assert recorded_origin("hypothesis.p_value", other, source).function.endswith(":hypothesis_section")
    with pytest.raises(IntegrityError, match="not in the trace table"):
        recorded_origin("study.id", other, source)


def test_hypothesis_and_randomisation_are_parts_of_the_results() -> None:
    """Their numbers are found by what is printed, and counted as traceable."""
    assert {"primary", "hypothesis", "randomisation"} <= traced_parts()
