"""Randomised studies in protocols: what can be planned, what is refused by name, and what an older protocol stays."""

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_protocol, parse_recorded
from medicore.records.protocol.protocol import Protocol
from tests.records.protocol.test_protocol import TEXT

PLANNED: dict[str, Any] = {
    "design": "randomised",
    "outcome": {"missing": {"method": "complete cases"}},
    "inference": {"estimator": "ancova"},
    "randomisation": {"scheme": "stratified", "strata": ["sex"], "allocation": {"active": 2, "control": 1}},
}
"""A change of the common protocol that plans a stratified trial analysed by ANCOVA."""

NON_INFERIOR = {"hypothesis": "non-inferiority", "margin": 2.0, "benefit": "higher"}
SPENDING = {
    "method": "alpha spending",
    "function": "pocock",
    "alpha": 0.05,
    "maximum_information": 9,
    "first_subjects": 20,
}


def merged(stored: dict[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with a change put into it, mapping by mapping; None deletes."""
    found = copy.deepcopy(stored)
    for key, value in change.items():
        if isinstance(value, Mapping) and isinstance(found.get(key), dict):
            found[key] = merged(found[key], value)
        elif value is None:
            found.pop(key, None)
        else:
            found[key] = value
    return found


def document(*changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the common protocol with the plan of a randomised study and further changes."""
    found: dict[str, Any] = merged(yaml.load(TEXT, yaml.CSafeLoader), PLANNED)
    for change in changes:
        found = merged(found, change)
    return found


def planned(*changes: Mapping[str, Any]) -> Protocol:
    """Return the protocol of that document."""
    return parse_protocol(json.dumps(document(*changes)), "x")


def binary(**measure: str) -> dict[str, Any]:
    """Return the change to a binary outcome with a measure."""
    columns = [
        *yaml.load(TEXT, yaml.CSafeLoader)["contract"]["columns"],
        {"name": "died", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1},
    ]
    return {
        "contract": {"columns": columns},
        "outcome": {"column": "died", "type": "binary"},
        "inference": {"estimator": "g-computation"},
        "estimand": measure,
    }


def optional_sex() -> dict[str, Any]:
    """Return the change by which the stratification factor may be missing, and by which it is imputed."""
    columns = [
        {**column, "required": column["name"] != "sex"}
        for column in yaml.load(TEXT, yaml.CSafeLoader)["contract"]["columns"]
    ]
    return {"contract": {"columns": columns}, "imputation": {"method": "single"}}


def test_a_plan_is_part_of_the_protocol() -> None:
    """Estimator, scheme, strata and allocation come back from the document that the record holds."""
    found = planned({"inference": NON_INFERIOR})
    assert found.inference.estimator == "ancova"
    assert found.randomisation is not None
    assert found.randomisation.allocation == {"active": 2.0, "control": 1.0}
    assert parse_recorded(found.as_document().decode(), "x") == found
    assert found.as_json()["inference"]["margin"] == 2.0


def test_a_protocol_without_the_new_keys_keeps_its_json_and_digest() -> None:
    """An observational protocol has the JSON of before; no default of a new key is written."""
    found = parse_protocol(TEXT, "x").as_json()
    assert set(found["inference"]) == {"level", "replicates", "interval"}
    assert set(found["treatment"]) == {"column", "treated", "control"}
    assert "randomisation" not in found
    assert (found["gates"]["smd"], found["sensitivity"]["leave_one_out"]) == (0.1, True)
    # Computed by the code of before these keys.
    assert (
        parse_protocol(TEXT, "x").digest == "7f489c346c2b473647b14e8dda58e586dc46115dd6dd459f70d3d717e6b50c12"
    )


def test_what_a_randomised_protocol_declares_stays_and_what_it_leaves_open_follows_the_design() -> None:
    """Without a declaration imbalance is not gated and nothing is left out one by one; declared, both stay as of old."""
    opened = planned()
    assert (opened.gates.smd, opened.sensitivity.leave_one_out) == (None, False)
    assert parse_recorded(opened.as_document().decode(), "x").digest == opened.digest
    declared = planned({"gates": {"smd": 0.1}, "sensitivity": {"leave_one_out": True}})
    assert (declared.gates.smd, declared.sensitivity.leave_one_out) == (0.1, True)
    recorded = {**document({"randomisation": None, "inference": None}), "monitoring": None}
    recorded |= {"gates": {"smd": 0.1}, "sensitivity": {"leave_one_out": True}}
    old = parse_recorded(json.dumps(recorded), "x")
    assert (old.gates.smd, old.sensitivity.leave_one_out) == (0.1, True)


def test_a_malformed_part_is_told_as_before() -> None:
    """Where a part is no mapping, the defaults of the design do not hide it."""
    with pytest.raises(ProtocolError, match="gates"):
        parse_protocol(json.dumps({**document(), "gates": 3}), "x")
    with pytest.raises(ProtocolError, match="protocol"):
        parse_protocol("[1, 2]", "x")


OBSERVATIONAL = {"design": "observational"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ([OBSERVATIONAL], "randomisation belongs to a randomised study"),
        ([OBSERVATIONAL], "inference.estimator 'ancova' rests on randomisation; expected 'aipw'"),
        (
            [OBSERVATIONAL, {"randomisation": None, "inference": {"estimator": "aipw", **NON_INFERIOR}}],
            "inference.hypothesis 'non-inferiority' is offered for randomised studies",
        ),
        (
            [OBSERVATIONAL, {"randomisation": None, "inference": {"estimator": None, "heterogeneous": True}}],
            "inference.heterogeneous is for the estimators 'ancova' and 'g-computation'",
        ),
        (
            [OBSERVATIONAL, {"treatment": {"contrasts": "all"}}],
            "treatment.contrasts: all is for a randomised study",
        ),
        (
            [{"randomisation": None, "inference": {"estimator": None, "heterogeneous": True}}],
            "inference.heterogeneous is for the estimators 'ancova' and 'g-computation'",
        ),
        ([binary(), {"inference": {"estimator": "ancova"}}], "'ancova' is for a continuous outcome"),
        ([{"trimming": {"method": "discard"}}], "'ancova' has no scores by which to trim"),
        ([{"outcome": {"missing": {"method": "weighted"}}}], "'ancova' is not weighted for being observed"),
        ([{"randomisation": {"scheme": "simple"}}], "randomisation.strata belong to another scheme"),
        ([{"randomisation": {"strata": None}}], "randomisation.scheme 'stratified' needs its factors"),
        ([{"inference": {"estimator": "aipw"}}], "nothing computes for the estimator 'aipw'"),
        ([{"inference": {"interval": "BCa"}}], "a BCa interval is not defined under randomisation.scheme"),
        ([{"randomisation": {"strata": ["arm"]}}], "randomisation.strata: 'arm' is not a covariate"),
        ([{"randomisation": {"strata": ["age"]}}], "randomisation.strata: 'age' is no category"),
        ([{"randomisation": {"strata": ["site"]}}], "columns ['site'] are used but not in the contract"),
        ([optional_sex()], "randomisation.strata: 'sex' may be missing; expected a stratum of everybody"),
        (
            [{"randomisation": {"allocation": {"placebo": 1}}}],
            "randomisation.allocation: ['placebo'] are no values of column 'arm'",
        ),
        (
            [{"randomisation": {"allocation": {"control": None, "other": 1}}}],
            "randomisation.allocation lacks the arms ['control']",
        ),
        ([{"inference": {"margin": 2.0}}], "inference.margin belongs to a hypothesis"),
        ([{"inference": {"benefit": "lower"}}], "inference.benefit belongs to a hypothesis"),
        ([{"inference": {"sides": 1}}], "inference.sides belongs to a hypothesis"),
        ([{"inference": {"hypothesis": "superiority"}}], "'superiority' needs its direction"),
        (
            [{"inference": {**NON_INFERIOR, "hypothesis": "superiority"}}],
            "'superiority' has no margin; delete inference.margin",
        ),
        ([{"inference": {**NON_INFERIOR, "margin": None}}], "'non-inferiority' needs its margin"),
        ([{"inference": {**NON_INFERIOR, "benefit": None}}], "'non-inferiority' needs its direction"),
        (
            [{"inference": {**NON_INFERIOR, "hypothesis": "equivalence"}}],
            "'equivalence' has no direction; delete inference.benefit",
        ),
        (
            [binary(measure="risk ratio"), {"inference": {**NON_INFERIOR, "margin": 0.8}}],
            "inference.margin 0.8 is no ratio above 1; write the margin of the risk ratio",
        ),
        ([{"inference": {**NON_INFERIOR, "sides": 1}}], "has 1 side(s), monitoring 2; expected the same"),
        (
            [
                {"inference": {**NON_INFERIOR, "sides": 1}},
                {"monitoring": {"sides": 1, "benefit": "higher", "alpha": 0.025}},
            ],
            "monitoring.alpha is 0.025 and inference.level 0.95; expected alpha to be 1 − level",
        ),
        (
            [
                {"inference": {**NON_INFERIOR, "hypothesis": "equivalence", "benefit": None, "sides": 1}},
                {"monitoring": {"sides": 1, "benefit": "higher"}},
            ],
            "'equivalence' is held against both ends of an interval",
        ),
        (
            [{"inference": NON_INFERIOR}, {"monitoring": {"benefit": "lower"}}],
            "has the benefit 'higher', monitoring 'lower'; expected the same",
        ),
    ],
)
def test_what_nothing_computes_is_refused_by_name(changes: list[dict[str, Any]], problem: str) -> None:
    """Each combination of design, estimator, scheme, hypothesis and looks that is not offered says what to write."""
    with pytest.raises(ProtocolError) as caught:
        planned(*changes)
    assert problem in str(caught.value)


def test_simple_randomisation_without_an_allocation_is_accepted() -> None:
    """The scheme alone, in a record of before there were methods for missing outcomes, makes a protocol."""
    stored = document({"randomisation": {"scheme": "simple", "strata": None, "allocation": None}})
    del stored["outcome"]["missing"]
    found = parse_recorded(json.dumps(stored), "x")
    assert found.randomisation is not None
    assert (found.randomisation.strata, found.randomisation.allocation) == ((), None)


def test_contrasts_of_two_arms_are_refused() -> None:
    """All contrasts of two arms are the declared one."""
    columns = yaml.load(TEXT, yaml.CSafeLoader)["contract"]["columns"]
    two = [
        {**column, "values": ["active", "control"]} if column["name"] == "arm" else column
        for column in columns
    ]
    with pytest.raises(ProtocolError, match="for three arms or more, column 'arm' has 2"):
        planned({"contract": {"columns": two}, "treatment": {"contrasts": "all"}})
    assert planned({"treatment": {"contrasts": "all"}}).treatment.contrasts == "all"


def test_an_observational_study_declares_its_limit_of_imbalance() -> None:
    """No limit at all is for a randomised study."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    stored["gates"] = {"smd": None}
    with pytest.raises(ProtocolError, match=r"gates\.smd: null is for a randomised study"):
        parse_protocol(json.dumps(stored), "x")


@pytest.mark.parametrize(
    ("hypothesis", "looks"),
    [
        (NON_INFERIOR, SPENDING),
        ({**NON_INFERIOR, "sides": 1}, {**SPENDING, "sides": 1, "benefit": "higher"}),
        ({"hypothesis": "superiority", "benefit": "lower"}, {**SPENDING, "benefit": "lower"}),
        ({"hypothesis": "equivalence", "margin": 1.0, "sides": 1}, {"method": "single", "month": "2025-03"}),
    ],
)
def test_a_hypothesis_that_agrees_with_the_looks_is_accepted(
    hypothesis: dict[str, Any], looks: dict[str, Any]
) -> None:
    """Sides, level and direction that agree make a protocol."""
    found = parse_protocol(json.dumps({**document({"inference": hypothesis}), "monitoring": looks}), "x")
    assert found.inference.hypothesis == hypothesis["hypothesis"]
