"""handover: the results of a sealed record in the formats of other software, proved before they are written."""

from collections.abc import Callable, Mapping
from typing import Any

from medicore.cases.run.histories import history_of
from medicore.cases.run.seal import read_results
from medicore.cases.run.stored import file_entry, read_document, read_provenance
from medicore.ports.house import House
from medicore.records.canonical import document
from medicore.records.handover.dataset import results_dataset
from medicore.records.handover.define import define_xml
from medicore.records.handover.exchange import dataset_json
from medicore.records.handover.results_workbook import results_workbook
from medicore.records.handover.source import Source
from medicore.records.handover.transport import transport_file
from medicore.records.identifiers import RunId
from medicore.records.results.analysis_results import reporting_event
from medicore.records.results.result_tables import result_tables

_RESULTS = "results.json"
_Document = Mapping[str, Any]


def handover_files(house: House, run: RunId, formats: tuple[str, ...]) -> dict[str, bytes]:
    """Return the results of a sealed run in ``formats`` (of ``FORMATS``), by file name; nothing is computed again.

    The same record in the same state gives the same bytes.

    Raises
    ------
    ProtocolError
        When the run has no sealed record, or a record without results.
    DataError
        When a format cannot hold a table or a text.
    IntegrityError
        When no copy of a file is the recorded one.
    """
    history = history_of(house, run)
    sealed = history.sealed_commit
    results = read_results(house, run, sealed).document
    protocol = read_document(house, run, sealed, "protocol.json")
    provenance = read_provenance(house, run, sealed)
    source = Source(
        run=str(run),
        study=run.study,
        title=str(results["study"]["title"]),
        protocol_version=str(results["study"]["protocol_version"]),
        state=str(history.state),
        record_commit=sealed if history.release is None else history.release.commit,
        results_sha256=file_entry(provenance, _RESULTS)["sha256"],
        sealed_at=str(provenance["sealed_at"]),
    )
    return {name: data for one in formats for name, data in _WRITERS[one](source, results, protocol).items()}


def _csv(_: Source, results: _Document, __: _Document) -> dict[str, bytes]:
    return result_tables(results)


def _xlsx(source: Source, results: _Document, _: _Document) -> dict[str, bytes]:
    return {"tables.xlsx": results_workbook(source, results)}


def _dataset_json(source: Source, results: _Document, _: _Document) -> dict[str, bytes]:
    dataset = results_dataset(source, results)
    return {
        "dataset-json/results.json": dataset_json(source, dataset, "define.xml"),
        "dataset-json/define.xml": define_xml(source, dataset, "results.json"),
    }


def _xpt(source: Source, results: _Document, _: _Document) -> dict[str, bytes]:
    dataset = results_dataset(source, results)
    return {
        "xpt/results.xpt": transport_file(source, dataset),
        "xpt/define.xml": define_xml(source, dataset, "results.xpt"),
    }


def _ars(source: Source, results: _Document, protocol: _Document) -> dict[str, bytes]:
    return {"analysis-results.json": document(reporting_event(source.run, results, protocol))}


_WRITERS: Mapping[str, Callable[[Source, _Document, _Document], dict[str, bytes]]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "dataset-json": _dataset_json,
    "xpt": _xpt,
    "ars": _ars,
}

FORMATS = tuple(_WRITERS)
"""The names of the formats, in the order in which their files are written."""
