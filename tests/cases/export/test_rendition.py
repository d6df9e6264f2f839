"""rendition: what the report in HTML is made of comes from the record alone, with the record's own template."""

import json

import pytest

from medicore.cases.export.rendition import rendition_sources
from medicore.cases.run.runs import reopen, sealed_commit
from medicore.cases.run.stored import file_entry, read_provenance, stored_file
from medicore.errors import IntegrityError, ProtocolError
from medicore.records.identifiers import RunId
from tests.whole_house.content import md5
from tests.whole_house.house import WholeHouse
from tests.whole_house.renderer import PAGE, TEMPLATE
from tests.whole_house.study import (
    BROKEN_RUN,
    SOUND,
    SOUND_RUN,
)

RUN = RunId.parse(SOUND_RUN)


def test_the_sources_are_the_records_own(released: WholeHouse) -> None:
    """Template, results and protocol are those of the record, whatever the checkout holds now."""
    (released.root / "quarto_templates" / PAGE).write_text("another template")
    released.commit("Another template")
    found = rendition_sources(released.house, RUN)
    commit = sealed_commit(released.house, RUN)
    assert found.template == {PAGE: TEMPLATE.encode()}
    for name in ("results.json", "protocol.json"):
        assert found.inputs[name] == stored_file(released.house, RUN, commit, name)


def test_it_names_the_record_of_which_it_is_a_rendition(month: WholeHouse, released: WholeHouse) -> None:
    """The commit is that of the release where there is one; the digests are those of results and report of record."""
    states = (month, "run", "sealed, awaiting approval"), (released, "record", "archived")
    for whole, kind, state in states:
        commit = sealed_commit(whole.house, RUN)
        provenance = read_provenance(whole.house, RUN, commit)
        assert json.loads(rendition_sources(whole.house, RUN).inputs["rendition.json"]) == {
            "state": state,
            "record_commit": whole.records.resolve(f"{kind}/{RUN}"),
            "results_sha256": file_entry(provenance, "results.json")["sha256"],
            "report_sha256": file_entry(provenance, "report.pdf")["sha256"],
        }


def test_the_run_is_described_as_its_report_was_made_with(month: WholeHouse) -> None:
    """Identity, renderer, libraries and digests of the inputs are those with which the report of record was rendered."""
    run = json.loads(rendition_sources(month.house, RUN).inputs["run.json"])
    identity = reopen(month.house, month.history(RUN), fence=0).identity
    assert {key: run[key] for key in identity if key not in {"record_tag", "renderer"}} == {
        key: value for key, value in identity.items() if key not in {"record_tag", "renderer"}
    }
    assert run["record_tag"] == f"run/{RUN}"
    assert run["renderer"] == dict(month.house.renderer("quick").identity)
    files = month.house.workspaces.files(RUN)
    assert {entry["name"]: (entry["md5"], entry["size"]) for entry in run["files"]} == {
        name: (md5(files.read(name)), len(files.read(name)))
        for name in (
            "analysis.parquet", "disposition.parquet", "extract.parquet", "lock/looks.json", "lock/raw/subjects.csv", "lock/transfer.json",
            "protocol.json", "scores.parquet",
        )
    }  # fmt: skip


def test_what_has_no_report_has_no_rendition(month: WholeHouse) -> None:
    """A run that halted before its report, and one without a record, are refused."""
    with pytest.raises(ProtocolError, match=f"{BROKEN_RUN} was sealed as halted, without a report"):
        rendition_sources(month.house, RunId.parse(BROKEN_RUN))
    with pytest.raises(ProtocolError, match="has no sealed record"):
        rendition_sources(month.house, RunId(SOUND, "2025-03", 99))


def test_results_that_are_not_the_recorded_ones_are_not_rendered(month: WholeHouse) -> None:
    """A changed results file makes no rendition."""
    commit = sealed_commit(month.house, RUN)
    month.records.spoil(commit, f"{RUN.folder}/results.json", b"{}")
    with pytest.raises(IntegrityError, match=r"results\.json"):
        rendition_sources(month.house, RUN)
