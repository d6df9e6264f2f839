"""Deciding: a person signs a decision with the passphrase of their own key, and it is carried out."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from medicore.cases.review.readiness import require_ready
from medicore.cases.review.review import Decision, next_step, sign_decision, standing_decisions
from medicore.cases.run.decisions import decision_digests
from medicore.cases.run.histories import history_of
from medicore.console.console import console_of, redirect, run_of, session_of, shown_time, status_of
from medicore.console.seeing import findings_for
from medicore.errors import MediCoreError, ProtocolError
from medicore.ports.house import House
from medicore.records.ledger.history import RunHistory
from medicore.records.people.decision import Meaning

_MEANS = {
    Meaning.PROCEED: "The finding is accepted; when every finding is answered, the run continues with the same data and code.",
    Meaning.APPROVE: "The report is right; it is released with your signature in it, and archived.",
    Meaning.REJECT: "The run ends here; its record is kept permanently and nothing is released.",
}


def show(request: Request) -> Response:
    """Show what a signature would bind to, and ask for the reason and the passphrase."""
    return _form(request, dict(request.query_params), "", 200)


def sign(request: Request) -> Response:
    """Sign the decision, carry it out, and lead to the run; a refusal is shown and stands in the ledger."""
    console, run, form = console_of(request), run_of(request), request.state.form
    person = session_of(request).person.identifier
    meaning, finding = form.get("meaning", ""), form.get("finding") or None
    house = console.open_house()
    try:
        require_ready(house, run, meaning)
        with house.locks.hold(run.study, run.month, f"console, {person}"):
            sign_decision(
                house,
                run,
                Decision(person, meaning, form.get("reason", ""), finding),
                form.get("passphrase", ""),
            )
    except MediCoreError as error:
        return _form(request, form, str(error), status_of(error))
    history = history_of(house, run)
    if next_step(history, standing_decisions(house, history))[0] == "follow":
        console.following.begin(run)
    return redirect(f"/runs/{run}/panel")


def _form(request: Request, given: dict[str, str], message: str, status: int) -> Response:
    console, run = console_of(request), run_of(request)
    house = console.open_house()
    history, meaning = history_of(house, run), _meaning(given.get("meaning", ""))
    return console.page(
        request,
        "sign.html",
        status,
        run=str(run),
        meaning=meaning.value,
        means=_MEANS[meaning],
        finding=_finding(request, house, history, given.get("finding", "")),
        reason=given.get("reason", ""),
        digests=decision_digests(house, run, history.sealed_commit),
        now=shown_time(house),
        message=message,
    )


def _meaning(text: str) -> Meaning:
    try:
        return Meaning(text)
    except ValueError as error:
        raise ProtocolError(f"meaning {text[:20]!r} is unknown; expected {', '.join(Meaning)}") from error


def _finding(request: Request, house: House, history: RunHistory, digest: str) -> Mapping[str, object] | None:
    """Return the finding that is answered; None for the run as a whole."""
    if not digest:
        return None
    for told, finding in zip(findings_for(request, house, history), history.findings, strict=True):
        if finding.digest == digest:
            return {**told, "digest": digest}
    raise ProtocolError(
        f"finding {digest[:12]!r} is not one at which {history.run} waits; open the run again"
    )
