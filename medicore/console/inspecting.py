"""Inspecting: an inspector reads the studies that they were let in for and decides nothing; each page opened is an event."""

from collections.abc import Iterable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from medicore.cases.people.logged import log
from medicore.console.console import Console
from medicore.console.protection import OPEN
from medicore.console.sessions import Session
from medicore.records.people.people import Person, Role

OPENED = "page.opened"
_READING = frozenset({"changes", "number", "proof", "seen", "sign-out"})
"""What an inspector may send: to compare with an earlier month, to compute a number again, to prove a run, to look at what is closed, to leave."""
T = TypeVar("T")


class Inspecting:
    """Lets an inspector open the pages of their studies alone, after an event that names the page."""

    def __init__(self, app: ASGIApp, console: Console) -> None:
        self._app, self._console = app, console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        session: Session | None = getattr(request.state, "session", None) if scope["type"] == "http" else None
        path = scope.get("path", "")
        if session is None or session.person.role is not Role.INSPECTOR or path in OPEN:
            await self._app(scope, receive, send)
            return
        allowed = not path.startswith("/runs/") or sees(session.person, path.removeprefix("/runs/"))
        allowed = allowed and (request.method != "POST" or path.rpartition("/")[2] in _READING)
        await run_in_threadpool(self._note, session.person, path, allowed=allowed)
        refusal = PlainTextResponse("this is not among what you may inspect\n", status_code=403)
        await (self._app if allowed else refusal)(scope, receive, send)

    def _note(self, person: Person, path: str, *, allowed: bool) -> None:
        details = {"page": path[:200], "shown": allowed}
        log(self._console.open_house(), person.identifier, OPENED, person.identifier, "", details)


def sees(person: Person, subject: str) -> bool:
    """Say whether a person may read about a subject of the ledger: an inspector only about runs of their studies."""
    return person.role is not Role.INSPECTOR or subject.partition("/")[0] in person.studies


def seen_by(person: Person, held: Iterable[tuple[str, T]]) -> list[T]:
    """Return of what is ``held``, each with its subject, what a person may read."""
    return [one for subject, one in held if sees(person, subject)]
