"""The results of a count are traced and tabled by what computes them."""

import importlib
import inspect
from pathlib import Path

import pytest

from medicore.records.results import trace
from medicore.records.results.origin import Origin, matching
from medicore.records.results.outcomes import counted_trace
from medicore.records.results.outcomes.counted_tables import COUNTED_TABLES
from medicore.records.results.outcomes.counted_trace import ORIGINS, SECTION
from medicore.records.results.outcomes.traced import OWN, origins_of, trace_files
from medicore.records.results.recorded_trace import recorded_origins
from medicore.steps.way import STEP_NAMES


def test_the_table_is_read_from_its_source_as_it_is() -> None:
    """A record is explained by the table of its own code, which holds literals alone."""
    assert recorded_origins(inspect.getsource(counted_trace)) == ORIGINS


def test_the_table_stands_before_that_of_other_outcomes() -> None:
    """Results with the part of a count are traced by it first; others are traced as before."""
    found = origins_of(("primary", SECTION))
    assert matching(found, "primary.estimate").function.endswith(":augmented_rates")
    assert matching(found, "balance.worst") == matching(trace.ORIGINS, "balance.worst")
    assert origins_of(("primary", "sensitivity")) == trace.ORIGINS
    assert origins_of(("rates.arms.treated.crude",)) == found


def test_the_files_of_the_tables_are_named_by_the_part_of_the_results() -> None:
    """The recorded code's tables are found by the names of their files, that of the outcome first."""
    assert trace_files(("primary", SECTION)) == ("counted_trace.py", "trace.py")
    assert trace_files(("survival",)) == ("survival_trace.py", "trace.py")
    assert trace_files(("primary",)) == ("trace.py",)
    folder = Path(inspect.getfile(trace)).parent
    assert all(len(list(folder.rglob(file))) == 1 for file, _ in OWN.values())


def test_every_pattern_is_the_origin_of_something() -> None:
    """No pattern is hidden by one before it."""
    for origin in ORIGINS:
        made = origin.pattern.replace("**", "x").replace("*", "0")
        assert matching(ORIGINS, made) == origin


@pytest.mark.parametrize("origin", ORIGINS, ids=lambda origin: origin.pattern)
def test_every_origin_names_a_step_and_a_function_that_are_there(origin: Origin) -> None:
    """The step is one of the way, and the module holds the function or class."""
    assert origin.step in STEP_NAMES
    module, name = origin.function.split(":")
    file = Path(inspect.getfile(importlib.import_module(module))).read_text("utf-8")
    assert any(line.startswith((f"def {name}(", f"class {name}")) for line in file.splitlines())


def test_rows_hold_every_number_by_arm() -> None:
    """Events, exposure, weights and rates become rows by arm; results of another outcome have none."""
    arms = {"treated": {"events": 1}, "control": {"events": 2}}
    results = {
        "cohort": {"outcomes": {"exposure": {"unit": "years", "arms": arms}}},
        "primary": {"exposure": {"covariates": ["age"], "arms": arms}},
        "rates": {"unit": "per year", "arms": arms},
    }
    for table in COUNTED_TABLES:
        assert [dict(row.values) for row in table.rows(results)] == [{"events": 1}, {"events": 2}]
        assert [row.groups["GF.ARM"] for row in table.rows(results)] == ["treated", "control"]
        assert table.rows({"cohort": {"outcomes": None}, "primary": {}}) == ()
