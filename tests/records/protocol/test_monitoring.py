"""The plan for the looks: what can be declared, what is refused, and what becomes of protocols of the old form."""

import json
from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.monitoring import AlphaSpendingPlan, PlannedSize
from medicore.records.protocol.parsing import parse_protocol, parse_recorded
from tests.records.protocol.test_protocol import TEXT

SPENDING: dict[str, Any] = {
    "method": "alpha spending",
    "function": "obrien-fleming",
    "alpha": 0.05,
    "maximum_information": 40,
    "first_subjects": 60,
}
SEQUENCE: dict[str, Any] = {"method": "confidence sequence", "alpha": 0.05, "tuned_at": 500, "first": 50}
HARM = {"alpha": 0.05, "function": "pocock"}


def written(plan: Any, **changed: Any) -> str:
    """Return the protocol with another plan for its looks."""
    stored = yaml.load(TEXT, yaml.CSafeLoader) | changed
    if plan is None:
        stored.pop("monitoring")
    else:
        stored["monitoring"] = plan
    return json.dumps(stored)


def test_every_default_is_written_out() -> None:
    """The resolved plan says sides and action, and which parameters it has not."""
    found = parse_protocol(written(SPENDING), "x").as_json()["monitoring"]
    assert found == {
        **SPENDING, "sides": 2, "action": "board",
        **dict.fromkeys(("parameter", "benefit", "planned", "harm", "futility")),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({**SPENDING, "function": "power"}, "the function power needs a parameter"),
        ({**SPENDING, "function": "power", "parameter": -1}, "the parameter of power is above 0"),
        ({**SPENDING, "parameter": 2}, "the function obrien-fleming takes no parameter"),
        (
            {**SPENDING, "planned": {"treated": 9, "control": 9, "sd": 1}},
            "either maximum_information or planned",
        ),
        ({**SPENDING, "maximum_information": None}, "either maximum_information or planned"),
        ({**SPENDING, "sides": 1, "alpha": 0.025}, "benefit: higher, or benefit: lower"),
        ({**SPENDING, "harm": HARM}, "benefit: higher, or benefit: lower"),
        ({**SPENDING, "alpha": 0.04}, "expected alpha to be 1 − level"),
        ({**SEQUENCE, "sides": 1}, "benefit: higher, or benefit: lower"),
        ({**SEQUENCE, "tuned_at": 0}, "greater than or equal to 1"),
        ({**SEQUENCE, "function": "pocock"}, "is no key here"),
        ({"method": "single", "month": "2025-13"}, "expected YYYY-MM"),
        ({"method": "maxsprt", "alpha": 0.05}, "no primary estimate; expected 'alpha spending'"),
        ({"method": "none"}, "does not match any of the expected tags"),
    ],
)
def test_a_plan_that_is_none_is_refused(plan: dict[str, Any], words: str) -> None:
    """Parameters, direction, level and method must fit each other; the message names the key in the file."""
    with pytest.raises(ProtocolError, match="monitoring") as caught:
        parse_protocol(written(plan), "x")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_side_may_have_another_level() -> None:
    """A one-sided level is its own: the two-sided interval beside it stays at the level of inference."""
    plan = {**SPENDING, "sides": 1, "alpha": 0.025, "benefit": "lower", "harm": HARM}
    assert parse_protocol(written(plan), "x").monitoring is not None


def test_the_planned_size_gives_the_information() -> None:
    """Of n1 and n0 subjects with a standard deviation the information is 1/(sd²(1/n1 + 1/n0))."""
    assert PlannedSize(treated=50, control=50, sd=2).information == pytest.approx(6.25)
    plan = parse_protocol(
        written(
            {**SPENDING, "maximum_information": None, "planned": {"treated": 50, "control": 50, "sd": 2}}
        ),
        "x",
    ).monitoring
    assert isinstance(plan, AlphaSpendingPlan)
    assert plan.maximum == pytest.approx(6.25)


def test_a_planned_size_is_of_a_difference() -> None:
    """For a ratio the information is of its logarithm, which no standard deviation of the outcome gives."""
    stored = json.loads(
        written({**SPENDING, "maximum_information": None, "planned": {"treated": 9, "control": 9, "sd": 1}})
    )
    flag = {"name": "dead", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1}
    stored["contract"]["columns"].append(flag)
    stored["outcome"] |= {"column": "dead", "type": "binary"}
    stored["eligibility"] = stored["eligibility"][:1]
    stored["estimand"]["measure"] = "risk ratio"
    with pytest.raises(ProtocolError, match="declare maximum_information for the risk ratio"):
        parse_protocol(json.dumps(stored), "x")


@pytest.mark.parametrize("plan", ["left out", None])
def test_the_old_form_is_refused_with_what_to_write(plan: str | None) -> None:
    """A protocol without a plan is no protocol of today: the message has a plan to copy for either design."""
    text = written(None) if plan else written(None, monitoring=None)
    with pytest.raises(ProtocolError, match="monitoring is missing") as caught:
        parse_protocol(text, "studies/X.yaml")
    assert "{method: alpha spending, function: obrien-fleming" in str(caught.value)
    assert "{method: confidence sequence, alpha: 0.05, tuned_at: 1000, first: 100}" in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_record_of_the_old_form_stays_what_it_was() -> None:
    """Read from a record, a protocol without a plan has the JSON, and so the digest, of before there were plans."""
    found = parse_recorded(written(None), "a record")
    assert found.monitoring is None
    assert "monitoring" not in found.as_json()
    again = parse_recorded(found.as_document().decode(), "protocol.json")
    assert again.digest == found.digest
