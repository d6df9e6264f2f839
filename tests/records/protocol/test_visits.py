"""What a protocol must say of repeated visits, and every plan that is not offered with them, refused by its name."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.hypotheses.coherence import protocol_of
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from tests.records.protocol.test_protocol import TEXT, put

Change = Callable[[dict[str, Any]], object]
VISITS = {"columns": ["week8", "change"]}


def visited(*changes: Change) -> Protocol:
    """Return the protocol of a randomised study with two visits, changed."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    stored["design"] = "randomised"
    stored["outcome"]["visits"] = dict(VISITS)
    for change in changes:
        change(stored)
    return parse_protocol(json.dumps(stored), "x")


def visits(**keys: Any) -> Change:
    """Return a change of the declared visits."""
    return lambda stored: stored["outcome"]["visits"].update(keys)


def column(place: int, **keys: Any) -> Change:
    """Return a change of a column of the contract: week 8 at 5, the change at 6."""
    return lambda stored: stored["contract"]["columns"][place].update(keys)


def mixed(*changes: Change) -> Change:
    """Return a change to the mixed model as primary estimator, and further ``changes``."""

    def change(stored: dict[str, Any]) -> None:
        stored["inference"] = {"estimator": "mmrm"}
        stored["outcome"]["missing"] = {"method": "mixed model"}
        for one in changes:
            one(stored)

    return change


def secondary(stored: dict[str, Any]) -> None:
    """Declare a secondary endpoint with visits of its own."""
    other = {**stored["outcome"], "name": "early", "label": "Early", "column": "week8"}
    stored["secondary"] = [{**other, "missing": {"method": "complete cases"}}]


def secondary_endpoint() -> dict[str, Any]:
    """Return a secondary endpoint without visits."""
    return {
        "name": "early",
        "label": "Early",
        "column": "week8",
        "type": "continuous",
        "unit": "points",
        "assessed": "none",
    }


def responded(stored: dict[str, Any]) -> None:
    """Add a column of 0 and 1."""
    flag = {"name": "responded", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1}
    stored["contract"]["columns"].append(flag)


def hypothetical(stored: dict[str, Any]) -> None:
    """Declare an intercurrent event after which the outcome counts as missing."""
    event = {"event": "Rescue", "detect": {"column": "sex", "operator": "equals", "value": "F"}}
    stored["estimand"]["intercurrent_events"] = [{**event, "strategy": "hypothetical"}]


def test_visits_are_planned_and_leave_other_protocols_as_they_were() -> None:
    """Columns, interactions, likelihood and degrees of freedom are read; without visits the JSON has no such key."""
    found = visited(visits(by_visit=["age"])).outcome.visits
    assert found is not None
    assert found.columns == ("week8", "change")
    assert (found.by_visit, found.likelihood, found.degrees_of_freedom) == (
        ("age",),
        "restricted",
        "kenward-roger linear",
    )
    full = visited(visits(likelihood="full", degrees_of_freedom="satterthwaite")).outcome.visits
    assert full is not None
    assert full.likelihood == "full"
    plain = visited(lambda stored: stored["outcome"].pop("visits"))
    assert "visits" not in plain.as_json()["outcome"]
    assert plain.digest != visited().digest


def test_the_mixed_model_may_be_the_primary_estimator() -> None:
    """Estimator and method for missing outcomes are declared together; no score enters it, and a scheme's strata are terms."""
    found = visited(mixed())
    assert (found.inference.mixed, found.inference.scored) == (True, False)
    assert not visited().inference.mixed
    strata = {"scheme": "stratified", "strata": ["sex"]}
    planned = visited(
        mixed(put("randomisation", value=strata), put("models", "outcome", value=["age", "sex"]))
    )
    assert planned.randomisation is not None
    endpoint = {**secondary_endpoint(), "missing": {"method": "complete cases"}}
    beside = visited(
        mixed(
            put(
                "secondary",
                value=[endpoint, {**endpoint, "name": "other", "type": "binary", "column": "responded"}],
            ),
            responded,
        )
    )
    assert [protocol_of(beside, one).inference.estimator for one in beside.secondary] == [
        "ancova",
        "g-computation",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            mixed(lambda stored: stored["outcome"].pop("visits")),
            "'mmrm' needs the visits; write outcome.visits",
        ),
        (
            mixed(put("outcome", "missing", value={"method": "complete cases"})),
            "write outcome.missing: {method: mixed model}",
        ),
        (mixed(put("inference", "heterogeneous", value=True)), "has one model for all arms"),
        (
            mixed(visits(likelihood="full", degrees_of_freedom="satterthwaite")),
            "'mmrm' is not offered with outcome.visits.likelihood 'full'",
        ),
        (
            mixed(
                put("randomisation", value={"scheme": "stratified", "strata": ["sex"]}),
                put("models", "outcome", value=["age"]),
            ),
            "expected ['sex'] in models.outcome",
        ),
        (
            mixed(put("outcome", "missing", "covariates", value=["age"])),
            "outcome.missing.covariates belong to a model",
        ),
        (mixed(put("design", value="observational")), "'mmrm' rests on randomisation"),
        (
            put("outcome", "missing", value={"method": "mixed model"}),
            "'mixed model' is that of the primary estimator 'mmrm'",
        ),
        (visits(columns=["change", "week8"]), "ends with 'week8'; expected the outcome 'change' as the last"),
        (visits(columns=["change"]), "at least 2 items"),
        (visits(columns=["week8", "week8", "change"]), "names ['week8'] twice"),
        (visits(columns=["week4", "change"]), "columns ['week4'] are used but not in the contract"),
        (visits(columns=["sex", "change"]), "visit 'sex' is of type category; expected a number"),
        (visits(columns=["age", "change"]), "visit 'age' is not measured at follow-up"),
        (visits(by_visit=["week8"]), "['week8'] are in outcome.visits.by_visit but not in models.outcome"),
        (visits(likelihood="full"), "'kenward-roger linear' is for restricted likelihood"),
        (put("design", value="observational"), "outcome.visits is for a randomised study"),
        (put("outcome", "type", value="binary"), "not for one of type 'binary'"),
        (put("imputation", value={"method": "multiple"}), "not offered with multiple imputation"),
        (put("trimming", value={"method": "discard"}), "not offered with trimming"),
        (hypothetical, "the strategy 'hypothetical' is not offered with outcome.visits"),
        (secondary, "secondary endpoint 'early': visits are offered for the primary outcome"),
    ],
)
def test_what_contradicts_visits_is_refused(change: Change, words: str) -> None:
    """Each refusal names the key and what to write instead, in one line."""
    with pytest.raises(ProtocolError) as caught:
        visited(change)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_time_to_event_has_no_visits() -> None:
    """The type of a time to event is told apart by its name."""

    def timed(stored: dict[str, Any]) -> None:
        stored["outcome"].update(type="time to event", event="week8", horizon=8)

    with pytest.raises(ProtocolError, match="not for one of type 'time to event'"):
        visited(timed)
