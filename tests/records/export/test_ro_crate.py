"""The crate's metadata has what RO-Crate 1.1 and the Process Run Crate profile require."""

from typing import Any

import pytest

from medicore.records.export.ro_crate import Actor, Crate, ro_crate

CRATE = Crate(
    run="MED-2024-0147/2025-03/1",
    title="Effect of a drug",
    sponsor="Sponsor Ltd",
    outcome="candidate",
    code_commit="c" * 40,
    requested_by="ada",
    requested_at="2025-04-01T06:00:00Z",
    sealed_at="2025-04-01T06:01:00Z",
)
PEOPLE = (Actor("rita", "Rita Reviewer", "reviewer"), Actor("ada", "Ada Analyst", "analyst"))
FILES = {
    "code/source.tar": (10, "1" * 64),
    "environment/requirements.lock": (11, "2" * 64),
    "record/lock/raw/first visit.csv": (12, "3" * 64),
    "record/protocol.json": (13, "4" * 64),
    "record/report.pdf": (14, "5" * 64),
    "unknown.kind": (15, "6" * 64),
}


def entities(crate: Crate = CRATE) -> dict[str, dict[str, Any]]:
    """Return the crate's entities by identifier, which must be unique."""
    graph = ro_crate(crate, PEOPLE, FILES, ("MANIFEST.json",))["@graph"]
    found = {entity["@id"]: entity for entity in graph}
    assert len(found) == len(graph)
    return found


def references(value: object) -> set[str]:
    """Return every identifier that an entity refers to."""
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            return {value["@id"]}
        return set().union(*(references(each) for key, each in value.items() if key != "@id"), set())
    return set().union(*(references(each) for each in value), set()) if isinstance(value, list) else set()


def test_descriptor_and_root_have_what_is_required() -> None:
    """The descriptor conforms to 1.1 and is about the root, which has name, description, date and licence."""
    found = entities()
    descriptor, root = found["ro-crate-metadata.json"], found["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert descriptor["about"] == {"@id": "./"}
    assert root["@type"] == "Dataset"
    assert root["datePublished"] == CRATE.sealed_at
    assert CRATE.run in root["name"]
    assert CRATE.title in root["description"]
    assert found[root["license"]["@id"]]["name"]
    assert found[root["conformsTo"]["@id"]]["@type"] == "CreativeWork"


def test_every_reference_leads_to_an_entity() -> None:
    """Nothing is referred to that the crate does not describe, but the standards' own terms."""
    found = entities()
    outside = {name for entity in found.values() for name in references(list(entity.values()))} - set(found)
    assert outside == {"https://w3id.org/ro/crate/1.1", "http://schema.org/CompletedActionStatus"}


def test_every_file_is_a_part_with_its_digest() -> None:
    """Each file is in hasPart under its quoted name, with size and SHA-256; the manifest's come later."""
    found = entities()
    parts = [part["@id"] for part in found["./"]["hasPart"]]
    assert "record/lock/raw/first%20visit.csv" in parts
    assert len(parts) == len(FILES) + 1
    assert found["record/report.pdf"]["sha256"] == "5" * 64
    assert found["record/report.pdf"]["contentSize"] == "14"
    assert found["record/report.pdf"]["encodingFormat"] == "application/pdf"
    assert "encodingFormat" not in found["unknown.kind"]
    assert "sha256" not in found["MANIFEST.json"]


def test_action_says_what_made_what_of_what() -> None:
    """The run is a CreateAction: by the code, from frozen data and protocol, to the rest, at somebody's request."""
    found = entities()
    action = found["#analysis"]
    assert found["./"]["mentions"] == [{"@id": "#analysis"}]
    assert action["@type"] == "CreateAction"
    assert "SoftwareSourceCode" in found[action["instrument"]["@id"]]["@type"]
    assert found[action["instrument"]["@id"]]["version"] == CRATE.code_commit
    assert {each["@id"] for each in action["object"]} == {
        "record/lock/raw/first%20visit.csv",
        "record/protocol.json",
    }
    assert action["result"] == [{"@id": "record/report.pdf"}]
    assert found[action["agent"]["@id"]]["name"] == "Ada Analyst"
    assert (action["startTime"], action["endTime"]) == (CRATE.requested_at, CRATE.sealed_at)


@pytest.mark.parametrize("outcome", ["halted", "failed"])
def test_action_that_did_not_complete_says_so(outcome: str) -> None:
    """A run that was halted or failed has not completed."""
    from dataclasses import replace

    action = entities(replace(CRATE, outcome=outcome))["#analysis"]
    assert action["actionStatus"] == {"@id": "http://schema.org/FailedActionStatus"}
