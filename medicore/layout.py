"""Layout: copies a report, signed or not, its tables, and the evidence of a halt to where people read them."""

import json
from pathlib import Path

from medicore.cases.people.seeing import closed
from medicore.cases.review.review import proved_approvals
from medicore.cases.review.signed_report import signed_report
from medicore.cases.run.histories import history_of
from medicore.cases.run.stored import read_provenance, stored_file
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState
from medicore.records.results.result_tables import result_tables
from medicore.settings import Settings
from medicore.stores.files import write_atomically

_REPORT, _RESULTS, _EVIDENCE = "report.pdf", "results.json", "evidence.pdf"


def lay_out_signed_report(settings: Settings, house: House, run: RunId) -> str:
    """Copy a run's signed report to where people read it, and return its address; empty when it is not released or closed."""
    history = history_of(house, run)
    if history.release is None or closed(house, run.study) is not None:
        return ""
    path = _place(settings, run, ".signed.pdf")
    write_atomically(path, signed_report(house, proved_approvals(house, history)))
    return path.as_uri()


def lay_out_report(settings: Settings, house: House, run: RunId) -> str:
    """Copy a run's report, and its tables, to where people read them; return its address, empty when there is none.

    While a study is closed, nothing of it is copied. The report comes last: where it is, its tables are. Of a halted run it is the evidence report, copied each time:
    another halt has another one.

    Raises
    ------
    ConfigurationError
        When the disk does not take a file.
    IntegrityError
        When no copy of a file is the recorded one.
    """
    if closed(house, run.study) is not None:
        return ""
    made = _made(house, run)
    if made is None:
        return _lay_out_evidence(settings, house, run)
    report, results = made
    path = _place(settings, run, ".pdf")
    for name, data in result_tables(json.loads(results)).items():
        write_atomically(path.with_name(f"{path.stem}_tables") / name, data)
    write_atomically(path, report)
    return path.as_uri()


def _lay_out_evidence(settings: Settings, house: House, run: RunId) -> str:
    """Copy the evidence of a run that waits at findings, and return its address; empty when there is none."""
    history = history_of(house, run)
    commit = history.sealed_commit if history.state is RunState.HALTED else ""
    if not commit or all(
        entry["name"] != _EVIDENCE for entry in read_provenance(house, run, commit)["files"]
    ):
        return ""
    path = _place(settings, run, ".evidence.pdf")
    write_atomically(path, stored_file(house, run, commit, _EVIDENCE))
    return path.as_uri()


def report_for_people(settings: Settings, house: House, run: RunId) -> str:
    """Return the address of a run's report where people read it; it is copied there unless that was done before."""
    path = _place(settings, run, ".pdf")
    is_there = path.exists() and closed(house, run.study) is None
    return path.as_uri() if is_there else lay_out_report(settings, house, run)


def _made(house: House, run: RunId) -> tuple[bytes, bytes] | None:
    """Return report and results of a run, from its record, or from its work folder when it has none as an exploration."""
    sealings = history_of(house, run).sealings
    if not sealings:
        files = house.workspaces.files(run)
        return (files.read(_REPORT), files.read(_RESULTS)) if files.exists(_REPORT) else None
    commit = sealings[-1].commit
    if all(entry["name"] != _REPORT for entry in read_provenance(house, run, commit)["files"]):
        return None
    return stored_file(house, run, commit, _REPORT), stored_file(house, run, commit, _RESULTS)


def _place(settings: Settings, run: RunId, ending: str) -> Path:
    name = f"{run.study}_{run.month}_{run.number}{ending}"
    return settings.home / "reports" / run.study / run.month / name
