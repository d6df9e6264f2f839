"""handover: the results in the formats of other software come from the sealed record alone."""

import io
import json
import zipfile

import pytest

from medicore.cases.export.handover import FORMATS, handover_files
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import file_entry, read_document, read_provenance
from medicore.errors import IntegrityError, ProtocolError
from medicore.records.identifiers import RunId
from medicore.records.results.analysis_results import reporting_event
from medicore.records.results.result_tables import result_tables
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import BROKEN_RUN, SOUND_RUN

RUN = RunId.parse(SOUND_RUN)


def test_every_format_comes_from_the_record(released: WholeHouse) -> None:
    """Tables and analysis results are those of the sealed results; the same record gives the same bytes."""
    made = handover_files(released.house, RUN, FORMATS)
    commit = sealed_commit(released.house, RUN)
    results, protocol = (
        read_document(released.house, RUN, commit, f"{name}.json") for name in ("results", "protocol")
    )
    assert {name: made[name] for name in made if name.endswith(".csv")} == result_tables(results)
    assert json.loads(made["analysis-results.json"]) == reporting_event(SOUND_RUN, results, protocol)
    assert handover_files(released.house, RUN, FORMATS) == made


def test_the_workbook_names_its_record(released: WholeHouse) -> None:
    """Run, state, commit of the release and SHA-256 of the results are on the first sheet."""
    made = handover_files(released.house, RUN, ("xlsx",))
    provenance = read_provenance(released.house, RUN, sealed_commit(released.house, RUN))
    assert list(made) == ["tables.xlsx"]
    with zipfile.ZipFile(io.BytesIO(made["tables.xlsx"])) as packed:
        first = packed.read("xl/worksheets/sheet1.xml").decode()
    for fact in (
        SOUND_RUN,
        str(released.history(RUN).state),
        released.records.resolve(f"record/{RUN}"),
        file_entry(provenance, "results.json")["sha256"],
    ):
        assert f">{fact}<" in first


def test_a_run_without_sealed_results_is_refused(month: WholeHouse) -> None:
    """What is not sealed, and what ended without results, is handed to nobody."""
    for run in (BROKEN_RUN, f"{RUN.study}/2031-01/1"):
        with pytest.raises(ProtocolError):
            handover_files(month.house, RunId.parse(run), FORMATS)


def test_results_that_are_not_the_recorded_ones_are_refused(month: WholeHouse) -> None:
    """A changed results file gives no table."""
    commit = sealed_commit(month.house, RUN)
    month.records.spoil(commit, f"{RUN.folder}/results.json", b"{}")
    with pytest.raises(IntegrityError, match=r"results\.json"):
        handover_files(month.house, RUN, FORMATS)
