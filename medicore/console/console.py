"""What the pages of the console share: the house, who is signed in, the templates, the renditions that were made."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from medicore.cases.export.rendition import page_sources
from medicore.cases.people.acting import Actor
from medicore.cases.run.histories import history_of
from medicore.console.following import Follow, Following
from medicore.console.jobs import Jobs
from medicore.console.linking import addresses
from medicore.console.sessions import Session, Sessions
from medicore.errors import MediCoreError, ProtocolError, ReviewError
from medicore.ports.house import House
from medicore.records.export.linking import linked
from medicore.records.identifiers import RunId
from medicore.records.moment import timestamp

_TEMPLATES = Path(__file__).with_name("templates")
_KEPT = 32
"""So many renditions are kept in memory, a megabyte each."""

Render = Callable[[Mapping[str, bytes], Mapping[str, bytes], str], bytes]


def _number(value: Any) -> str:  # noqa: ANN401 - whatever a result holds
    """Return a result as pages show it: a number to four significant digits, whole from 1,000 on; an absence as a dash."""
    if value is None:
        return "–"
    if isinstance(value, float):
        shown = f"{value:,.0f}" if 1000 <= abs(value) < math.inf else f"{value:.4g}"
        return shown.replace("-", "−")
    return str(value)


@dataclass
class Console:
    """The console of one state folder.

    ``open_house`` opens the house for each request; ``render`` makes a rendition in HTML; ``follow`` gives the command
    that carries out decisions; ``now`` gives seconds that never go back; ``tell`` sends a notice of a run that was returned.
    """

    open_house: Callable[[], House]
    render: Render
    follow: Follow
    now: Callable[[], float] = time.monotonic
    jobs: Jobs = field(default_factory=Jobs)
    tell: Callable[[House, RunId], None] = lambda *_: None

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.now)
        self.following = Following(self.follow)
        self._renditions: OrderedDict[tuple[str, str, str], bytes] = OrderedDict()
        self._rendering = threading.Lock()
        self._pages = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages.filters["number"] = _number

    def close(self) -> None:
        """Take up no more work."""
        self.jobs.close()
        self.following.close()

    def page(self, request: Request, template: str, status: int = 200, **told: Any) -> HTMLResponse:  # noqa: ANN401
        """Return a page made of a template and what it tells; every text is escaped."""
        session: Session | None = request.state.session
        shown = self._pages.get_template(template).render(session=session, **told)
        return HTMLResponse(shown, status_code=status)

    def rendition(self, house: House, run: RunId) -> bytes:
        """Return a run's report, or the evidence of its halt, in HTML, each number a link to its origin; made once a state.

        Raises
        ------
        ProtocolError
            When the run has neither.
        IntegrityError
            When no copy of a file is the recorded one.
        """
        history = history_of(house, run)
        key = (str(run), history.sealed_commit, str(history.state))
        with self._rendering:  # whoever asks for the same page meanwhile waits for it
            if key not in self._renditions:
                sources = page_sources(house, run, evidence=False)
                page = self.render(sources.template, sources.inputs, sources.page)
                self._renditions[key] = linked(page, addresses(f"/runs/{run}"))
            self._renditions.move_to_end(key)
            while len(self._renditions) > _KEPT:
                self._renditions.popitem(last=False)
            return self._renditions[key]


def console_of(request: Request) -> Console:
    """Return the console that a request is for."""
    found: Console = request.app.state.console
    return found


def session_of(request: Request) -> Session:
    """Return the session of a request; protection lets none without one pass."""
    session: Session = request.state.session
    return session


def run_of(request: Request) -> RunId:
    """Return the run that a path names; raise ProtocolError when it names none."""
    return RunId.parse("/".join(str(request.path_params[part]) for part in ("study", "month", "number")))


def whole_number(text: str, what: str) -> int:
    """Return a whole number from a path or a form; raise ProtocolError when the text is none."""
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise ProtocolError(f"{what} {text[:20]!r} is malformed; expected a whole number")
    return int(text)


def actor_of(request: Request, reason: str = "reason") -> Actor:
    """Return who signs what a form asks for: the person of the session, with the words of its field ``reason``."""
    form = request.state.form
    return Actor(session_of(request).person.identifier, form.get(reason, ""), form.get("passphrase", ""))


def status_of(error: MediCoreError) -> int:
    """Return the status of a form that is shown again: 403 where the person may not, 409 where the state does not allow it."""
    return 403 if isinstance(error, ReviewError) else 409


def shown_time(house: House) -> str:
    """Return the present time as a form shows it, to the second in UTC."""
    return timestamp(house.clock.now())[:19] + "Z"


def redirect(path: str) -> RedirectResponse:
    """Return the answer that leads to another page; going back there sends no form again."""
    return RedirectResponse(path, status_code=303)
