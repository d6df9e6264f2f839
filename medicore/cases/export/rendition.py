"""rendition: the sources of a sealed record's report in HTML, each read from the record and proved."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medicore.cases.run.histories import history_of
from medicore.cases.run.stored import file_entry, read_provenance, stored_file
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.canonical import document
from medicore.records.identifiers import RunId
from medicore.records.protocol.parsing import parse_recorded
from medicore.steps.report import printed_inputs, run_document

_TEMPLATE = "quarto_templates"
_RESULTS, _PDF = "results.json", "report.pdf"


@dataclass(frozen=True, slots=True)
class RenditionSources:
    """The files of the record's own ``template``, and the ``inputs`` for its rendering."""

    template: Mapping[str, bytes]
    inputs: Mapping[str, bytes]


def rendition_sources(house: House, run: RunId) -> RenditionSources:
    """Return the sources for a rendition of a sealed run's report; nothing is computed again.

    ``rendition.json`` names the record: its state now, its commit, and the SHA-256 of the results and of the PDF.

    Raises
    ------
    ProtocolError
        When the run has no sealed record, or a record without a report.
    IntegrityError
        When no copy of a file is the recorded one.
    """
    history = history_of(house, run)
    sealed = history.sealed_commit
    provenance = read_provenance(house, run, sealed)
    if not any(entry["name"] == _PDF for entry in provenance["files"]):
        raise ProtocolError(
            f"{run} was sealed as {provenance['outcome']}, without a report; expected a run with one; name another"
        )
    results, protocol = (stored_file(house, run, sealed, name) for name in (_RESULTS, "protocol.json"))
    of = {
        "state": str(history.state),
        "record_commit": sealed if history.release is None else history.release.commit,
        "results_sha256": file_entry(provenance, _RESULTS)["sha256"],
        "report_sha256": file_entry(provenance, _PDF)["sha256"],
    }
    inputs = {
        _RESULTS: results,
        "protocol.json": protocol,
        "run.json": document(_run(provenance, protocol)),
        "rendition.json": document(of),
    }
    names = house.records.names(sealed, _TEMPLATE)
    template = {name: house.records.read(sealed, f"{_TEMPLATE}/{name}") for name in names}
    return RenditionSources(template, inputs)


def _run(provenance: Mapping[str, Any], protocol: bytes) -> dict[str, Any]:
    """Return the ``run.json`` with which the report of record was made, from the provenance."""
    kept = {entry["name"]: entry for entry in provenance["files"]}
    lock = [name for name in kept if name.startswith("lock/")]
    md5 = hashlib.md5(protocol, usedforsecurity=False).hexdigest()
    shown = [*printed_inputs(lock), "protocol.json"]
    return run_document(
        provenance["run"],
        parse_recorded(protocol.decode("utf-8"), "protocol.json"),
        renderer=provenance["renderer"],
        libraries=provenance["environment"],
        files=[
            {
                "name": name,
                "sha256": kept[name]["sha256"],
                "md5": kept[name]["md5"] or md5,
                "size": kept[name]["size"],
            }
            for name in sorted(shown)
        ],
    )
