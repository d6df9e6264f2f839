"""The safety plan of a protocol: what it holds, what is refused by name, and what it changes for nobody else."""

import copy
from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.monitoring import declared_harms
from medicore.records.protocol.parsing import parse_protocol, parse_recorded
from medicore.records.protocol.protocol import Protocol
from tests.whole_house.prepared_study import PROTOCOL
from tests.whole_house.safety_study import PRURITUS, SAFETY

DATES = [
    {"name": "first_dose", "type": "date", "timing": "administrative", "required": False},
    {"name": "last_dose", "type": "date", "timing": "follow-up", "required": False},
]


def planned(place: str = "", value: Any = None, **top: Any) -> dict[str, Any]:
    """Return a protocol with a safety plan and a harm of its terms; ``place`` of it is ``value``, left out where None."""
    stored: dict[str, Any] = {"study": "TEST-PLAN", **yaml.load(PROTOCOL, yaml.CSafeLoader)}
    stored["contract"]["columns"] += DATES
    stored["safety"] = copy.deepcopy(SAFETY)
    stored["monitoring"]["harms"] = [PRURITUS]
    for key, changed in top.items():
        stored[key] = {**stored[key], **changed}
    *parts, last = place.split(".")
    target = stored
    for part in parts:
        target = target.setdefault(part, {})
    if value is not None:
        target[last] = value
    elif place:
        del target[last]
    return stored


def parsed(stored: dict[str, Any]) -> Protocol:
    """Return the protocol of a file."""
    return parse_protocol(yaml.safe_dump(stored, sort_keys=False), "TEST-PLAN.yaml")


def test_a_plan_is_read_and_recorded() -> None:
    """The plan stands in the resolved protocol, which is read again as the same one."""
    made = parsed(planned())
    assert made.safety is not None
    assert made.safety.table == "ae.csv"
    again = parse_recorded(made.as_document().decode(), "a record")
    assert again == made
    contract = made.safety.contract(("", "."))
    assert contract.names == ("subject", "term", "system_organ_class", "start", "serious", "severity")
    assert contract.column("severity").values == ("MILD", "MODERATE", "SEVERE")
    assert contract.column("serious").recode == {"": "N"}
    assert contract.missing == ("", ".")


def test_a_plan_needs_neither_seriousness_nor_severity() -> None:
    """Term, class and start are enough."""
    stored = planned()
    for role in ("serious", "severity"):
        del stored["safety"]["adverse_events"]["columns"][role]
    del stored["safety"]["severities"], stored["safety"]["recode"]
    made = parsed(stored)
    assert made.safety is not None
    assert made.safety.contract(("",)).names == ("subject", "term", "system_organ_class", "start")


def test_what_decides_which_events_count_is_part_of_the_design_of_a_harm() -> None:
    """Another time at risk, selection or column gives a harm with terms another digest; one with a column keeps its own."""
    made = parsed(planned())
    assert made.safety is not None
    (harm,) = declared_harms(made.monitoring)
    digest = harm.design_digest(made.safety)
    assert harm.design(made.safety)["at_risk"] == SAFETY["at_risk"]
    for place, value in (
        ("safety.at_risk.days_after", 30),
        ("safety.adverse_events.where", {"SAFFL": "Y"}),
        ("safety.adverse_events.columns.term", "AELLT"),
        ("safety.adverse_events.columns.start", "AESTDT"),
    ):
        assert harm.design_digest(parsed(planned(place, value)).safety) != digest, place
    for place, value in (
        ("safety.adverse_events.columns.serious", "AESDTH"),
        ("safety.adverse_events.file", "adae.csv"),
    ):
        assert harm.design_digest(parsed(planned(place, value)).safety) == digest, place
    column = harm.model_copy(update={"terms": (), "events": "falls"})
    assert column.design_digest(made.safety) == column.design_digest(None)


def test_listed_terms_are_those_that_may_be_counted() -> None:
    """A harm whose term is not listed is refused with the nearest one; a plan without the list is what it was."""
    listed = planned("safety.preferred_terms", ["Pruritus", "Erythema"])
    made = parsed(listed)
    assert made.safety is not None
    assert made.safety.contract(("",)).column("term").values == ("Pruritus", "Erythema")
    assert "preferred_terms" not in parsed(planned()).as_json()["safety"]
    missing = {**listed, "contract": {**listed["contract"], "missing": ["", "Erythema"]}}
    with pytest.raises(ProtocolError, match=r"safety\.preferred_terms has a text that means 'missing'"):
        parsed(missing)
    for terms, advice in ((["Pruritis"], "write 'Pruritus'"), (["Pruritus", "Zoster"], "add it there")):
        listed["monitoring"]["harms"] = [{**PRURITUS, "terms": terms}]
        with pytest.raises(
            ProtocolError, match=f"harm 'pruritus': term {terms[-1]!r} is none of.*; {advice}"
        ) as caught:
            parsed(listed)
        assert "1 problem(s) in all" in str(caught.value)


def test_a_protocol_without_a_plan_is_what_it_was() -> None:
    """Neither the plan nor the terms of a harm stand in the JSON of a protocol that uses none, so its digest stays."""
    stored = planned("safety")
    counted = {**PRURITUS, "events": "falls"}
    del counted["terms"]
    stored["monitoring"]["harms"] = [counted]
    stored["contract"]["columns"].append(
        {"name": "falls", "type": "integer", "timing": "follow-up", "minimum": 0}
    )
    made = parsed(stored)
    assert "safety" not in made.as_json()
    (harm,) = made.as_json()["monitoring"]["harms"]
    assert "terms" not in harm
    assert harm["events"] == "falls"
    assert "terms" not in made.monitoring.harms[0].design(made.safety)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("safety.adverse_events.columns.start", None, "lacks ['start'] and has []"),
        ("safety.adverse_events.columns.outcome", "AEOUT", "lacks [] and has ['outcome']"),
        ("safety.severities", None, "severity needs its column and its texts"),
        ("safety.adverse_events.columns.severity", None, "severity needs its column and its texts"),
        ("safety.recode.term", {"a": "b"}, "recode has ['term']; expected serious or severity"),
        ("safety.recode.serious", {"1": "yes"}, "'recode' gives ['yes']"),
        (
            "safety.adverse_events.columns.term",
            "USUBJID",
            "columns ['USUBJID'] of the file of adverse events",
        ),
        ("safety.severities", ["MILD", "MILD"], "expected one or more values, all different"),
        ("safety.preferred_terms", ["Pruritus", "Pruritus"], "expected one or more values, all different"),
        ("safety.at_risk.days_after", -1, "greater than or equal to 0"),
        ("safety.exposure", "days", "safety.exposure"),
        ("safety.at_risk.first", "began", "safety.at_risk.first: column 'began' is not in the contract"),
        (
            "safety.at_risk.last",
            "age",
            "safety.at_risk.last: column 'age' is of type number; expected a date",
        ),
        ("safety.at_risk.last", "first_dose", "first and last are one column"),
        (
            "contract",
            {**planned()["contract"], "missing": ["", "MILD"]},
            "safety.severities has a text that means 'missing'",
        ),
        (
            "edc",
            {"system": "redcap", "address": "https://edc.example/api", "project": 7},
            "safety is not offered with the system redcap",
        ),
        (
            "edc",
            {"system": "rave", "address": "https://edc.example/rws", "project": "Trial", "form": "DM"},
            "edc.form names one table and safety.adverse_events another",
        ),
        (
            "edc",
            {
                "system": "dataset-json-api",
                "address": "https://edc.example/api",
                "project": "T",
                "dataset": "dm",
            },
            "edc.dataset names one table and safety.adverse_events another",
        ),
        (
            "safety",
            None,
            "terms are counted in the data set of adverse events; expected safety.adverse_events",
        ),
    ],
)
def test_what_is_not_offered_is_refused_by_name(place: str, value: Any, said: str) -> None:
    """Each contradiction is told by its key and what to write."""
    with pytest.raises(ProtocolError) as refused:
        parsed(planned(place, value))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"events": "age"}, "expected either events, a column with each subject's number, or terms"),
        ({"terms": []}, "expected either events, a column with each subject's number, or terms"),
        ({"exposure": "age"}, "the exposure of a harm with terms is the time at risk of the safety plan"),
    ],
)
def test_a_harm_has_a_column_or_terms(changed: dict[str, Any], said: str) -> None:
    """Both, neither, and an exposure beside terms are refused."""
    stored = planned()
    stored["monitoring"]["harms"] = [{**PRURITUS, **changed}]
    with pytest.raises(ProtocolError) as refused:
        parsed(stored)
    assert said in str(refused.value)


def test_the_events_are_no_table_of_subjects() -> None:
    """The table of the events is not joined as one with a row per subject."""
    stored = planned()
    names = [column["name"] for column in stored["contract"]["columns"] if column["name"] != "subject_id"]
    stored["edc"]["datasets"] = [
        {"file": "ae.csv", "subject": "subject_id", "columns": {name: name for name in names}}
    ]
    with pytest.raises(
        ProtocolError, match=r"safety.adverse_events names 'ae.csv', which edc.datasets joins"
    ):
        parsed(stored)
    stored["edc"]["datasets"][0]["file"] = "subjects.csv"
    assert parsed(stored).safety is not None


def test_a_blinded_study_shows_no_arm_by_its_events() -> None:
    """A column that would unblind is not used where the study is blinded, and may be where it is not."""
    stored = planned("safety.adverse_events.where", {"KIT": "1"})
    stored["contract"] |= {"unblinding": ["KIT"], "blinded": True}
    with pytest.raises(ProtocolError, match=r"columns \['KIT'\] of safety.adverse_events would unblind"):
        parsed(stored)
    stored["contract"]["blinded"] = False
    assert parsed(stored).safety is not None
