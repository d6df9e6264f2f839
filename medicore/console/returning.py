"""Returning: a reviewer returns a run with comments, signed with the passphrase of their own key."""

from starlette.requests import Request
from starlette.responses import Response

from medicore.cases.review.returning import return_run
from medicore.cases.run.histories import history_of
from medicore.console.console import actor_of, console_of, redirect, run_of, status_of
from medicore.errors import MediCoreError


def show(request: Request) -> Response:
    """Ask for the comments and the passphrase."""
    return _form(request, "", "", 200)


def send(request: Request) -> Response:
    """Sign the comments, tell the requester, and lead to the run; a refusal is shown and stands in the ledger."""
    console, run = console_of(request), run_of(request)
    given, house = actor_of(request), console.open_house()
    try:
        return_run(house, run, given)
    except MediCoreError as error:
        return _form(request, given.reason, str(error), status_of(error))
    console.tell(house, run)
    return redirect(f"/runs/{run}/panel")


def _form(request: Request, reason: str, message: str, status: int) -> Response:
    console, run = console_of(request), run_of(request)
    requester = history_of(console.open_house(), run).request.requester
    return console.page(
        request, "return.html", status, run=str(run), requester=requester, reason=reason, message=message
    )
