"""A protocol that is not the approved one is a finding that names what changed, and dies with the next change."""

import json
from pathlib import Path

from medicore.records.canonical import document
from medicore.records.protocol.protocol import Protocol
from medicore.steps.data.deviation import APPROVED, approved_protocol, deviation, deviation_findings
from medicore.stores.files import FolderFiles
from tests.steps.analysed_trial import protocol

RUN = "TEST-STEPS/2025-02/1"


def beside(folder: Path, approved: Protocol) -> FolderFiles:
    """Return a record folder whose lock names an approved protocol."""
    files = FolderFiles(folder)
    files.write(APPROVED, document(approved_protocol(RUN, approved.as_json())))
    return files


def test_the_first_protocol_deviates_from_nothing(tmp_path: Path) -> None:
    """Before any run was approved there is nothing to deviate from."""
    found = deviation(FolderFiles(tmp_path), protocol())
    assert found == {"approved_with": None, "keys": []}
    assert deviation_findings(found, protocol()) == ()


def test_the_approved_protocol_is_no_deviation(tmp_path: Path) -> None:
    """The same protocol, however it is spelled in its file, is the approved one."""
    found = deviation(beside(tmp_path, protocol()), protocol())
    assert found == {"approved_with": RUN, "keys": []}
    assert deviation_findings(found, protocol()) == ()


def test_every_changed_key_is_named(tmp_path: Path) -> None:
    """Keys stand with their path; more than five are counted; an override of one change is none of another."""
    files = beside(tmp_path, protocol())
    one = protocol(gates={"smd": 0.2, "weight_share": 0.1})
    found = deviation(files, one)
    assert found["keys"] == ["gates.smd", "gates.weight_share"]
    (finding,) = deviation_findings(found, one)
    assert (
        "differs from the one approved with run TEST-STEPS/2025-02/1 in gates.smd, gates.weight_share; "
        in finding.message
    )
    assert finding.overridable
    other = protocol(gates={"smd": 0.3, "weight_share": 0.1})
    (second,) = deviation_findings(deviation(files, other), other)
    assert second.digest != finding.digest
    many = protocol(
        seed=8, title="B", sponsor="C", version="2", phase="I", gates={"smd": 0.2, "weight_share": 0.1}
    )
    (third,) = deviation_findings(deviation(files, many), many)
    assert "and 2 more; sign" in third.message


def test_a_key_that_is_new_to_medicore_is_no_change_at_its_default(tmp_path: Path) -> None:
    """An approved protocol of before imputation could be planned is not changed by its default."""
    files = beside(tmp_path, protocol())
    stored = json.loads(files.read(APPROVED))
    del stored["protocol"]["imputation"]
    files.write(APPROVED, document(stored))
    assert deviation(files, protocol())["keys"] == []


def test_an_approved_protocol_that_is_none_any_more_is_compared_as_it_was(tmp_path: Path) -> None:
    """Where today's MediCore cannot read the approved protocol, its unknown key is a change."""
    files = beside(tmp_path, protocol())
    stored = json.loads(files.read(APPROVED))
    stored["protocol"]["forgotten"] = 1
    files.write(APPROVED, document(stored))
    assert deviation(files, protocol())["keys"] == ["forgotten"]


def test_a_plan_for_the_looks_is_a_change_of_an_approved_protocol_that_had_none(tmp_path: Path) -> None:
    """The approved protocol of before there were looks is read, and the new plan alone is what a person signs."""
    files = beside(tmp_path, protocol())
    stored = json.loads(files.read(APPROVED))
    del stored["protocol"]["monitoring"]
    files.write(APPROVED, document(stored))
    assert deviation(files, protocol())["keys"] == ["monitoring"]
