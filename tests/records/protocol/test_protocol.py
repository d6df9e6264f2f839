"""Protocols: what can be written, and what is refused before anything runs."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol

TEXT = """
study: TEST-TRIAL
title: A trial of nothing in particular
sponsor: Nobody
version: "1.0"
phase: IV
design: observational
estimand:
  treatment: Active against control
  population: Adults who consent
  variable: Change in score
  intercurrent_events:
    - {event: Discontinuation, strategy: treatment policy, detect: none, reason: Not collected}
  summary_measure: Difference of means
edc: {system: files}
contract:
  subject: subject_id
  columns:
    - {name: subject_id, type: identifier, timing: administrative}
    - {name: enrolled, type: date, timing: baseline}
    - {name: age, type: integer, timing: baseline}
    - {name: sex, type: category, timing: baseline, values: [F, M]}
    - {name: arm, type: category, timing: baseline, values: [active, control, other]}
    - {name: week8, type: number, timing: follow-up, unit: points}
    - {name: change, type: number, timing: follow-up, unit: points, required: false}
treatment: {column: arm, treated: active, control: control}
outcome:
  {column: change, unit: points, label: Change in score, assessed: none, missing: {method: weighted}}
eligibility:
  - {name: Minor, column: age, operator: at least, value: 18}
covariates:
  - {column: age, label: Age, terms: [linear, square]}
  - {column: sex, label: Sex, terms: [categories]}
models: {propensity: [age, sex], outcome: [age, sex]}
monitoring: {method: confidence sequence, alpha: 0.05, tuned_at: 300, first: 20, action: none}
calendar: {timezone: Europe/Zurich, first_month: "2025-01"}
seed: 1
"""

ADULT = {"name": "Minor", "column": "age", "operator": "at least", "value": 18}

Change = Callable[[dict[str, Any]], object]


def refusal(change: Change) -> str:
    """Return the message with which a changed protocol is refused."""
    stored = copy.deepcopy(yaml.load(TEXT, yaml.CSafeLoader))
    change(stored)
    with pytest.raises(ProtocolError) as caught:
        parse_protocol(json.dumps(stored), "studies/TEST-TRIAL.yaml")
    message = str(caught.value)
    assert message.startswith("studies/TEST-TRIAL.yaml: ")
    assert "\n" not in message
    return message


def put(*path: str | int, value: object) -> Change:
    """Return a change that puts ``value`` at ``path``."""

    def change(stored: Any) -> None:
        for key in path[:-1]:
            stored = stored[key]
        stored[path[-1]] = value

    return change


def test_protocol_comes_back_from_the_document_that_the_record_holds() -> None:
    """The resolved protocol parses to itself, so that a record can be run again from it."""
    protocol = parse_protocol(TEXT, "x")
    again = parse_protocol(protocol.as_document().decode(), "protocol.json")
    assert again == protocol
    assert again.digest == protocol.digest


def test_resolved_protocol_writes_every_default_out() -> None:
    """What the file leaves open is in the record, with its value."""
    stored = parse_protocol(TEXT, "x").as_json()
    assert stored["gates"]["smd"] == 0.1
    assert stored["retention"] == {"years": 15}
    assert stored["contract"]["missing"] == [""]


def test_a_discussion_is_optional_and_never_empty() -> None:
    """A protocol without one has the digest of before; one text or more is kept in order; an empty one is refused."""
    plain = parse_protocol(TEXT, "TEST-TRIAL.yaml")
    assert "discussion" not in plain.as_json()
    told = parse_protocol(f"{TEXT}discussion: [Expected., Not transferable.]", "TEST-TRIAL.yaml")
    assert told.as_json()["discussion"] == ["Expected.", "Not transferable."]
    assert told.digest != plain.digest
    for empty, words in (("[]", "the discussion is empty"), ("['  ']", "at least 1 character")):
        with pytest.raises(ProtocolError, match=words):
            parse_protocol(f"{TEXT}discussion: {empty}", "TEST-TRIAL.yaml")


def test_covariate_is_found_by_its_column() -> None:
    """A covariate is named by its column."""
    assert parse_protocol(TEXT, "x").covariate("age").terms == ("linear", "square")


SERVER = {"system": "redcap", "address": "https://edc.example/api/", "project": 17}


@pytest.mark.parametrize(
    "attribute", ["treatment", "population", "variable", "intercurrent_events", "summary_measure"]
)
def test_estimand_without_one_of_its_five_attributes_is_refused(attribute: str) -> None:
    """All five attributes of ICH E9(R1), A.3.1, are written down, and none is empty."""
    assert f"estimand.{attribute}" in refusal(lambda stored: stored["estimand"].pop(attribute))
    empty = [] if attribute == "intercurrent_events" else "  "
    assert f"estimand.{attribute}" in refusal(put("estimand", attribute, value=empty))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (put("study", value="../etc"), "not a study identifier"),
        (put("colour", value="red"), "colour"),
        (put("seed", value=-1), "seed"),
        (put("inference", value={"replicates": 10}), "inference.replicates"),
        (put("retention", value={"years": 14}), "retention.years"),
        (put("gates", value={"smd": 0}), "gates.smd"),
        (put("calendar", "timezone", value="Mars/Olympus"), "IANA"),
        (put("calendar", "first_month", value="2025-13"), "expected YYYY-MM"),
        (put("edc", value={"system": "files", "folder": "../outside"}), "edc.folder"),
        (put("edc", value={"system": "files", "root": "repository"}), "needs its folder"),
        (put("edc", value={"system": "files", "token": "x"}), "edc.token: is no key here"),
        (put("edc", value={"system": "oracle"}), "edc: Input tag 'oracle'"),
        (put("edc", value={**SERVER, "ignored": ["age"]}), "columns ['age'] are ignored by the source"),
        (put("edc", value={**SERVER, "ignored": ["projectid"], "address": "edc"}), "edc.address"),
        (put("treatment", "column", value="dose"), "not in the contract"),
        (put("treatment", "treated", value="active "), None),
        (put("treatment", "treated", value="placebo"), "not an allowed value"),
        (put("treatment", "column", value="age"), "not an allowed value"),
        (put("treatment", "control", value="active"), "two different arms"),
        (
            lambda stored: stored["treatment"].pop("control"),
            "column 'arm' has 3 arms (active, control, other) and no declared contrast of two; name one arm",
        ),
        (put("treatment", value={"column": "age"}), "treatment.treated: is missing"),
        (put("treatment", value={"column": "nowhere"}), "treatment.treated: is missing"),
        (put("treatment", value="arm"), "treatment: found 'arm'; expected the keys of a Treatment"),
        (
            lambda stored: (stored.pop("contract"), stored["treatment"].pop("control")),
            "contract: is missing",
        ),
        (put("outcome", "column", value="sex"), "an outcome is a number"),
        (put("outcome", "column", value="age"), "not measured at follow-up"),
        (put("outcome", "type", value="binary"), "must be an integer with minimum 0 and maximum 1"),
        (put("estimand", "measure", value="odds ratio"), "'odds ratio' compares risks"),
        (
            lambda stored: (
                put("design", value="randomised")(stored),
                put("estimand", "target", value="ATT")(stored),
            ),
            "estimates the ATE of everybody randomised, not the ATT",
        ),
        (put("covariates", 0, "column", value="week8"), "not measured at baseline"),
        (
            lambda stored: (
                stored["contract"]["columns"].append(
                    {"name": "treated", "type": "integer", "timing": "baseline"}
                ),
                put("covariates", 0, "column", value="treated")(stored),
            ),
            "covariates ['treated'] have names that the analysis set needs for itself",
        ),
        (put("covariates", 0, "column", value="sex"), "two covariates"),
        (put("covariates", 0, "column", value="enrolled"), "no model accepts this type"),
        (put("covariates", 0, "terms", value=["linear", "categories"]), "a number has no categories"),
        (put("covariates", 0, "terms", value=["categories"]), "a number 'linear', 'square' or 'spline'"),
        (put("covariates", 0, "terms", value=[]), "a number 'linear', 'square' or 'spline'"),
        (put("covariates", 1, "terms", value=["linear"]), "a category needs the term 'categories'"),
        (put("models", "propensity", value=[]), "models.propensity"),
        (put("models", "outcome", value=["change"]), "are not covariates"),
        (put("sensitivity", value={"subgroups": ["age"]}), "is not a category"),
        (put("sensitivity", value={"trimming": [0.5]}), "leaves nobody"),
        (put("trimming", value={"method": "discard", "lower": 0.9, "upper": 0.1}), "lower trimming limit"),
        (put("gates", value={"score_lower": 0.9, "score_upper": 0.1}), "lower score limit"),
        (put("eligibility", value=[ADULT, ADULT]), "two criteria"),
        (put("eligibility", 0, "operator", value="present"), "takes no value"),
        (put("eligibility", 0, "value", value="old"), "compares a number with a number"),
        (put("eligibility", 0, "column", value="sex"), "compares a number with a number"),
        (put("eligibility", 0, "operator", value="equals"), "is for categories"),
        (put("eligibility", 0, "operator", value="eval"), "eligibility.0.operator"),
    ],
)
def test_protocol_that_contradicts_itself_is_refused(change: Change, problem: str | None) -> None:
    """A contradiction is refused in one line that names its place, before anything runs (FAULTS 49, 61)."""
    if problem is None:  # white space at the ends is no contradiction
        stored = yaml.load(TEXT, yaml.CSafeLoader)
        change(stored)
        assert parse_protocol(json.dumps(stored), "x").treatment.treated == "active"
    else:
        assert problem in refusal(change)


@pytest.mark.parametrize(
    ("operator", "value", "problem"),
    [
        ("equals", "F", None),
        ("not equals", "F", None),
        ("one of", ["F", "M"], None),
        ("equals", "X", "not allowed values"),
        ("one of", ["F", "X"], "not allowed values"),
        ("one of", "F", "takes a list"),
        ("equals", ["F"], "takes one value"),
        ("equals", None, "not allowed values"),
    ],
)
def test_criterion_on_a_category_names_its_allowed_values(
    operator: str, value: object, problem: str | None
) -> None:
    """A criterion can only ask for values that the contract allows, so that a slip excludes nobody."""
    criterion = {"name": "Sex", "column": "sex", "operator": operator, "value": value}

    def change(stored: dict[str, Any]) -> None:
        stored["eligibility"].append(criterion)

    if problem is None:
        stored = yaml.load(TEXT, yaml.CSafeLoader)
        change(stored)
        assert isinstance(parse_protocol(json.dumps(stored), "x"), Protocol)
    else:
        assert problem in refusal(change)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("study: [", "not valid YAML at line"),
        ("study: a\nstudy: b\n", "line 1 .a key is given twice"),
        ("gates: {smd: 0.1, smd: 0.2}", "a key is given twice"),
        ("a: \x07", "not valid YAML;"),
        ("!!python/object/apply:os.system [id]", "not valid YAML"),
        ("just a text", "protocol"),
        ("", "protocol"),
    ],
)
def test_text_that_is_no_protocol_is_refused(text: str, problem: str) -> None:
    """Broken YAML, doubled keys and constructors of objects are refused with the file's name."""
    with pytest.raises(ProtocolError, match=problem) as caught:
        parse_protocol(text, "studies/X.yaml")
    assert str(caught.value).startswith("studies/X.yaml")
