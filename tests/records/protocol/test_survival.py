"""What a protocol must say of a time to event, and every plan that is not offered with it, refused by its name."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from tests.records.protocol.test_protocol import TEXT, put

TIMED = {
    "column": "days",
    "type": "time to event",
    "event": "status",
    "horizon": 365,
    "unit": "days",
    "label": "First event",
}
COLUMNS = [
    {"name": "days", "type": "number", "timing": "follow-up", "unit": "days", "minimum": 0},
    {"name": "status", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1},
]
Change = Callable[[dict[str, Any]], object]


def timed(*changes: Change) -> Protocol:
    """Return the protocol of a time to event, changed."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    stored["contract"]["columns"] += [dict(column) for column in COLUMNS]
    stored["outcome"] = dict(TIMED)
    stored["estimand"]["measure"] = "survival difference"
    for change in changes:
        change(stored)
    return parse_protocol(json.dumps(stored), "x")


def column(place: int, **keys: Any) -> Change:
    """Return a change of a column of follow-up: the time at 7, how it ended at 8."""
    return lambda stored: stored["contract"]["columns"][place].update(keys)


def without(part: str, key: str) -> Change:
    """Return a change that takes a key away."""
    return lambda stored: stored[part].pop(key)


def event(**keys: Any) -> Change:
    """Return a change that puts one intercurrent event, detected, in place of all."""
    detected = {"event": "Rescue", "detect": {"column": "sex", "operator": "equals", "value": "F"}}
    return put("estimand", "intercurrent_events", value=[{**detected, **keys}])


def test_a_time_to_event_is_planned() -> None:
    """Measures, horizon, competing events and covariates of censoring are read as written."""
    found = timed().outcome
    assert (found.timed, found.horizon, found.competing, found.censoring) == (True, 365, None, None)
    found = timed(
        put("outcome", "competing", value="Death"),
        column(8, maximum=2),
        put("outcome", "censoring", value={"covariates": []}),
        put("estimand", "measure", value="rmst difference"),
        put("outcome", "assessed", value="none"),
    ).outcome
    assert found.competing == "Death"
    assert found.censoring is not None
    assert found.censoring.covariates == ()


def test_the_measures_of_survival_are_differences() -> None:
    """Both are compared by a difference; those of other outcomes are as they were."""
    assert timed().estimand.contrast == "difference"
    assert timed(put("estimand", "measure", value="rmst difference")).estimand.contrast == "difference"
    other = timed().estimand.model_copy(update={"measure": "risk ratio"})
    assert other.contrast == "risk ratio"


def test_a_protocol_of_another_outcome_is_written_without_the_new_keys() -> None:
    """Its JSON has no key of a time to event, so that its digest is what it was."""
    stored = parse_protocol(TEXT, "x").as_json()
    assert not {"event", "horizon", "competing", "censoring"} & set(stored["outcome"])
    written = timed().as_json()["outcome"]
    assert {"event", "horizon"} < set(written)
    assert not {"competing", "censoring", "missing", "assessed"} & set(written)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            without("outcome", "event"),
            "outcome.event is missing; write the column that says how follow-up ended",
        ),
        (without("outcome", "horizon"), "outcome.horizon is missing; write the time"),
        (put("outcome", "horizon", value=0), "outcome.horizon"),
        (column(7, maximum=300), "outcome.horizon 365 is beyond the largest time of follow-up"),
        (column(7, minimum=None), "time of follow-up 'days' may be negative by the contract"),
        (column(7, minimum=-1), "time of follow-up 'days' may be negative by the contract"),
        (column(8, maximum=2), "event 'status' must be an integer with minimum 0 and maximum 1"),
        (put("outcome", "competing", value="Death"), "minimum 0 and maximum 2"),
        (column(8, type="number", unit="1"), "event 'status' must be an integer"),
        (column(8, timing="baseline"), "event 'status' is not measured at follow-up"),
        (put("outcome", "event", value="days"), "event 'days' is the time of follow-up itself"),
        (put("outcome", "event", value="nowhere"), "columns ['nowhere'] are used but not in the contract"),
        (
            put("estimand", "measure", value="difference"),
            "the measure 'difference' is not of a time to event",
        ),
        (
            put("estimand", "measure", value="risk ratio"),
            "the measure 'risk ratio' is not of a time to event",
        ),
        (put("estimand", "target", value="ATT"), "the target ATT is not offered for a time to event"),
        (put("estimand", "target", value="ATO"), "the target ATO is not offered for a time to event"),
        (
            put("outcome", "missing", value={"method": "weighted"}),
            "outcome.missing 'weighted' is not offered for a time to event",
        ),
        (
            put("outcome", "missing", value={"method": "multiple imputation"}),
            "outcome.missing 'multiple imputation' is not offered for a time to event",
        ),
        (
            put("outcome", "missing", value={"method": "jump to reference"}),
            "outcome.missing 'jump to reference' is not offered for a time to event",
        ),
        (put("outcome", "assessed", value={"visit": "enrolled"}), "outcome.assessed is not offered"),
        (
            put("imputation", value={"method": "multiple"}),
            "multiple imputation of covariates is not offered with a time to event",
        ),
        (
            put("outcome", "censoring", value={"covariates": ["week8"]}),
            "columns ['week8'] are in outcome.censoring.covariates but are not covariates",
        ),
        (event(strategy="hypothetical"), "the strategy 'hypothetical' is not offered for a time to event"),
        (
            event(strategy="composite variable", composite=0),
            "the strategy 'composite variable' is not offered for a time to event",
        ),
        (
            event(strategy="while on treatment", column_before="week8", duration="week8"),
            "the strategy 'while on treatment' is not offered for a time to event",
        ),
        (
            put("eligibility", 0, value={"name": "Ended", "column": "status", "operator": "present"}),
            "criterion 'Ended' selects by the outcome 'status'",
        ),
        (
            put(
                "monitoring",
                value={
                    "method": "alpha spending",
                    "function": "pocock",
                    "alpha": 0.05,
                    "planned": {"treated": 9, "control": 9, "sd": 1},
                    "first_subjects": 9,
                },
            ),
            "monitoring.planned is for a difference of means; declare maximum_information for the survival difference",
        ),
    ],
)
def test_what_is_not_offered_is_refused_by_name(change: Change, words: str) -> None:
    """The message names the key, what was found, and what to write."""
    with pytest.raises(ProtocolError) as refused:
        timed(change)
    assert words in str(refused.value)
    assert refused.value.exit_code == 3


def test_a_covariate_may_not_take_the_name_of_the_event() -> None:
    """The analysis set has a column of that name itself."""

    def rename(stored: dict[str, Any]) -> None:
        stored["contract"]["columns"][2]["name"] = "event"
        stored["covariates"][0]["column"] = "event"
        stored["eligibility"] = []
        stored["models"] = {"propensity": ["event", "sex"], "outcome": ["event", "sex"]}

    with pytest.raises(ProtocolError, match="covariate 'event' has a name"):
        timed(rename)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("outcome", "event", value="sex"), "outcome.event belongs to an outcome of type 'time to event'"),
        (put("outcome", "horizon", value=9), "outcome.horizon belongs to an outcome of type 'time to event'"),
        (put("outcome", "competing", value="Death"), "outcome.competing belongs to an outcome"),
        (put("outcome", "censoring", value={"covariates": []}), "outcome.censoring belongs to an outcome"),
        (
            put("estimand", "measure", value="rmst difference"),
            "the measure 'rmst difference' is of an outcome of type 'time to event'",
        ),
    ],
)
def test_a_key_of_survival_is_refused_for_another_outcome(change: Change, words: str) -> None:
    """Where the outcome is no time to event, what belongs to one is named."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    change(stored)
    with pytest.raises(ProtocolError) as refused:
        parse_protocol(json.dumps(stored), "x")
    assert words in str(refused.value)


OTHERS = [
    (put("inference", value={"estimator": "ancova"}), "inference.estimator 'ancova'"),
    (put("inference", value={"hypothesis": "superiority", "benefit": "lower"}), "inference.hypothesis"),
    (
        put("randomisation", value={"scheme": "stratified", "strata": ["sex"]}),
        "a scheme of randomisation with strata",
    ),
    (put("treatment", "contrasts", value="all"), "treatment.contrasts 'all'"),
    (
        put("negative_controls", value=[{"name": "a", "label": "A", "column": "week8"}]),
        "negative_controls",
    ),
    (
        put(
            "secondary",
            value=[
                {
                    "name": "early",
                    "label": "Early",
                    "column": "week8",
                    "unit": "points",
                    "assessed": "none",
                    "missing": {"method": "complete cases"},
                }
            ],
        ),
        "secondary",
    ),
    (
        put(
            "families",
            value=[
                {
                    "name": "f",
                    "hypotheses": ["primary", {"subgroup": "sex", "level": "F"}],
                    "method": "holm",
                    "alpha": 0.05,
                }
            ],
        ),
        "families",
    ),
    (
        put("sensitivity", value={"flexible": {"learners": ["penalised"], "folds": 5, "repeats": 1}}),
        "sensitivity.flexible",
    ),
]
"""Plans that are not offered with an outcome that has an estimator of its own, and their names."""


@pytest.mark.parametrize(("change", "words"), OTHERS)
def test_what_other_outcomes_have_is_refused_by_its_name(change: Change, words: str) -> None:
    """Estimators, hypotheses, controls, endpoints, families and flexible models are not offered with a time to event."""
    with pytest.raises(ProtocolError) as refused:
        timed(change)
    assert f"{words} is not offered with a time to event; delete it" in str(refused.value)
