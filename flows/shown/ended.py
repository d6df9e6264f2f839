"""What people see after a run has ended: its report, a notice, and artifacts in Prefect; other runs may start by then."""

from flows.shown import notices
from flows.shown.afterwards import REPORT_MISSING, afterwards
from flows.shown.artifacts import show_findings, show_results
from flows.shown.assets import made_by, materialise, of_archive, of_record
from medicore.cases.answers.shown import shown_outcome
from medicore.cases.people.seeing import closed
from medicore.cases.run.analysis import Outcome
from medicore.cases.run.histories import history_of
from medicore.cases.run.runs import ActiveRun
from medicore.cases.run.seal import read_results
from medicore.layout import lay_out_report
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.settings import Settings

_NOT_TOLD = "no message was sent to the address of 'notify'; 'medicore status' shows where the run stands"
_NOT_SHOWN = "Prefect does not show its end; 'medicore status' does"


def publish(settings: Settings, house: House, active: ActiveRun, outcome: Outcome) -> None:
    """Copy a run's report, send a notice of its state, and show its findings or results in Prefect.

    None of this changes how the run ended, and nobody who works on the study waits for it.
    """
    run, report = active.id, ""
    page = f"{settings.console}/runs/{run}" if settings.console else ""
    with afterwards(run, REPORT_MISSING):
        report = lay_out_report(settings, house, run)
    with afterwards(run, _NOT_TOLD):
        notices.ended(settings, house, run)
    with afterwards(run, _NOT_SHOWN):
        if outcome.commit:
            record = {"commit": outcome.commit, "tag": active.tag, "state": outcome.state}
            materialise("record", of_record(run), made_by(active), record)
        if outcome.findings:
            show_findings(outcome.run, shown_outcome(house, outcome).findings, page)
        if outcome.state == "candidate" and not active.exploratory:
            results = read_results(house, run, outcome.commit)
            closure = closed(house, run.study)
            until = None if closure is None else closure.until
            show_results(
                outcome.run, results, page or report, f"{active.tag}, commit {outcome.commit}", until
            )


def publish_decided(settings: Settings, house: House, run: RunId) -> None:
    """Send a notice of a run that a decision released or closed, and show its archived record in Prefect."""
    with afterwards(run, _NOT_TOLD):
        notices.ended(settings, house, run)
    with afterwards(run, _NOT_SHOWN):
        for archiving in history_of(house, run).archivings:
            materialise("archive", of_archive(run), [of_record(run)], archiving.event.details)
