"""What a protocol must say of a count with exposure, and every plan that is not offered with it, refused by its name."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from tests.records.protocol.test_protocol import TEXT, put
from tests.records.protocol.test_survival import OTHERS, column, event, without

COUNT = {
    "column": "exacerbations",
    "type": "count",
    "exposure": "years",
    "unit": "exacerbations per year",
    "label": "Exacerbations",
}
COLUMNS = [
    {"name": "exacerbations", "type": "integer", "timing": "follow-up", "minimum": 0},
    {"name": "years", "type": "number", "timing": "follow-up", "unit": "years", "minimum": 0.01},
]
Change = Callable[[dict[str, Any]], object]


def counted(*changes: Change) -> Protocol:
    """Return the protocol of a count, changed."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    stored["contract"]["columns"] += [dict(one) for one in COLUMNS]
    stored["outcome"] = dict(COUNT)
    stored["estimand"]["measure"] = "rate ratio"
    for change in changes:
        change(stored)
    return parse_protocol(json.dumps(stored), "x")


def test_a_count_is_planned() -> None:
    """Measures and exposure are read as written, and a ratio of rates is compared as one."""
    found = counted()
    assert (found.outcome.counted, found.outcome.timed, found.outcome.exposure) == (True, False, "years")
    assert found.estimand.contrast == "rate ratio"
    other = counted(
        put("estimand", "measure", value="rate difference"), put("outcome", "assessed", value="none")
    )
    assert other.estimand.contrast == "difference"


def test_a_protocol_of_another_outcome_is_written_without_the_new_key() -> None:
    """Its JSON has no exposure, so that its digest is what it was."""
    assert "exposure" not in parse_protocol(TEXT, "x").as_json()["outcome"]
    written = counted().as_json()["outcome"]
    assert written["exposure"] == "years"
    assert not {"missing", "assessed", "event"} & set(written)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("outcome", "exposure"), "outcome.exposure is missing; write the column of the time"),
        (put("outcome", "exposure", value="nowhere"), "columns ['nowhere'] are used but not in the contract"),
        (
            put("outcome", "exposure", value="exacerbations"),
            "exposure 'exacerbations' is the count itself",
        ),
        (
            column(7, type="number", unit="1"),
            "count 'exacerbations' must be an integer with a minimum of 0 or more",
        ),
        (column(7, minimum=None), "count 'exacerbations' must be an integer with a minimum of 0 or more"),
        (column(7, minimum=-1), "count 'exacerbations' must be an integer with a minimum of 0 or more"),
        (column(8, minimum=0), "exposure 'years' must be a number with a minimum above 0"),
        (column(8, minimum=None), "exposure 'years' must be a number with a minimum above 0"),
        (
            column(8, type="date", unit=None, minimum=None),
            "exposure 'years' must be a number with a minimum above 0",
        ),
        (column(8, timing="baseline"), "exposure 'years' is not measured at follow-up"),
        (
            put("estimand", "measure", value="difference"),
            "the measure 'difference' is not of a count; declare 'rate ratio'",
        ),
        (
            put("estimand", "measure", value="rmst difference"),
            "the measure 'rmst difference' is of an outcome of",
        ),
        (put("estimand", "target", value="ATT"), "the target ATT is not offered for a count"),
        (put("estimand", "target", value="ATO"), "the target ATO is not offered for a count"),
        (event(strategy="hypothetical"), "the strategy 'hypothetical' is not offered for a count"),
        (
            event(strategy="composite variable", composite=0),
            "the strategy 'composite variable' is not offered for a count",
        ),
        (
            event(strategy="while on treatment", column_before="week8", duration="week8"),
            "the strategy 'while on treatment' is not offered for a count",
        ),
        (
            put("outcome", "missing", value={"method": "weighted"}),
            "outcome.missing 'weighted' is not offered for a count, whose exposure says how long events were counted, nor is a "
            "tipping point",
        ),
        (
            put("outcome", "missing", value={"method": "multiple imputation"}),
            "outcome.missing 'multiple imputation' is not offered for a count",
        ),
        (
            put("outcome", "assessed", value={"visit": "enrolled"}),
            "outcome.assessed is not offered for a count",
        ),
        (
            put("imputation", value={"method": "multiple"}),
            "multiple imputation of covariates is not offered with a count",
        ),
        (
            put("eligibility", 0, value={"name": "Followed", "column": "years", "operator": "present"}),
            "criterion 'Followed' selects by the outcome 'years'",
        ),
        (
            put("outcome", "horizon", value=365),
            "outcome.horizon belongs to an outcome of type 'time to event'",
        ),
    ],
)
def test_what_is_not_offered_with_a_count_is_refused_by_name(change: Change, words: str) -> None:
    """Each plan that nothing computes is named in the refusal, and so is what a count lacks."""
    with pytest.raises(ProtocolError) as refused:
        counted(change)
    assert words in str(refused.value)


@pytest.mark.parametrize(("change", "words"), OTHERS)
def test_what_other_outcomes_have_is_refused_by_its_name(change: Change, words: str) -> None:
    """Estimators, hypotheses, controls, endpoints, families and flexible models are not offered with a count."""
    with pytest.raises(ProtocolError) as refused:
        counted(change)
    assert f"{words} is not offered with a count; delete it" in str(refused.value)


def test_a_covariate_may_not_take_the_name_of_the_exposure() -> None:
    """The analysis set has a column of that name itself."""

    def rename(stored: dict[str, Any]) -> None:
        stored["contract"]["columns"][2]["name"] = "exposure"
        stored["covariates"][0]["column"] = "exposure"
        stored["eligibility"] = []
        stored["models"] = {"propensity": ["exposure", "sex"], "outcome": ["exposure", "sex"]}

    with pytest.raises(ProtocolError, match="covariate 'exposure' has a name"):
        counted(rename)


@pytest.mark.parametrize("kind", ["count", "time to event"])
def test_a_secondary_endpoint_is_none_of_these(kind: str) -> None:
    """Counts and times to event are offered for the primary outcome alone."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    stored["secondary"] = [
        {
            "name": "second",
            "label": "Second",
            "type": kind,
            "column": "age",
            "unit": "points",
            "assessed": "none",
            "missing": {"method": "complete cases"},
        }
    ]
    with pytest.raises(ProtocolError) as refused:
        parse_protocol(json.dumps(stored), "x")
    assert f"the type '{kind}' is offered for the primary outcome alone" in str(refused.value)


def test_what_belongs_to_a_count_is_refused_elsewhere() -> None:
    """Exposure and measures of rates need the type."""
    for change, words in (
        (put("outcome", "exposure", value="age"), "outcome.exposure belongs to an outcome of type 'count'"),
        (
            put("estimand", "measure", value="rate ratio"),
            "the measure 'rate ratio' is of an outcome of type 'count'",
        ),
    ):
        stored = yaml.load(TEXT, yaml.CSafeLoader)
        change(stored)
        with pytest.raises(ProtocolError) as refused:
            parse_protocol(json.dumps(stored), "x")
        assert words in str(refused.value)
