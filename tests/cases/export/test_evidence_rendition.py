"""rendition of an evidence report: from the record of the halt alone, also when the run has continued since."""

import json
from datetime import datetime

import pytest

from medicore.cases.export.rendition import evidence_sources, page_sources, rendition_sources
from medicore.cases.run.stored import file_entry, read_provenance, stored_file
from medicore.errors import ProtocolError
from medicore.records.identifiers import RunId
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import BROKEN_RUN, FAILED_RUN, SOUND_RUN, WAITING_RUN

WAITS = RunId.parse(WAITING_RUN)


def test_a_halt_is_rendered_from_its_record(month: WholeHouse) -> None:
    """Its inputs are those with which the PDF of record was made; files of steps that it had not reached are not listed."""
    for name in (WAITING_RUN, BROKEN_RUN):
        run, commit = RunId.parse(name), month.history(name).sealed_commit
        found = page_sources(month.house, run, evidence=False)
        provenance = read_provenance(month.house, run, commit)
        assert found.page == "evidence_report.qmd"
        assert found.inputs["evidence.json"] == stored_file(month.house, run, commit, "evidence.json")
        of, shown = (json.loads(found.inputs[file]) for file in ("rendition.json", "run.json"))
        assert (of["results"], of["report"], of["record_commit"]) == ("evidence.json", "evidence.pdf", commit)
        assert of["report_sha256"] == file_entry(provenance, "evidence.pdf")["sha256"]
        assert (shown["status"], shown["kind"]) == ("evidence", "Evidence report")
        made = {file: data for file, data in found.inputs.items() if file != "rendition.json"}
        created = datetime.fromisoformat(shown["requested_at"])
        again = month.house.renderer("quick").render(str(month.root / "quarto_templates"), made, created)
        assert again == stored_file(month.house, run, commit, "evidence.pdf")
        held = {entry["name"] for entry in provenance["files"]}
        listed = {entry["name"] for entry in shown["files"]}
        assert listed < held
        assert ("scores.parquet" in listed) is (name == WAITING_RUN)


def test_a_run_that_continued_has_both(month: WholeHouse) -> None:
    """After a decision to proceed the report is rendered, and the evidence report where it is asked for."""
    before = page_sources(month.house, WAITS, evidence=False)
    month.proceed(WAITING_RUN)
    assert page_sources(month.house, WAITS, evidence=False) == rendition_sources(month.house, WAITS)
    after = evidence_sources(month.house, WAITS)
    assert after is not None
    assert {name for name in before.inputs if before.inputs[name] != after.inputs[name]} == {"rendition.json"}
    assert page_sources(month.house, WAITS, evidence=True) == after


def test_what_never_halted_has_no_evidence_to_render(month: WholeHouse) -> None:
    """A completed run and a failed one are refused, each by what they lack."""
    with pytest.raises(
        ProtocolError, match=f"{SOUND_RUN} has no evidence report; expected a run that halted"
    ):
        page_sources(month.house, RunId.parse(SOUND_RUN), evidence=True)
    with pytest.raises(ProtocolError, match="was sealed as failed, without a report"):
        page_sources(month.house, RunId.parse(FAILED_RUN), evidence=False)
