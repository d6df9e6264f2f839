"""What a protocol must say of an ordinal outcome, and every plan that is not offered with it, refused by its name."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from tests.records.protocol.test_counts import counted
from tests.records.protocol.test_protocol import TEXT, put
from tests.records.protocol.test_survival import OTHERS, column, event, without

LEVELS = [
    {"value": 2, "label": "Dead"},
    {"value": 1, "label": "In hospital"},
    {"value": 0, "label": "At home"},
]
GRADED = {
    "column": "state",
    "type": "ordinal",
    "levels": LEVELS,
    "unit": "level",
    "label": "State at day 28",
    "assessed": "none",
    "missing": {"method": "complete cases"},
}
COLUMN = {"name": "state", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 2}
Change = Callable[[dict[str, Any]], object]


def graded(*changes: Change) -> Protocol:
    """Return the protocol of an ordinal outcome, changed."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    stored["contract"]["columns"].append(dict(COLUMN))
    stored["outcome"] = {**GRADED, "levels": [dict(level) for level in LEVELS]}
    stored["estimand"]["measure"] = "win odds"
    for change in changes:
        change(stored)
    return parse_protocol(json.dumps(stored), "x")


def test_an_ordinal_outcome_is_planned() -> None:
    """Levels are read in their order, and the measures are compared as an odds and as a difference."""
    found = graded()
    assert (found.outcome.graded, found.outcome.counted, found.outcome.with_missing) == (True, False, True)
    assert [level.value for level in found.outcome.levels or ()] == [2, 1, 0]
    assert found.estimand.contrast == "win odds"
    assert graded(put("estimand", "measure", value="net benefit")).estimand.contrast == "difference"


def test_a_protocol_of_another_outcome_is_written_without_levels() -> None:
    """Its JSON has no levels, so that its digest is what it was; an ordinal outcome comes back as it was written."""
    assert "levels" not in parse_protocol(TEXT, "x").as_json()["outcome"]
    assert graded().as_json()["outcome"]["levels"] == LEVELS
    assert parse_protocol(graded().as_document().decode(), "protocol.json") == graded()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("outcome", "levels"), "outcome.levels is missing; write the codes of the column"),
        (put("outcome", "levels", value=LEVELS[:2]), "outcome.levels"),
        (put("outcome", "levels", 0, "value", value=0), "outcome.levels has the value ['0'] twice"),
        (
            put("outcome", "levels", 0, "label", value="At home"),
            "outcome.levels has the label ['At home'] twice",
        ),
        (put("outcome", "levels", 0, "value", value=4), "outcome.levels has codes from 0 to 4, 3 of them"),
        (
            column(7, minimum=None),
            "expected every whole number from the minimum to the maximum of column 'state'",
        ),
        (
            column(7, maximum=3),
            "expected every whole number from the minimum to the maximum of column 'state'",
        ),
        (column(7, type="number", unit="1"), "ordinal outcome 'state' is of type number; expected codes"),
        (column(7, timing="baseline"), "outcome 'state' is not measured at follow-up"),
        (
            put("estimand", "measure", value="difference"),
            "the measure 'difference' is not of an ordinal outcome; declare 'win odds'",
        ),
        (put("estimand", "measure", value="odds ratio"), "the measure 'odds ratio' compares risks"),
        (
            put("estimand", "measure", value="rate ratio"),
            "the measure 'rate ratio' is of an outcome of type 'count'",
        ),
        (put("estimand", "target", value="ATT"), "the target ATT is not offered for an ordinal outcome"),
        (put("estimand", "target", value="ATO"), "the target ATO is not offered for an ordinal outcome"),
        (event(strategy="hypothetical"), "the strategy 'hypothetical' is not offered for an ordinal outcome"),
        (
            event(strategy="composite variable", composite=0),
            "the strategy 'composite variable' is not offered for an ordinal outcome",
        ),
        (
            event(strategy="while on treatment", column_before="week8", duration="week8"),
            "the strategy 'while on treatment' is not offered for an ordinal outcome",
        ),
        (
            put("outcome", "missing", value={"method": "weighted"}),
            "outcome.missing 'weighted' is not offered for an ordinal outcome; declare {method: complete cases}",
        ),
        (
            put("outcome", "missing", value={"method": "multiple imputation"}),
            "outcome.missing 'multiple imputation' is not offered for an ordinal outcome",
        ),
        (without("outcome", "missing"), "outcome.missing is missing"),
        (without("outcome", "assessed"), "outcome.assessed is missing"),
        (
            put("imputation", value={"method": "multiple"}),
            "multiple imputation of covariates is not offered with an ordinal outcome",
        ),
        (put("outcome", "better", value="lower"), "outcome.better is not offered for an ordinal outcome"),
        (put("outcome", "exposure", value="age"), "outcome.exposure belongs to an outcome of type 'count'"),
        (put("outcome", "horizon", value=3), "outcome.horizon belongs to an outcome of type 'time to event'"),
        (
            put("outcome", "visits", value={"columns": ["week8", "state"]}),
            "outcome.visits is for a continuous outcome, not for one of type 'ordinal'",
        ),
        (
            put("inference", value={"cluster": "sex"}),
            "an ordinal outcome is not offered with inference.cluster",
        ),
        (
            put("models", "outcome_fit", value="firth"),
            "models.outcome_fit 'firth' is for an outcome of type binary",
        ),
    ],
)
def test_what_is_not_offered_with_an_ordinal_outcome_is_refused_by_name(change: Change, words: str) -> None:
    """Each plan that nothing computes is named in the refusal, and so is what the outcome lacks."""
    with pytest.raises(ProtocolError) as refused:
        graded(change)
    assert words in str(refused.value)


@pytest.mark.parametrize(("change", "words"), OTHERS)
def test_what_other_outcomes_have_is_refused_by_its_name(change: Change, words: str) -> None:
    """Estimators, hypotheses, controls, endpoints, families and flexible models are not offered with an ordinal outcome."""
    with pytest.raises(ProtocolError) as refused:
        graded(change)
    assert f"{words} is not offered with an ordinal outcome; delete it" in str(refused.value)


def test_what_belongs_to_an_ordinal_outcome_is_refused_elsewhere() -> None:
    """Levels and the measures of wins need the type, and a secondary endpoint has neither."""
    second = {
        "name": "second",
        "label": "Second",
        "type": "ordinal",
        "column": "age",
        "unit": "points",
        "levels": LEVELS,
        "assessed": "none",
        "missing": {"method": "complete cases"},
    }
    for change, words in (
        (put("outcome", "levels", value=LEVELS), "outcome.levels belongs to an outcome of type 'ordinal'"),
        (
            put("estimand", "measure", value="win odds"),
            "the measure 'win odds' is of an outcome of type 'ordinal'",
        ),
        (
            put("estimand", "measure", value="net benefit"),
            "the measure 'net benefit' is of an outcome of type",
        ),
        (put("secondary", value=[second]), "the type 'ordinal' is offered for the primary outcome alone"),
        (
            put("secondary", value=[second]),
            "secondary endpoint 'second': 'levels' belongs to an outcome of type 'ordinal'",
        ),
    ):
        stored = yaml.load(TEXT, yaml.CSafeLoader)
        change(stored)
        with pytest.raises(ProtocolError) as refused:
            parse_protocol(json.dumps(stored), "x")
        assert words in str(refused.value)


def test_a_count_has_no_clusters() -> None:
    """What no variance is computed for is refused by both names."""
    with pytest.raises(ProtocolError, match=r"a count is not offered with inference\.cluster"):
        counted(put("inference", value={"cluster": "sex"}))
