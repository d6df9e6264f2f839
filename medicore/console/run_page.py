"""The page of a run: its report with numbers that can be clicked, beside it a panel with what people do about it."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from medicore.cases.review.namesakes import namesakes
from medicore.cases.review.returning import returns_of
from medicore.cases.review.review import (
    answered_findings,
    next_step,
    proved_approvals,
    standing_decisions,
)
from medicore.cases.review.signed_report import signed_report
from medicore.cases.run.decisions import decision_digests
from medicore.cases.run.histories import history_of
from medicore.cases.run.stored import stored_file
from medicore.console.console import console_of, redirect, run_of, session_of
from medicore.console.deciders import FITTING, meanings_for
from medicore.console.protection import REPORT_POLICY
from medicore.console.seeing import closed_page, findings_for, line_for
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.states import RunState
from medicore.records.people.people import Person

_PDF = {RunState.HALTED: "evidence.pdf"}


def run_page(request: Request) -> Response:
    """Show report and panel side by side; a path, reference or number in ``at`` or ``text`` opens its origin at once."""
    console, run = console_of(request), run_of(request)
    history = history_of(console.open_house(), run)
    wanted = {name: request.query_params[name] for name in ("at", "text") if name in request.query_params}
    return console.page(
        request,
        "run.html",
        run=str(run),
        state=history.state.value,
        panel=f"/runs/{run}/number?{urlencode(wanted)}" if wanted else f"/runs/{run}/panel",
        released=history.release is not None,
        sealed=bool(history.sealings),
    )


def report(request: Request) -> Response:
    """Show the report in HTML, each number a link."""
    console, run = console_of(request), run_of(request)
    house = console.open_house()
    if (closed := closed_page(request, house, run, "report")) is not None:
        return closed
    try:
        made = console.rendition(house, run)
    except ProtocolError as error:
        return console.page(request, "in_frame.html", title="No report", message=str(error))
    return Response(
        made, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": REPORT_POLICY}
    )


def pdf(request: Request) -> Response:
    """Give the PDF of a run: its report, or the evidence of its halt, as it was sealed."""
    house, run = console_of(request).open_house(), run_of(request)
    if (closed := closed_page(request, house, run, "PDF")) is not None:
        return closed
    history = history_of(house, run)
    name = _PDF.get(history.state, "report.pdf")
    return _file(stored_file(house, run, history.sealed_commit, name), run, name)


def signed_pdf(request: Request) -> Response:
    """Give the signed PDF of a released run."""
    house, run = console_of(request).open_house(), run_of(request)
    if (closed := closed_page(request, house, run, "signed PDF")) is not None:
        return closed
    history = history_of(house, run)
    if history.release is None:
        raise ProtocolError(f"{run} is {history.state}; expected one that was released; see its findings")
    return _file(signed_report(house, proved_approvals(house, history)), run, "report.signed.pdf")


def panel(request: Request) -> Response:
    """Show where the run stands, its findings and decisions, and what the person who looks can do about it."""
    console, run = console_of(request), run_of(request)
    house = console.open_house()
    history = history_of(house, run)
    return console.page(
        request,
        "panel.html",
        run=str(run),
        line=line_for(request, house, history),
        **_decided(request, house, history),
        returned=returns_of(house, history),
        approvals=(_approvals(house, history), history.request.approvals),
        busy=console.following.busy(run),
        trouble=console.following.trouble(run),
        warnings=dict(namesakes(house, history)),
    )


def _approvals(house: House, history: RunHistory) -> int:
    """Return how many people have approved a run that waits for approval."""
    if history.state is not RunState.SEALED:
        return 0
    return len({statement.signer for statement, _ in proved_approvals(house, history)})


def follow(request: Request) -> Response:
    """Carry out the signed decisions on a run, as after an interruption."""
    run = run_of(request)
    console_of(request).following.begin(run)
    return redirect(f"/runs/{run}/panel")


def _decided(request: Request, house: House, history: RunHistory) -> dict[str, Any]:
    """Return findings with their answers, what comes next, and the meanings that the person may sign."""
    if history.state not in FITTING:
        return {"findings": [], "next": None, "meanings": [], "digests": {}, "why_not": ""}
    standing, person = standing_decisions(house, history), session_of(request).person
    answered, meanings = answered_findings(standing), _meanings(history, person)
    step, about = next_step(history, standing)
    findings = [
        {
            **told,
            "overridable": finding.overridable,
            "answered": None
            if finding.digest not in answered
            else {
                "by": answered[finding.digest][0].printed_name,
                "at": answered[finding.digest][1].at,
                "reason": answered[finding.digest][0].reason if told["digest"] else "closed",
                "event": answered[finding.digest][1].sequence,
            },
        }
        for told, finding in zip(findings_for(request, house, history), history.findings, strict=True)
        if history.state is RunState.HALTED
    ]
    return {
        "findings": findings,
        "next": (step, about),
        "meanings": [] if step == "follow" else meanings,
        "why_not": "" if meanings else _why_not(history, person),
        "digests": decision_digests(house, history.run, history.sealed_commit),
    }


def _meanings(history: RunHistory, person: Person) -> tuple[str, ...]:
    """Return what the person may sign on the run."""
    return tuple(meaning.value for meaning in meanings_for(person, history.state, history.request.requester))


def _why_not(history: RunHistory, person: Person) -> str:
    """Return why the person may sign nothing on the run."""
    if history.request.requester == person.identifier:
        return "You requested this run; somebody else decides on it."
    return f"The role {person.role.value} signs no decisions."


def _file(data: bytes, run: RunId, name: str) -> Response:
    shown = f"{run.study}_{run.month}_{run.number}_{name}"
    return Response(
        data, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{shown}"'}
    )
