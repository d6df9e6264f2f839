"""Drawn outcomes and the tipping surface, as the report words them."""

from typing import Any

import pytest
from presentation.sections import outcomes, sensitivity

from medicore.records.results.references import references_of
from tests.quarto_templates.says import says

ARM = {
    "observed": 380, "imputed": 23, "mean_observed": 4.53, "mean_imputed": 4.16, "mean_expected": 4.21,
    "distance": -0.41,
}  # fmt: skip
CELLS = [
    {
        "treated": one, "control": zero, "estimate": 3.4 + one - zero, "standard_error": 0.5, "low": 2.4, "high": 4.4,
        "p_value": 0.0123, "excludes": True,
    }
    for zero in (-2.5, 0.0, 2.5)
    for one in (-2.5, 0.0, 2.5)
]  # fmt: skip


def drawn(inputs: Any, method: str = "multiple imputation", **changed: Any) -> Any:
    """Return the report of a run that drew missing outcomes."""
    held = {
        "method": method, "imputations": 20, "seed": 77, "covariates": ["age", "sex"],
        "arms": {"treated": ARM, "control": {**ARM, "mean_expected": None, "distance": None}},
    }  # fmt: skip
    inputs.results["cohort"]["outcomes"] |= {"method": method, "imputation": held | changed}
    inputs.results["references"] = list(references_of(inputs.results))
    return inputs.report()


def test_the_method_and_the_draws_are_told(inputs: Any) -> None:
    """The report names number, seed and covariates, and both means beside what the second implementation expects."""
    made = outcomes.states(drawn(inputs))
    for words in (
        "drawn within each arm", "drawn 20 times (seed 77)", "regression on Age, Sex", "Rubin's rules",
        "Treated: 23 drawn, mean of the observed 4.53, of the drawn 4.16", "expects 4.21", "control: 23 drawn",
    ):  # fmt: skip
        assert says(made, words), words
    assert not says(made, "information-anchored")


@pytest.mark.parametrize("method", ["jump to reference", "copy reference"])
def test_reference_based_methods_say_what_their_variance_is(inputs: Any, method: str) -> None:
    """The control arm's regression is named, and that Rubin's variance is information-anchored."""
    made = outcomes.states(drawn(inputs, method))
    for words in (
        "regression of the control arm",
        method,
        "information-anchored",
        "Cro, Carpenter & Kenward 2019",
    ):
        assert says(made, words), words


def test_nothing_missing_is_nothing_drawn(inputs: Any) -> None:
    """Where every outcome was observed, the sentence says so and no draw is described."""
    made = outcomes.states(drawn(inputs, arms={}, seed=None, imputations=1))
    assert says(made, "Nothing was missing.")
    assert not says(made, "Drawn outcomes")


def test_the_surface_has_a_cell_for_each_pair_of_shifts(inputs: Any) -> None:
    """The table holds estimate and p at every pair, and the frontier's sentence stands below it."""
    inputs.results["tipping"] = {
        "surface": {
            "method": "weighted", "shifts": [-2.5, 0.0, 2.5], "shift_unit": "kg", "level": 0.95, "concluded": True,
            "words": "The interval excludes no effect at every pair.", "cells": CELLS, "frontier": [],
        }
    }  # fmt: skip
    inputs.results["references"] = list(references_of(inputs.results))
    made = sensitivity.surface(inputs.report())
    assert made.count("(0.012)") == 9
    assert says(made, "14.2.3.1")
    assert says(made, "The interval excludes no effect at every pair.")


def test_the_tipping_point_tells_the_share_that_is_shifted(inputs: Any) -> None:
    """Beside a surface the share of the target population is told; without one the share of the treated is all there is."""
    held = {
        "missing": 12,
        "treated": 415,
        "missing_share": 0.0289,
        "shifted_share": 0.0312,
        "delta": -4.2,
        "unit": "kg",
    }
    for surface, told in (({"cells": []}, True), (None, False)):
        inputs.results["tipping"] = {**held, "surface": surface}
        inputs.results["references"] = list(references_of(inputs.results))
        made = sensitivity.tipping(inputs.report())
        assert says(made, "12 of 415 treated subjects (2.9 %) lack an outcome that was due")
        assert says(made, "changes when their mean outcome differs by −4.200 kg")
        assert says(made, "A shift moves the effect by 3.1 % of it") == told


def test_a_record_without_a_surface_prints_none(inputs: Any) -> None:
    """Records of before, and runs without missing outcomes, have no such table."""
    for held in (None, {"delta": None}, {"delta": None, "surface": None}):
        inputs.results["tipping"] = held
        assert sensitivity.surface(inputs.report()) == ""
