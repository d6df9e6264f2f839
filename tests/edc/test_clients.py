"""Clients that nobody here wrote read a study from the simulated EDC: rwslib for Rave, PyCap for REDCap."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from redcap import Project, RedcapError
from rwslib import RWSConnection
from rwslib.rws_requests import (
    ClinicalStudiesRequest,
    StudyDatasetRequest,
    StudySubjectsRequest,
    VersionRequest,
)
from rwslib.rws_requests.biostats_gateway import FormDataRequest
from rwslib.rws_requests.odm_adapter import AuditRecordsRequest
from rwslib.rwsobjects import RWSException

from medicore.edc.simulated.served import project_number
from medicore.edc.simulated.simulator import deliver
from medicore.records.delivery.delimited import TextTable, read_delimited
from medicore.records.delivery.odm import read_odm
from tests.edc.interfaces import TOKEN, Interfaces, simulated

STUDY, MONTH = "MED-2024-0251", "2025-01"


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inbox with one delivery of 900 subjects."""
    root = tmp_path_factory.mktemp("inbox")
    deliver(STUDY, MONTH, root / STUDY / MONTH)
    return root


@pytest.fixture
def interfaces(inbox: Path) -> Iterator[Interfaces]:
    """The simulated EDC without faults."""
    with simulated(inbox, STUDY, MONTH) as opened:
        yield opened


@pytest.fixture
def delivered(inbox: Path) -> TextTable:
    """The table of the delivery itself."""
    return read_delimited((inbox / STUDY / MONTH / "raw" / "subjects.csv").read_bytes(), "x")


def rave(interfaces: Interfaces, password: str = TOKEN) -> RWSConnection:
    """Return a connection of rwslib."""
    return RWSConnection(interfaces.address, "user", password)


def test_rwslib_reads_the_clinical_view(interfaces: Interfaces, delivered: TextTable) -> None:
    """The CSV that rwslib gets has every subject as delivered, and ends with its marker."""
    text = rave(interfaces).send_request(
        FormDataRequest(STUDY, "Prod", "regular", "SUBJECTS", dataset_format="csv")
    )
    *rows, last = csv.reader(io.StringIO(text, newline=""))
    assert last == ["EOF"]
    assert rows[0] == ["projectid", "environmentName", *delivered.columns]
    assert [tuple(row[2:]) for row in rows[1:]] == list(delivered.rows)


def test_rwslib_reads_the_study(interfaces: Interfaces, delivered: TextTable) -> None:
    """Version, studies, subjects and ODM are what rwslib expects of Rave."""
    connection = rave(interfaces)
    assert connection.send_request(VersionRequest()) == "1.18.0"
    (listed,) = connection.send_request(ClinicalStudiesRequest())
    assert (listed.oid, listed.protocolname, listed.environment) == (f"{STUDY}(Prod)", STUDY, "Prod")
    subjects = connection.send_request(StudySubjectsRequest(STUDY, "Prod"))
    assert [subject.subjectkey for subject in subjects] == list(delivered.column("subject_id"))
    odm = connection.send_request(StudyDatasetRequest(STUDY, "Prod", formoid="SUBJECTS"))
    assert read_odm(odm.encode(), "x").table.column("subject_id") == delivered.column("subject_id")


def test_rwslib_follows_the_audit_records(interfaces: Interfaces, delivered: TextTable) -> None:
    """The link of each page leads rwslib to the next, as it does ours, until every subject's record was seen."""
    connection = rave(interfaces)
    start: str | None = "0"
    seen = 0
    while start is not None:
        text = connection.send_request(AuditRecordsRequest(STUDY, "Prod", startid=int(start), per_page=400))
        seen += text.count("<AuditRecord>")
        link = connection.last_result.links.get("next", {}).get("url", "")
        start = link.partition("startid=")[2].partition("&")[0] or None
    assert seen == len(delivered.rows)


def test_rwslib_understands_the_refusals(interfaces: Interfaces) -> None:
    """A wrong password and an unknown study are the errors that rwslib knows of Rave."""
    with pytest.raises(RWSException, match="Incorrect login"):
        rave(interfaces, "wrong").send_request(ClinicalStudiesRequest())
    with pytest.raises(RWSException, match="Study not found"):
        rave(interfaces).send_request(FormDataRequest("OTHER", "Prod", "regular", "SUBJECTS"))


def test_pycap_reads_the_project(interfaces: Interfaces, delivered: TextTable) -> None:
    """PyCap finds identifier, dictionary, forms, version and every record as delivered."""
    project = Project(f"{interfaces.address}/redcap/{STUDY}/api/", TOKEN)
    assert project.def_field == "subject_id"
    assert project.field_names == list(delivered.columns)
    assert project.forms == ["subjects"]
    assert str(project.export_version()) == "14.5.5"
    assert project.export_project_info()["project_id"] == project_number(STUDY)
    records = project.export_records()
    assert [tuple(record[name] for name in delivered.columns) for record in records] == list(delivered.rows)
    assert {record["subjects_complete"] for record in records} == {"2"}
    chosen = delivered.column("subject_id")[3:5]
    some = project.export_records(records=list(chosen), fields=["arm"])
    assert [record["subject_id"] for record in some] == list(chosen)


def test_pycap_reads_csv(interfaces: Interfaces, delivered: TextTable) -> None:
    """The same records as comma-separated values."""
    text = Project(f"{interfaces.address}/redcap/{STUDY}/api/", TOKEN).export_records(format_type="csv")
    assert len(list(csv.reader(io.StringIO(text, newline="")))) == len(delivered.rows) + 1


def test_pycap_understands_the_refusal(interfaces: Interfaces) -> None:
    """A token without a project is the error that PyCap knows of REDCap."""
    project = Project(f"{interfaces.address}/redcap/{STUDY}/api/", "B" * 32)
    with pytest.raises(RedcapError, match="do not have permissions"):
        project.export_metadata()
