"""rendition: the sources of a sealed record's report or evidence report in HTML, each read from the record and proved."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from medicore.cases.run.histories import history_of
from medicore.cases.run.recorded_code import recorded_code
from medicore.cases.run.stored import file_entry, read_provenance, stored_file
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.canonical import document
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory
from medicore.records.protocol.parsing import parse_recorded
from medicore.steps.evidence import TEMPLATE as EVIDENCE_PAGE
from medicore.steps.evidence import evidence_run
from medicore.steps.report import printed_inputs, run_document
from medicore.steps.way import EVIDENCE

_TEMPLATE = "quarto_templates"
_REPORT = ("results.json", "report.pdf")


@dataclass(frozen=True, slots=True)
class RenditionSources:
    """The files of the record's own ``template``, the ``inputs`` for its rendering, and the ``page`` that takes them."""

    template: Mapping[str, bytes]
    inputs: Mapping[str, bytes]
    page: str = ""


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
    if not _holds(house, run, sealed, _REPORT):
        outcome = read_provenance(house, run, sealed)["outcome"]
        raise ProtocolError(
            f"{run} was sealed as {outcome}, without a report; expected a run with one; name another"
        )
    return _sources(house, history, sealed, _REPORT)


def evidence_sources(house: House, run: RunId) -> RenditionSources | None:
    """Return the sources for a rendition of the evidence report of a run's last halt; None where it has none.

    ``rendition.json`` also names the two files of the evidence. Raises IntegrityError when no copy of a file is the recorded
    one.
    """
    history = history_of(house, run)
    commits = [sealing.commit for sealing in history.sealings[::-1]]
    halted = next((commit for commit in commits if _holds(house, run, commit, EVIDENCE.outputs)), None)
    return None if halted is None else _sources(house, history, halted, EVIDENCE.outputs)


def page_sources(house: House, run: RunId, *, evidence: bool) -> RenditionSources:
    """Return the sources for the rendition that is asked for: of the evidence report, where the run waits at its halt too.

    Raises
    ------
    ProtocolError
        When the run has no such report.
    IntegrityError
        When no copy of a file is the recorded one.
    """
    halted = _holds(house, run, history_of(house, run).sealed_commit, EVIDENCE.outputs)
    found = evidence_sources(house, run) if evidence or halted else rendition_sources(house, run)
    if found is None:
        raise ProtocolError(f"{run} has no evidence report; expected a run that halted; leave out --evidence")
    return found


def _holds(house: House, run: RunId, commit: str, names: Collection[str]) -> bool:
    held = {entry["name"] for entry in read_provenance(house, run, commit)["files"]}
    return set(names) <= held


def _sources(house: House, history: RunHistory, sealed: str, names: tuple[str, ...]) -> RenditionSources:
    """Return the sources of the report in the record at ``sealed``, of whose ``names`` the first holds its numbers."""
    run, (told, pdf), halted = history.run, names, names == EVIDENCE.outputs
    provenance = read_provenance(house, run, sealed)
    contents, protocol = (stored_file(house, run, sealed, name) for name in (told, "protocol.json"))
    released = None if halted else history.release
    of = {
        "state": str(history.state),
        "record_commit": sealed if released is None else released.commit,
        "results_sha256": file_entry(provenance, told)["sha256"],
        "report_sha256": file_entry(provenance, pdf)["sha256"],
        **({"results": told, "report": pdf} if halted else {}),
    }
    inputs = {
        told: contents,
        "protocol.json": protocol,
        "run.json": document(_run(provenance, protocol, halted=halted)),
        "rendition.json": document(of),
    }
    code = recorded_code(house, sealed)
    template = {name: code.read(f"{_TEMPLATE}/{name}") for name in code.names(_TEMPLATE)}
    return RenditionSources(template, inputs, EVIDENCE_PAGE if halted else "")


def _run(provenance: Mapping[str, Any], protocol: bytes, *, halted: bool) -> dict[str, Any]:
    """Return the ``run.json`` with which the report of record was made, from the provenance."""
    kept = {entry["name"]: entry for entry in provenance["files"]}
    lock = [name for name in kept if name.startswith("lock/")]
    md5 = hashlib.md5(protocol, usedforsecurity=False).hexdigest()
    shown = [name for name in (*printed_inputs(lock), "protocol.json") if name in kept]
    parsed = parse_recorded(protocol.decode("utf-8"), "protocol.json")
    made = run_document(
        provenance["run"],
        parsed,
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
    return evidence_run(made, parsed) if halted else made
