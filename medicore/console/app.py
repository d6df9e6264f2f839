"""The application: every page of the console with its address."""

from collections.abc import Iterable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from medicore.console import (
    board,
    changing,
    deciding,
    numbers,
    quality,
    returning,
    room,
    run_page,
    searching,
    seeing,
    sign_in,
)
from medicore.console.console import Console, console_of
from medicore.console.inspecting import Inspecting
from medicore.console.protection import Protection
from medicore.errors import MediCoreError, ProtocolError

_RUN = "/runs/{study}/{month}/{number}"
_STYLE = Path(__file__).with_name("style.css")

ROUTES = (
    Route("/", board.board),
    Route("/sign-in", sign_in.show),
    Route("/sign-in", sign_in.sign_in, methods=["POST"]),
    Route("/sign-out", sign_in.sign_out, methods=["POST"]),
    Route("/search", searching.search),
    Route("/ledger", room.ledger),
    Route("/ledger/review", quality.show_review),
    Route("/ledger/review", quality.review, methods=["POST"]),
    Route("/ledger/{sequence}", room.event),
    Route("/people", room.people),
    Route("/studies/{study}/unblind", quality.show_unblind),
    Route("/studies/{study}/unblind", quality.open_results, methods=["POST"]),
    Route("/jobs/{name}", room.job),
    Route(_RUN, run_page.run_page),
    Route(f"{_RUN}/report", run_page.report),
    Route(f"{_RUN}/report.pdf", run_page.pdf),
    Route(f"{_RUN}/signed.pdf", run_page.signed_pdf),
    Route(f"{_RUN}/panel", run_page.panel),
    Route(f"{_RUN}/number", numbers.number),
    Route(f"{_RUN}/number", numbers.compute, methods=["POST"]),
    Route(f"{_RUN}/sign", deciding.show),
    Route(f"{_RUN}/sign", deciding.sign, methods=["POST"]),
    Route(f"{_RUN}/return", returning.show),
    Route(f"{_RUN}/return", returning.send, methods=["POST"]),
    Route(f"{_RUN}/seen", seeing.see, methods=["POST"]),
    Route(f"{_RUN}/follow", run_page.follow, methods=["POST"]),
    Route(f"{_RUN}/changes", changing.changes, methods=["POST"]),
    Route(f"{_RUN}/proof", room.prove, methods=["POST"]),
)
"""Pages by GET, acts by POST."""


def application(console: Console, hosts: Iterable[str]) -> ASGIApp:
    """Return the console as a web application that answers to ``hosts`` alone, each a name with its port."""
    app = Starlette(
        routes=[*ROUTES, Route("/style.css", _style), Route("/favicon.ico", _no_icon)],
        exception_handlers={MediCoreError: _refused, 404: _missing, 405: _missing},
    )
    app.state.console = console
    return Protection(Inspecting(app, console), console.sessions, hosts)


def _style(_: Request) -> Response:
    return Response(_STYLE.read_bytes(), media_type="text/css", headers={"Cache-Control": "max-age=300"})


def _no_icon(_: Request) -> Response:
    """Browsers ask for an icon with every page; there is none."""
    return Response(status_code=204)


def _refused(request: Request, error: Exception) -> Response:
    """Show an error that a use case raised: what was found, what was expected, what to do."""
    status = 404 if isinstance(error, ProtocolError) else 409
    is_whole = request.url.path.count("/") < _RUN.count("/") + 1  # deeper pages stand in a frame
    page = "trouble.html" if is_whole else "in_frame.html"
    return console_of(request).page(request, page, status, title="This cannot be shown", message=str(error))


def _missing(request: Request, _: Exception) -> Response:
    return console_of(request).page(
        request, "trouble.html", 404, title="No such page", message="open the board and go on from there"
    )
