"""Combinations of keys that nothing computes: a new run is refused by both names, a record of before stays readable."""

import copy
import json
from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.hypotheses.coherence import protocol_of
from medicore.records.protocol.parsing import parse_protocol, parse_recorded
from tests.records.protocol.test_hypotheses import ENDPOINT, RELAPSE, endpoint
from tests.records.protocol.test_protocol import TEXT
from tests.records.protocol.test_randomised import PLANNED, merged
from tests.records.protocol.test_strategies import DETECTED

STORED = yaml.load(TEXT, yaml.CSafeLoader)
STORED["contract"]["columns"].append(RELAPSE)
DRAWN = {"outcome": {"missing": {"method": "multiple imputation", "number": 5}}}
BINARY = {
    "outcome": {"column": "relapse", "type": "binary", "missing": {"method": "complete cases"}},
    "estimand": {
        "intercurrent_events": [
            {**DETECTED, "strategy": "while on treatment", "column_before": "week8", "duration": "age"}
        ]
    },
}


def changed(*changes: dict[str, Any], **keys: Any) -> str:
    """Return the common protocol with these changes put into it."""
    found = copy.deepcopy(STORED)
    for change in (*changes, keys):
        found = merged(found, change)
    return json.dumps(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (changed(DRAWN, inference={"interval": "BCa"}), ("BCa", "outcome.missing 'multiple imputation'")),
        (
            changed(PLANNED, secondary=[{**ENDPOINT, "column": "week8"}]),
            ("missing.method 'weighted'", "inference.estimator 'ancova'"),
        ),
        (changed(BINARY), ("column_before 'week8' is no flag", "the outcome is binary")),
        (endpoint(type="time to event"), ("secondary endpoint 'early'", "time to event")),
        (endpoint(horizon=12), ("secondary endpoint 'early'", "'horizon'")),
    ],
)
def test_what_nothing_computes_is_refused_by_both_names(text: str, words: tuple[str, ...]) -> None:
    """A new run is refused in one line that names what is declared and what it does not go with."""
    with pytest.raises(ProtocolError) as caught:
        parse_protocol(text, "x")
    assert "\n" not in str(caught.value)
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_record_of_before_stays_readable() -> None:
    """What was sealed before a combination was refused is read as it was."""
    assert parse_recorded(changed(DRAWN, inference={"interval": "BCa"}), "x").inference.interval == "BCa"


def test_a_binary_endpoint_beside_ancova_is_standardised() -> None:
    """An endpoint of 0 and 1 beside an ANCOVA is estimated by g-computation with the same form of model."""
    relapse = {**ENDPOINT, "column": "relapse", "type": "binary", "missing": {"method": "complete cases"}}
    made = parse_protocol(changed(PLANNED, secondary=[relapse]), "x")
    assert protocol_of(made, made.secondary[0]).inference.estimator == "g-computation"
    assert made.inference.estimator == "ancova"
