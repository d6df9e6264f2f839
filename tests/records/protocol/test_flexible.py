"""The plan of flexible models: what it may say, and that a protocol without it is as it was."""

import copy
import json
from typing import Any

import pytest
import yaml

from medicore.records.protocol.flexible import Flexible
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from tests.records.protocol.test_protocol import TEXT, Change, put, refusal


def planned(plan: object, target: str = "ATE") -> Change:
    """Return a change that plans flexible models and a target population."""

    def change(stored: dict[str, Any]) -> None:
        stored["sensitivity"] = {"flexible": plan}
        stored["estimand"]["target"] = target

    return change


def accepted(change: Change) -> Protocol:
    """Return the protocol that the change makes."""
    stored = copy.deepcopy(yaml.load(TEXT, yaml.CSafeLoader))
    change(stored)
    return parse_protocol(json.dumps(stored), "studies/TEST-TRIAL.yaml")


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        ({}, "sensitivity.flexible.learners: is missing"),
        ({"learners": []}, "sensitivity.flexible.learners: Tuple should have at least 1 item"),
        (
            {"learners": ["forest"]},
            "sensitivity.flexible.learners.0: found 'forest'; expected 'penalised' or 'boosting'",
        ),
        ({"learners": ["boosting", "boosting"]}, "a learner is named twice; name each once"),
        (
            {"learners": ["boosting"], "folds": 1},
            "sensitivity.flexible.folds: found 1; expected greater than",
        ),
        ({"learners": ["boosting"], "folds": 21}, "sensitivity.flexible.folds: found 21; expected less than"),
        ({"learners": ["boosting"], "repeats": 0}, "sensitivity.flexible.repeats: found 0; expected greater"),
        ({"learners": ["boosting"], "repeats": 51}, "sensitivity.flexible.repeats: found 51; expected less"),
        (
            {"learners": ["boosting"], "truncation": 0.5},
            "sensitivity.flexible.truncation: found 0.5; expected",
        ),
        ({"learners": ["boosting"], "truncation": 0}, "sensitivity.flexible.truncation: found 0; expected"),
        (
            {"learners": ["boosting"], "depth": 3},
            "sensitivity.flexible.depth: is no key here",
        ),
    ],
)
def test_a_plan_that_is_none_is_refused(plan: dict[str, Any], problem: str) -> None:
    """Learners are known and each is named once; numbers are within what is computed; no other key is read."""
    assert problem in refusal(planned(plan))


def test_the_overlap_population_is_refused_by_name() -> None:
    """Cross-fitting is for everybody or for the treated; the message names both keys."""
    message = refusal(planned({"learners": ["penalised"]}, "ATO"))
    assert "sensitivity.flexible estimates the effect in everybody or in the treated" in message
    assert "estimand.target is ATO" in message
    for target in ("ATE", "ATT"):
        assert accepted(planned({"learners": ["penalised"]}, target)).sensitivity.flexible is not None


def test_a_plan_names_its_folds_and_repeats() -> None:
    """Five folds, five repeats and no truncation are the defaults; what is declared is read."""
    found = accepted(planned({"learners": ["penalised", "boosting"]})).sensitivity.flexible
    assert found == Flexible(learners=("penalised", "boosting"), folds=5, repeats=5, truncation=None)
    plan = {"learners": ["boosting"], "folds": 3, "repeats": 2, "truncation": 0.02}
    assert accepted(planned(plan)).as_json()["sensitivity"]["flexible"] == plan


def test_a_protocol_without_a_plan_is_as_it_was() -> None:
    """The key is left out of the resolved protocol while nothing is planned, so that its digest is the one of before."""
    plain = accepted(put("seed", value=1))
    assert set(plain.as_json()["sensitivity"]) == {"trimming", "clipping", "leave_one_out", "subgroups"}
    assert plain.digest != accepted(planned({"learners": ["boosting"]})).digest
    assert plain.digest == accepted(planned(None)).digest
