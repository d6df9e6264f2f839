"""Layout: copies a report, signed or not, and its tables to where people read them."""

import json

from medicore.cases.review.review import proved_approvals
from medicore.cases.review.signed_report import signed_report
from medicore.cases.run.histories import history_of
from medicore.cases.run.runs import ActiveRun
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.results.result_tables import result_tables
from medicore.settings import Settings
from medicore.stores.files import write_atomically


def lay_out_signed_report(settings: Settings, house: House, run: RunId) -> str:
    """Copy a run's signed report to where people read it, and return its address; empty when it is not released."""
    history = history_of(house, run)
    if history.release is None:
        return ""
    path = (
        settings.home / "reports" / run.study / run.month / f"{run.study}_{run.month}_{run.number}.signed.pdf"
    )
    write_atomically(path, signed_report(house, proved_approvals(house, history)))
    return path.as_uri()


def lay_out_report(settings: Settings, active: ActiveRun) -> str:
    """Copy a run's report, and its tables, to where people read them; return its address, empty when there is none."""
    if not active.files.exists("report.pdf"):
        return ""
    run = active.id
    path = settings.home / "reports" / run.study / run.month / f"{run.study}_{run.month}_{run.number}.pdf"
    write_atomically(path, active.files.read("report.pdf"))
    tables = result_tables(json.loads(active.files.read("results.json")))
    for name, data in tables.items():
        write_atomically(path.with_name(f"{path.stem}_tables") / name, data)
    return path.as_uri()
