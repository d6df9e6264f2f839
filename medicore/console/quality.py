"""Quality's own acts: a part of the audit trail is reviewed, a study's closed results are opened; each is signed."""

from starlette.requests import Request
from starlette.responses import Response

from medicore.cases.people.seeing import closed
from medicore.cases.people.unblinding import unblind
from medicore.cases.review.trail import in_words, review_trail, unreviewed
from medicore.console.console import (
    actor_of,
    console_of,
    redirect,
    session_of,
    shown_time,
    status_of,
    whole_number,
)
from medicore.errors import MediCoreError, ProtocolError
from medicore.records.identifiers import study_id
from medicore.records.people.people import PERMISSIONS, Permission, Person


def may(person: Person, permission: Permission) -> bool:
    """Say whether a page offers an act to a person; the use case decides by its own rules."""
    return permission in PERMISSIONS[person.role]


def show_review(request: Request) -> Response:
    """Ask for a part of the trail, the result of its review, and the passphrase; the first part that nobody reviewed is offered."""
    return _review_form(request, {}, "", 200)


def review(request: Request) -> Response:
    """Sign the review, and lead to the ledger; a refusal is shown and stands in the ledger."""
    form = request.state.form
    try:
        first, last = (whole_number(form.get(name, ""), "event") for name in ("first", "last"))
        review_trail(console_of(request).open_house(), actor_of(request, "result"), first, last)
    except MediCoreError as error:
        return _review_form(request, form, str(error), status_of(error))
    return redirect("/ledger")


def _review_form(request: Request, given: dict[str, str], message: str, status: int) -> Response:
    house = console_of(request).open_house()
    found = unreviewed(house)
    first, last = found["not_reviewed"][0] if found["not_reviewed"] else ("", "")
    return console_of(request).page(
        request,
        "review.html",
        status,
        trail=in_words(found),
        first=given.get("first", first),
        last=given.get("last", last),
        result=given.get("result", ""),
        allowed=may(session_of(request).person, Permission.AUDIT),
        now=shown_time(house),
        message=message,
    )


def show_unblind(request: Request) -> Response:
    """Say what an unblinding opens, and ask for the reason and the passphrase."""
    return _unblind_form(request, "", "", 200)


def open_results(request: Request) -> Response:
    """Sign the unblinding, and lead to the board; a refusal is shown and stands in the ledger."""
    reason, study = request.state.form.get("reason", ""), str(request.path_params["study"])
    try:
        unblind(console_of(request).open_house(), actor_of(request), study)
    except MediCoreError as error:
        return _unblind_form(request, reason, str(error), status_of(error))
    return redirect("/")


def _unblind_form(request: Request, reason: str, message: str, status: int) -> Response:
    house, study = console_of(request).open_house(), study_id(str(request.path_params["study"]))
    found = closed(house, study)
    if found is None:
        raise ProtocolError(f"{study} has no closed results; expected a study that is closed; open the board")
    return console_of(request).page(
        request,
        "unblind.html",
        status,
        study=study,
        until=found.until,
        reason=reason,
        allowed=may(session_of(request).person, Permission.UNBLIND),
        now=shown_time(house),
        message=message,
    )
