"""Closed results in the console: who may see them signs once for each run and session; all others are refused."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from medicore.cases.answers.shown import shown_findings
from medicore.cases.answers.status import line_of, shown_line, whole_line
from medicore.cases.people.seeing import Viewer, closed, permitted, require_seen
from medicore.console.console import console_of, redirect, run_of, session_of
from medicore.console.protection import local
from medicore.errors import MediCoreError, ReviewError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory


def closed_page(request: Request, house: House, run: RunId, what: str) -> Response | None:
    """Return the page instead of one that shows results of a run; None where the person may see them now.

    Who may see closed results is asked for their passphrase first; who may not is refused, and that is in the ledger.
    """
    if _is_open(request, house, run):
        return None
    person = session_of(request).person
    if permitted(house, run.study, person):
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return _form(request, run, back if request.method == "GET" else f"/runs/{run}/panel", "", 403)
    try:
        require_seen(house, [run], Viewer(person.identifier, lambda _: ""), what)
    except ReviewError as error:
        return console_of(request).page(
            request, "in_frame.html", 403, title="These results are closed", message=str(error)
        )
    return None


def see(request: Request) -> Response:
    """Sign that the person looks at a run's closed results, and lead to the page that they asked for."""
    console, run, form = console_of(request), run_of(request), request.state.form
    session, back = session_of(request), local(form.get("back", f"/runs/{run}"))
    viewer = Viewer(session.person.identifier, lambda _: form.get("passphrase", ""))
    try:
        require_seen(console.open_house(), [run], viewer, "console")
    except MediCoreError as error:
        return _form(request, run, back, str(error), 403)
    session.looked.add(str(run))
    return redirect(back)


def line_for(request: Request, house: House, history: RunHistory) -> dict[str, Any]:
    """Return the line of a run as the person of a session may see it."""
    if _is_open(request, house, history.run):
        return shown_line(whole_line(house, history), None)
    return line_of(house, history)


def findings_for(request: Request, house: House, history: RunHistory) -> list[Mapping[str, Any]]:
    """Return the findings at which a run stopped, each as the person of a session may see it."""
    stored = [finding.stored for finding in history.findings]
    return (
        [*stored]
        if _is_open(request, house, history.run)
        else [*shown_findings(house, history.run.study, stored)]
    )


def _is_open(request: Request, house: House, run: RunId) -> bool:
    return str(run) in session_of(request).looked or closed(house, run.study) is None


def _form(request: Request, run: RunId, back: str, message: str, status: int) -> Response:
    return console_of(request).page(request, "closed.html", status, run=str(run), back=back, message=message)
