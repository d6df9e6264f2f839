"""The results of an ordinal outcome are traced and tabled by what computes them."""

import importlib
import inspect
from pathlib import Path

import pytest

from medicore.records.results.origin import Origin, matching
from medicore.records.results.outcomes import ordinal_trace
from medicore.records.results.outcomes.ordinal_tables import ORDINAL_TABLES
from medicore.records.results.outcomes.ordinal_trace import ORIGINS, SECTION
from medicore.records.results.outcomes.traced import origins_of, trace_files
from medicore.records.results.recorded_trace import recorded_origins
from medicore.steps.way import STEP_NAMES


def test_the_table_is_read_from_its_source_as_it_is() -> None:
    """A record is explained by the table of its own code, which holds literals alone."""
    assert recorded_origins(inspect.getsource(ordinal_trace)) == ORIGINS


def test_the_table_stands_before_that_of_other_outcomes() -> None:
    """Results with the part of an ordinal outcome are traced by it first, and its file is found by its name."""
    found = origins_of(("primary", SECTION))
    assert matching(found, "primary.estimate").function.endswith(":augmented_wins")
    assert trace_files(("primary", SECTION)) == ("ordinal_trace.py", "trace.py")


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


def test_rows_hold_every_number_by_level_and_arm() -> None:
    """Each level has a row of each arm; results of another outcome have none."""
    arms = {"treated": {"n": 1, "adjusted": 0.5}, "control": {"n": 2, "adjusted": 0.25}}
    (table,) = ORDINAL_TABLES
    rows = table.rows({"wins": {"levels": [{"level": "Dead", "value": 6, **arms}]}})
    assert [dict(row.values) for row in rows] == [arms["treated"], arms["control"]]
    assert [row.groups["GF.ARM"] for row in rows] == ["treated", "control"]
    assert [row.groups["GF.LEVEL"] for row in rows] == ["Dead", "Dead"]
    assert table.rows({"primary": {}}) == ()
