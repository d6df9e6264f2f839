"""What a protocol must say of missing outcomes and intercurrent events, and what nothing computes, is refused."""

import json
from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_protocol, parse_recorded
from tests.records.protocol.test_protocol import TEXT, Change, put, refusal

DETECTED = {"event": "Rescue", "detect": {"column": "sex", "operator": "equals", "value": "F"}}


def event(**keys: Any) -> Change:
    """Return a change that puts one intercurrent event, detected, in place of all."""
    return put("estimand", "intercurrent_events", value=[{**DETECTED, **keys}])


def accepted(change: Change) -> Any:
    """Return the protocol that a change makes."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    change(stored)
    return parse_protocol(json.dumps(stored), "x")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda stored: stored["outcome"].pop("missing"), "write outcome.missing: {method: weighted}"),
        (lambda stored: stored["outcome"].pop("assessed"), "outcome.assessed is missing; write {anchor:"),
        (
            put("outcome", "missing", value={"method": "copy increments"}),
            "'copy increments' is computed by nothing yet; write one of weighted, complete cases, multiple imputation,",
        ),
        (
            put("eligibility", 0, value={"name": "No outcome", "column": "change", "operator": "present"}),
            "criterion 'No outcome' selects by the outcome 'change'; delete it",
        ),
        (
            put("outcome", "missing", value={"method": "weighted", "covariates": ["week8"]}),
            "columns ['week8'] are in outcome.missing.covariates but are not covariates",
        ),
        (
            put("outcome", "missing", value={"method": "complete cases", "covariates": ["age"]}),
            "belong to a model of being observed or of missing outcomes; delete them",
        ),
        (put("imputation", value={"method": "multiple"}), "cannot be combined with outcome.missing.method"),
        (put("outcome", "assessed", value={"anchor": "enrolled", "day": 9}), "'assessed' is incomplete"),
        (put("outcome", "assessed", value={}), "'assessed' is incomplete"),
        (
            put("outcome", "assessed", value={"anchor": "enrolled", "day": 9, "window": [1, 2]}),
            "the window must hold the due day",
        ),
        (put("outcome", "assessed", value={"visit": "age"}), "is of type integer; expected a date"),
        (put("treatment", "ended", value="age"), "treatment.ended: column 'age' is of type integer; expected a date"),
        (put("treatment", "ended", value="age"), "treatment.ended has no time zero"),
        (put("treatment", "ended", value="nowhere"), "columns ['nowhere'] are used but not in"),
        (put("outcome", "assessed", value={"visit": "nowhere"}), "columns ['nowhere'] are used but not in"),
        (event(strategy="principal stratum"), "nothing computes the strategy 'principal stratum'"),
        (event(strategy="treatment policy", detect=None), "has no 'detect'; write detect:"),
        (event(strategy="treatment policy", detect="none"), "and needs a 'reason'"),
        (event(strategy="hypothetical", detect="none", reason="Lost"), "is for the strategy 'treatment policy'"),
        (event(strategy="treatment policy", reason="Lost"), "'reason' says why an event is not collected"),
        (event(strategy="composite variable"), "write composite: 0"),
        (event(strategy="hypothetical", composite=0), "'composite' belongs to another strategy"),
        (event(strategy="while on treatment", duration="age"), "write column_before"),
        (event(strategy="while on treatment", column_before="week8"), "write duration: <column of days>"),
        (event(strategy="while on treatment", column_before="sex", duration="age"), "column_before 'sex' is no number"),
        (
            event(strategy="hypothetical", detect={"column": "sex", "operator": "at least", "value": 1}),
            "intercurrent event 'Rescue': 'at least' compares a number",
        ),
        (
            event(strategy="hypothetical", detect={"column": "change", "operator": "present"}),
            "is detected by the outcome itself",
        ),
        (
            event(strategy="hypothetical", detect={"column": "sex", "operator": "present", "date": "age"}),
            "detect.date: column 'age' is of type integer; expected a date",
        ),
    ],
)  # fmt: skip
def test_what_nothing_computes_is_refused(change: Change, words: str) -> None:
    """An old form, a strategy without what computes it, and a schedule without its dates are refused; what to write is said (FAULTS 89)."""
    assert words in refusal(change)


def test_composite_of_a_binary_outcome_is_0_or_1() -> None:
    """A risk has no outcome of one half."""

    def change(stored: dict[str, Any]) -> None:
        column = next(one for one in stored["contract"]["columns"] if one["name"] == "change")
        column |= {"type": "integer", "minimum": 0, "maximum": 1}
        stored["outcome"]["type"] = "binary"
        event(strategy="composite variable", composite=0.5)(stored)

    assert "composite 0.5 is no value of a binary outcome; write 0 or 1" in refusal(change)


def test_each_strategy_that_is_computed_is_accepted() -> None:
    """Treatment policy, hypothetical, composite and while on treatment make protocols with what each needs."""
    for keys in (
        {"strategy": "treatment policy"},
        {"strategy": "treatment policy", "detect": "none", "reason": "Not collected"},
        {"strategy": "hypothetical"},
        {"strategy": "composite variable", "composite": -5},
        {"strategy": "while on treatment", "column_before": "week8", "duration": "age"},
    ):
        (found,) = accepted(event(**keys)).estimand.intercurrent_events
        assert found.strategy == keys["strategy"]


def test_what_was_recorded_in_the_old_form_is_read() -> None:
    """A recorded protocol without the new keys is read, comes back as it was, and makes no new run."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    del stored["outcome"]["missing"], stored["outcome"]["assessed"]
    stored["estimand"]["intercurrent_events"] = [{"event": "Death", "strategy": "principal stratum"}]
    stored["eligibility"].append({"name": "No outcome", "column": "change", "operator": "present"})
    text = json.dumps(stored)
    found = parse_recorded(text, "x")
    assert found.as_json()["outcome"] == {**stored["outcome"], "type": "continuous"}
    assert found.as_json()["estimand"]["intercurrent_events"] == stored["estimand"]["intercurrent_events"]
    assert "missing_share" not in found.as_json()["gates"]
    with pytest.raises(ProtocolError, match=r"outcome\.missing is missing"):
        parse_protocol(text, "x")


def test_a_recorded_text_that_is_no_protocol_is_refused() -> None:
    """What holds no protocol of any version is refused."""
    with pytest.raises(ProtocolError, match="is missing"):
        parse_recorded("{}", "x")


def imputing(method: str, number: int = 20, covariates: Any = None) -> Change:
    """Return a change that draws missing outcomes, and covariates as ``covariates`` says."""

    def change(stored: Any) -> None:
        stored["outcome"]["missing"] = {"method": method, "number": number}
        if covariates:
            stored["imputation"] = covariates

    return change


def test_draws_of_outcomes_and_covariates_have_one_number() -> None:
    """Both are drawn together, so that a protocol with two numbers is refused, and one with the same is not."""
    assert "covariates are imputed 20 times and outcomes 10 times" in refusal(
        imputing("multiple imputation", 10, {"method": "multiple"})
    )
    together = accepted(imputing("multiple imputation", 10, {"method": "multiple", "number": 10}))
    assert together.outcome.missing.number == together.imputation.number == 10
    assert accepted(imputing("multiple imputation", 10)).outcome.imputed
    cases = accepted(put("outcome", "missing", value={"method": "complete cases", "number": 10}))
    assert not cases.outcome.imputed


@pytest.mark.parametrize("method", ["jump to reference", "copy reference"])
def test_reference_based_imputation_is_for_a_continuous_outcome(method: str) -> None:
    """A protocol with an outcome of 0 and 1 is refused, one with a number is not."""
    assert accepted(imputing(method)).outcome.imputed

    def binary(stored: Any) -> None:
        imputing(method)(stored)
        stored["outcome"]["type"] = "binary"

    assert f"{method!r} is for a continuous outcome" in refusal(binary)


def test_the_number_of_draws_came_later() -> None:
    """A protocol that leaves it at its default has the digest of before, and another number is part of it."""
    plain = accepted(put("outcome", "missing", value={"method": "weighted"}))
    assert "number" not in plain.as_json()["outcome"]["missing"]
    told = accepted(imputing("multiple imputation", 40))
    assert told.as_json()["outcome"]["missing"]["number"] == 40
