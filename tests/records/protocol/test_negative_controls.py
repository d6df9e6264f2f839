"""Negative controls: what can be declared, and what is refused by the name of the control."""

import copy
import json
from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_protocol
from tests.records.protocol.test_protocol import TEXT

COLUMNS: list[dict[str, Any]] = [
    {"name": "pulse", "type": "number", "timing": "follow-up", "unit": "1/min", "required": False},
    {"name": "sprain", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1},
    {"name": "place", "type": "category", "timing": "follow-up", "values": ["a", "b"]},
    {"name": "weight", "type": "number", "timing": "baseline", "unit": "kg"},
    {"name": "treated", "type": "number", "timing": "follow-up", "unit": "1"},
    {"name": "falls", "type": "integer", "timing": "follow-up", "minimum": 0},
    {"name": "seen_on", "type": "date", "timing": "follow-up"},
]
HARM = {
    "name": "fall", "label": "Fall", "kind": "binomial", "events": "falls", "alpha": 0.05, "upper_limit": 40,
}  # fmt: skip


def control(column: str, name: str = "") -> dict[str, str]:
    """Return a control on a column."""
    return {"name": name or column, "label": column.capitalize(), "column": column}


def written(*controls: dict[str, str], gates: dict[str, Any] | None = None, **changed: Any) -> str:
    """Return the protocol with these controls and gates; ``changed`` replaces parts of it."""
    stored = copy.deepcopy(yaml.load(TEXT, yaml.CSafeLoader))
    stored["contract"]["columns"] += COLUMNS
    if controls:
        stored["negative_controls"] = list(controls)
    if gates:
        stored["gates"] = gates
    for key, value in changed.items():
        stored[key] = {**stored[key], **value} if isinstance(value, dict) else value
    return json.dumps(stored)


BINARY = {
    "outcome": {"column": "sprain", "unit": "1", "type": "binary"},
    "estimand": {"measure": "risk ratio", "summary_measure": "Risk ratio"},
}


def test_numbers_and_flags_are_controls_of_a_difference() -> None:
    """Both can be declared together, and the resolved protocol holds them."""
    found = parse_protocol(written(control("pulse"), control("sprain")), "x")
    assert [one.column for one in found.negative_controls] == ["pulse", "sprain"]
    assert found.as_json()["negative_controls"][0] == control("pulse")


def test_a_protocol_without_controls_is_the_protocol_of_before() -> None:
    """Where none is declared, and no gate of theirs, JSON and digest lack every key of theirs."""
    without = parse_protocol(written(), "x")
    assert "negative_controls" not in without.as_json()
    assert not {"equipoise", "controls_share", "systematic_error", "detectable_effect"} & set(
        without.as_json()["gates"]
    )
    assert parse_protocol(written(gates={"equipoise": 0.2}), "x").digest != without.digest
    again = parse_protocol(written(control("pulse")), "x")
    assert parse_protocol(again.as_document().decode(), "protocol.json").digest == again.digest


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("absent", "is not in the contract"),
        ("weight", "is of timing baseline; expected follow-up"),
        ("place", "is of type category; expected a number"),
        ("seen_on", "is of type date; expected a number"),
        ("treated", "has a name that the analysis set needs for itself"),
        ("change", "is the outcome; expected another one"),
        ("week8", "is used for the outcome or an intercurrent event"),
        ("falls", "counts a harm, which the treatment may cause"),
    ],
)
def test_a_column_that_is_no_control_is_refused_by_its_name(column: str, words: str) -> None:
    """The message has the control's name, its column, and what was expected."""
    plan = {"harms": [HARM]}
    event = {
        "event": "Stopped",
        "strategy": "while on treatment",
        "detect": {"column": "seen_on", "operator": "present", "date": "seen_on"},
        "column_before": "week8",
    }
    estimand = {"intercurrent_events": [event]} if column == "week8" else {}
    with pytest.raises(ProtocolError) as caught:
        parse_protocol(written(control(column, "one"), monitoring=plan, estimand=estimand), "x")
    assert f"negative_controls, control 'one': column {column!r} {words}" in str(caught.value)


def test_a_ratio_has_controls_of_0_and_1_alone() -> None:
    """A number has no risk, so that it is refused beside a measure that compares risks; a flag is not."""
    columns = {
        "columns": [
            *yaml.load(TEXT, yaml.CSafeLoader)["contract"]["columns"],
            *COLUMNS,
            {"name": "cut", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1},
        ]
    }
    assert parse_protocol(written(control("cut"), **BINARY, contract=columns), "x").negative_controls
    with pytest.raises(
        ProtocolError, match="column 'pulse' is no flag, and the measure 'risk ratio' compares risks"
    ):
        parse_protocol(written(control("pulse"), **BINARY), "x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (written(control("pulse", "a"), control("sprain", "a")), "two have the name 'a'"),
        (written(control("pulse", "a"), control("pulse", "b")), "two have the column 'pulse'"),
        (written(control("pulse"), design="randomised"), "the study is randomised"),
        (written(gates={"controls_share": 0.3}), "gates.controls_share judges negative controls, and none is declared"),
        (written(gates={"systematic_error": 0.3}), "gates.systematic_error judges negative controls"),
        (written(gates={"detectable_effect": 2}), "gates.detectable_effect judges negative controls"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_refused(text: str, words: str) -> None:
    """Names and columns given twice, a randomised study, and gates without controls."""
    with pytest.raises(ProtocolError, match=words):
        parse_protocol(text, "x")


def test_a_detectable_ratio_is_above_one() -> None:
    """A limit of 1 or below is no ratio that a study could find."""
    columns = {
        "columns": [
            *yaml.load(TEXT, yaml.CSafeLoader)["contract"]["columns"],
            {**COLUMNS[1]},
            {**COLUMNS[1], "name": "cut"},
        ]
    }
    changed = {**BINARY, "contract": columns}
    assert parse_protocol(
        written(control("cut"), gates={"detectable_effect": 1.5}, **changed), "x"
    ).gates.detectable_effect
    with pytest.raises(
        ProtocolError, match=r"gates\.detectable_effect is 0\.8; expected a risk ratio above 1"
    ):
        parse_protocol(written(control("cut"), gates={"detectable_effect": 0.8}, **changed), "x")
