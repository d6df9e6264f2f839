"""The inspector's room: the ledger with its filters, one event, the people, and the proof of a run while one waits."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from medicore.cases.answers.shown import shown_events
from medicore.cases.people.signers import people as known_people
from medicore.cases.proof.score_card import score_card
from medicore.cases.proof.verify import verify
from medicore.cases.proof.verify_all import Verified
from medicore.cases.review.trail import in_words, unreviewed
from medicore.cases.run.histories import event_at
from medicore.console.console import Console, console_of, redirect, run_of, session_of, whole_number
from medicore.console.inspecting import seen_by, sees
from medicore.console.quality import may
from medicore.errors import ProtocolError
from medicore.records.identifiers import RunId
from medicore.records.ledger.actions import ACTIONS
from medicore.records.moment import timestamp
from medicore.records.people.people import PERMISSIONS, Permission, standing_of

_SHOWN = 200
_ENVELOPE = "envelope"


def ledger(request: Request) -> Response:
    """Show the last events that fit the filters, the latest first."""
    console, asked = console_of(request), request.query_params
    house = console.open_house()
    filters = {name: asked.get(name, "") for name in ("subject", "action", "person")}
    given: dict[str, Any] = {name: value for name, value in filters.items() if value}
    person = session_of(request).person
    held = seen_by(person, ((event.subject, event) for event in house.ledger.events(**given)))
    sequence, digest = house.ledger.head()
    return console.page(
        request,
        "ledger.html",
        filters=filters,
        actions=sorted(ACTIONS),
        events=[*shown_events(house, held[: -_SHOWN - 1 : -1])],
        found=len(held),
        head=(sequence, digest),
        trail=in_words(unreviewed(house)),
        may_review=may(person, Permission.AUDIT),
    )


def event(request: Request) -> Response:
    """Show one event whole; of a signature its length, since nobody reads its bytes."""
    console = console_of(request)
    sequence = whole_number(request.path_params["sequence"], "event")
    house = console.open_house()
    whole = event_at(house, sequence)
    if whole is None or not sees(session_of(request).person, whole.subject):
        raise ProtocolError(f"the ledger has no event {sequence}; see the ledger's last event")
    (found,) = shown_events(house, [whole])
    details = {
        name: f"{len(value)} characters" if name == _ENVELOPE else value
        for name, value in found.details.items()
    }
    shown = json.dumps(details, indent=1, ensure_ascii=False, sort_keys=True)
    return console.page(request, "event.html", event=found, meaning=ACTIONS[found.action], details=shown)


def people(request: Request) -> Response:
    """Show everybody whom the ledger knows, and what each may do."""
    console = console_of(request)
    house = console.open_house()
    now = timestamp(house.clock.now())
    rows = [
        {
            "person": person,
            "standing": standing_of(person, now),
            "may": sorted(permission.value for permission in PERMISSIONS[person.role]),
        }
        for person in known_people(house).values()
    ]
    return console.page(request, "people.html", rows=rows)


def prove(request: Request) -> Response:
    """Read everything stored of a run again, and compare it with what was recorded."""
    console, run = console_of(request), run_of(request)
    person = session_of(request).person.identifier
    job = console.jobs.begin(f"Proof of {run}", person, "proved.html", lambda: _proved(console, run))
    return redirect(f"/jobs/{job}")


def job(request: Request) -> Response:
    """Show that a job runs, or what came of it; a page that waits asks again by itself."""
    console = console_of(request)
    found = console.jobs.of(request.path_params["name"], session_of(request).person.identifier)
    if found is None:
        raise ProtocolError("this work is forgotten, or somebody else asked for it; ask again")
    if not found.result.done():
        return console.page(request, "working.html", job=found)
    return console.page(request, found.template, **found.result.result())


def _proved(console: Console, run: RunId) -> dict[str, Any]:
    house = console.open_house()
    checks = verify(house, run)
    return {
        "run": str(run),
        "checks": checks,
        "failed": Verified(run, checks).failed,
        "card": score_card(house, run, checks),
    }
