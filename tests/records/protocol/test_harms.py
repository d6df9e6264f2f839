"""Harms that are counted: what can be declared, and what is refused by the name of the harm."""

import json
from typing import Any

import pytest
import yaml
from scipy.stats import poisson

from medicore.errors import ProtocolError
from medicore.records.protocol.harms import CountedHarm, incoherent_harms
from medicore.records.protocol.monitoring import declared_harms
from medicore.records.protocol.parsing import parse_protocol, parse_recorded
from tests.records.protocol.test_monitoring import SEQUENCE, SPENDING
from tests.records.protocol.test_protocol import TEXT

EVENTS: dict[str, Any] = {
    "name": "falls",
    "type": "integer",
    "timing": "follow-up",
    "minimum": 0,
    "locked": False,
}
YEARS: dict[str, Any] = {
    "name": "years",
    "type": "number",
    "timing": "follow-up",
    "minimum": 0,
    "unit": "years",
}
BINOMIAL: dict[str, Any] = {
    "name": "fall", "label": "Fall", "kind": "binomial", "events": "falls", "alpha": 0.05, "upper_limit": 40,
}  # fmt: skip
POISSON: dict[str, Any] = {**BINOMIAL, "kind": "poisson", "exposure": "years", "rate": 0.1, "upper_limit": 10}


def written(*harms: dict[str, Any], plan: dict[str, Any] = SEQUENCE, **changed: dict[str, Any]) -> str:
    """Return the protocol with these harms; ``changed`` changes keys of a column's declaration."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    columns = [{**column, **changed.get(str(column["name"]), {})} for column in (EVENTS, YEARS)]
    stored["contract"]["columns"] += columns
    stored["monitoring"] = {**plan, "harms": list(harms)}
    return json.dumps(stored)


@pytest.mark.parametrize("plan", [SEQUENCE, SPENDING, {"method": "single", "month": "2025-06"}])
def test_harms_stand_beside_every_method(plan: dict[str, Any]) -> None:
    """Every plan for the looks takes harms, and the resolved protocol has their defaults."""
    found = parse_protocol(written(BINOMIAL, {**POISSON, "name": "other"}, plan=plan), "x")
    first, second = declared_harms(found.monitoring)
    assert (first.minimum_events, first.action, second.rate) == (1, "board", 0.1)
    assert found.as_json()["monitoring"]["harms"][0]["exposure"] is None
    assert declared_harms(None) == ()


def test_a_plan_without_harms_is_the_plan_of_before() -> None:
    """Where no harm is declared, JSON and digest of the protocol are those of before there were harms."""
    without = parse_protocol(written(), "x")
    stored = json.loads(written())
    del stored["monitoring"]["harms"]
    assert "harms" not in without.as_json()["monitoring"]
    assert parse_protocol(json.dumps(stored), "x").digest == without.digest
    assert parse_recorded(json.dumps(without.as_json()), "a record").digest == without.digest


def test_harms_are_no_part_of_the_design_of_the_looks() -> None:
    """The digest by which looks of another design are told does not move with the harms, that of a harm does."""
    with_harm, without = (parse_protocol(written(*harms), "x").monitoring for harms in ((BINOMIAL,), ()))
    assert with_harm is not None
    assert without is not None
    assert with_harm.design == without.design  # type: ignore[union-attr] # a plan, not maxsprt
    harm = CountedHarm(**BINOMIAL)
    renamed = CountedHarm(**{**BINOMIAL, "name": "b", "label": "B", "action": "none"})
    assert renamed.design_digest(None) == harm.design_digest(None)
    assert CountedHarm(**{**BINOMIAL, "alpha": 0.01}).design_digest(None) != harm.design_digest(None)


@pytest.mark.parametrize(
    ("harm", "columns", "words"),
    [
        ({**BINOMIAL, "events": "trips"}, {}, "events column 'trips' is not in the contract"),
        ({**BINOMIAL, "exposure": "hours"}, {}, "exposure column 'hours' is not in the contract"),
        (BINOMIAL, {"falls": {"type": "number", "unit": "falls"}}, "'falls' holds no counts"),
        (BINOMIAL, {"falls": {"minimum": None}}, "'falls' holds no counts"),
        (BINOMIAL, {"falls": {"minimum": -1}}, "'falls' holds no counts"),
        (BINOMIAL, {"falls": {"timing": "baseline"}}, "of timing baseline; expected follow-up"),
        (BINOMIAL, {"falls": {"required": False}}, "recode: {'': '0'}"),
        ({**POISSON, "exposure": None}, {}, "a poisson harm has no exposure"),
        (POISSON, {"years": {"minimum": None}}, "'years' holds no time at risk"),
        (POISSON, {"years": {"minimum": -1}}, "'years' holds no time at risk"),
        (
            POISSON,
            {"years": {"type": "date", "minimum": None, "unit": None}},
            "'years' holds no time at risk",
        ),
        (POISSON, {"years": {"required": False}}, "exposure column 'years' may be empty"),
        ({**POISSON, "rate": None}, {}, "a poisson harm has no background rate"),
        ({**BINOMIAL, "rate": 0.1}, {}, "takes no background rate"),
        ({**BINOMIAL, "upper_limit": 40.5}, {}, "upper_limit is 40.5; expected a whole number"),
        ({**BINOMIAL, "minimum_events": 41}, {}, "minimum_events is 41 and upper_limit 40"),
        (
            {**POISSON, "upper_limit": 1, "minimum_events": 4},
            {},
            "4 events or more within 1 expected have a probability",
        ),
    ],
)
def test_what_cannot_be_counted_is_refused_by_name(
    harm: dict[str, Any], columns: dict[str, dict[str, Any]], words: str
) -> None:
    """Unknown columns, columns that hold no counts or no time, and designs without a test: the harm is named."""
    with pytest.raises(ProtocolError, match=r"monitoring\.harms, harm 'fall'") as caught:
        parse_protocol(written(harm, **columns), "x")
    assert words in str(caught.value)
    assert "1 problem(s) in all" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_problems_are_told_at_once() -> None:
    """Two harms of one name with five faults are refused in one message, beside an unknown covariate."""
    wrong = {**BINOMIAL, "rate": 1, "upper_limit": 2.5, "minimum_events": 9}
    stored = json.loads(written(wrong, {**POISSON, "rate": None, "exposure": "hours"}))
    stored["covariates"][0]["column"] = "unknown"
    with pytest.raises(ProtocolError) as caught:
        parse_protocol(json.dumps(stored), "x")
    for words in (
        "two harms have the name 'fall'", "takes no background rate", "a whole number of events", "minimum_events is 9",
        "column 'hours' is not in the contract", "has no background rate", "columns ['unknown'] are used",
    ):  # fmt: skip
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"alpha": 0.6}, "monitoring.harms.0.alpha"),
        ({"kind": "exact"}, "monitoring.harms.0.kind"),
        ({"upper_limit": 1001}, "monitoring.harms.0.upper_limit"),
        ({"minimum_events": 0}, "monitoring.harms.0.minimum_events"),
        ({"ratio": 2}, "monitoring.harms.0.ratio"),
    ],
)
def test_a_wrong_value_is_told_by_its_place(changed: dict[str, Any], place: str) -> None:
    """The message has the path of the key in the file."""
    with pytest.raises(ProtocolError) as caught:
        parse_protocol(written({**BINOMIAL, **changed}), "x")
    assert f"{place}: " in str(caught.value)


@pytest.mark.parametrize(("minimum", "limit"), [(1, 0.05), (2, 0.3), (5, 1.9), (40, 28.0), (3, 800.0)])
def test_the_probability_of_so_many_events(minimum: int, limit: float) -> None:
    """A design is refused exactly where Poisson gives its smallest signal a probability below alpha."""
    chance = float(poisson.sf(minimum - 1, limit))
    for alpha, refused in ((chance * 0.999, False), (chance * 1.001, True)):
        if 0 < alpha < 0.5:
            harm = CountedHarm(**{**POISSON, "alpha": alpha, "upper_limit": limit, "minimum_events": minimum})
            told = [*incoherent_harms((harm,), parse_protocol(written(), "x").contract)]
            assert bool(told) == refused
