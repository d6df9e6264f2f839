"""The results of a time to event are traced and tabled by what computes them."""

import importlib
import inspect
from pathlib import Path

import pytest

from medicore.records.results import survival_trace, trace
from medicore.records.results.origin import matching
from medicore.records.results.outcomes.traced import origins_of
from medicore.records.results.recorded_trace import recorded_origins
from medicore.records.results.survival_tables import SURVIVAL_TABLES
from medicore.records.results.survival_trace import ORIGINS, SECTION
from medicore.steps.way import STEP_NAMES


def test_the_table_is_read_from_its_source_as_it_is() -> None:
    """A record is explained by the table of its own code, which holds literals alone."""
    assert recorded_origins(inspect.getsource(survival_trace)) == ORIGINS


def test_the_table_stands_before_that_of_other_outcomes() -> None:
    """Results with the part of a time to event are traced by it first; others are traced as before."""
    timed = origins_of(("primary", SECTION))
    assert matching(timed, "primary.estimate").function.endswith(":augmented_survival")
    assert matching(timed, "balance.worst") == matching(trace.ORIGINS, "balance.worst")
    assert origins_of(("primary", "sensitivity")) == trace.ORIGINS
    assert origins_of(("survival.curves.times.0",)) == timed


def test_every_pattern_is_the_origin_of_something() -> None:
    """No pattern is hidden by one before it."""
    for origin in ORIGINS:
        made = origin.pattern.replace("**", "x").replace("*", "0")
        assert matching(ORIGINS, made) == origin


@pytest.mark.parametrize("origin", ORIGINS, ids=lambda origin: origin.pattern)
def test_every_origin_names_a_step_and_a_function_that_are_there(origin: object) -> None:
    """The step is one of the way, and the module holds the function or class."""
    assert origin.step in STEP_NAMES  # type: ignore[attr-defined]
    module, name = origin.function.split(":")  # type: ignore[attr-defined]
    assert hasattr(importlib.import_module(module), name)
    file = Path(inspect.getfile(importlib.import_module(module))).read_text("utf-8")
    assert any(line.startswith((f"def {name}(", f"class {name}")) for line in file.splitlines())


def test_results_of_another_outcome_have_no_rows() -> None:
    """The tables of a time to event are empty for other outcomes, of this version and earlier ones."""
    for results in (
        {"cohort": {"outcomes": {}}, "primary": {}},
        {"cohort": {}, "primary": {"observation": None}},
    ):
        assert [table.rows(results) for table in SURVIVAL_TABLES] == [()] * len(SURVIVAL_TABLES)


def test_rows_hold_every_number_once() -> None:
    """Follow-up, censoring, curves, tests and incidences become rows by arm, time and event."""
    arms = {"treated": {"events": 1}, "control": {"events": 2}}
    curve = {"survival": [1.0, 0.5], "ci_low": [1.0, 0.4], "ci_high": [1.0, 0.6], "median": None}
    results = {
        "cohort": {"outcomes": {"follow_up": {"horizon": 9.0, "competing": "Death", "arms": arms}}},
        "primary": {"censoring": {"horizon": 9.0, "covariates": [], "arms": {"treated": {"followed": 3}}}},
        "survival": {
            "horizon": 9.0,
            "curves": {"times": [0.0, 9.0], "weights": "none", "arms": {"treated": curve}},
            "at_risk": {"times": [0.0], "treated": [5], "control": [6]},
            "hazard_ratio": {"estimate": 0.5, "note": ""},
            "log_rank": {"note": "not estimable: no"},
            "competing": {
                "name": "Death",
                "kinds": {"event": {"difference": 0.1}, "competing": {"difference": 0.2}},
            },
        },
    }
    made = {table.name: table.rows(results) for table in SURVIVAL_TABLES}
    assert [dict(row.values) for row in made["Follow-up"]] == [{"horizon": 9.0}, {"events": 1}, {"events": 2}]
    assert dict(made["Primary effect, censoring"][0].values) == {"followed": 3}
    told = [dict(row.values) for row in made["Survival curves"]]
    assert told == [
        {"horizon": 9.0},
        {"median": None},
        {"survival": 1.0, "ci_low": 1.0, "ci_high": 1.0},
        {"survival": 0.5, "ci_low": 0.4, "ci_high": 0.6},
        {"at risk": 5},
        {"at risk": 6},
    ]
    assert dict(made["Hazard ratio"][0].values) == {"estimate": 0.5}
    assert made["Log-rank test"] == ()
    assert [row.groups["GF.EVENT"] for row in made["Competing events"]] == ["event", "Death"]
    del results["survival"]["competing"]  # type: ignore[attr-defined]
    assert SURVIVAL_TABLES[-1].rows(results) == ()
