"""requesting: the requester signs a request for an analysis, and an invalid request is refused before a run exists."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from medicore.cases.people.logged import SERVICE, log
from medicore.cases.people.signers import refuse, require_not_locked, require_standing, signed_act
from medicore.cases.run.histories import histories_of, history_of
from medicore.cases.run.recorded import SUBJECT, recorded_at
from medicore.errors import (
    ConfigurationError,
    InfrastructureError,
    IntegrityError,
    ProtocolError,
    ReviewError,
    WrongPassphraseError,
)
from medicore.ports.house import House
from medicore.records.identifiers import RunId, commit_id, confusable_form, month_id, study_id
from medicore.records.ledger.event_details import CLAIMED
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import timestamp
from medicore.records.people.act import ENVELOPE, Act, declare
from medicore.records.people.people import Permission, Person
from medicore.records.people.told_once import signature_in, signature_of
from medicore.records.protocol.calendar import day_begins, first_day, local_date
from medicore.records.protocol.file.undecided import require_decided
from medicore.records.protocol.printable import require_printable
from medicore.records.protocol.protocol import Protocol

ACTION = "run.requested"
"""The name of the signed act of a request, for a new run and for one that continues."""

BY_REQUEST = (ACTION, "run.resumed")
"""The events that contain a request's envelope."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants which study and month analysed, and why; ``signature`` is its DSSE envelope in base64.

    One signature may cover several studies of a month. ``commit`` is the full commit of the code, if the requester
    allows no other.
    """

    study: str
    month: str
    requester: str
    reason: str
    exploratory: bool = False
    signature: str = ""
    commit: str = ""


def sign_request(
    house: House, request: Request, studies: Sequence[str], passphrase: Callable[[str], str]
) -> str:
    """Return the requester's signature on the request for the month of all these ``studies``.

    ``passphrase`` is called only after the requester's permission was verified.

    Raises
    ------
    ReviewError
        When the requester is unknown, locked, revoked or may not request, their key cannot be opened, or the reason
        is empty. The refusal is in the ledger, and five wrong passphrases in a row lock the requester.
    ProtocolError
        When a study or the month is malformed.
    """
    with refusals(house, request):
        person = _requester(house, request.requester)
        require_not_locked(house, person.identifier)
        act = _declared(house, person, request, studies)
        return base64.b64encode(house.certifier.sign(act, passphrase(person.identifier))).decode()


def sign_for_service(house: House, request: Request, studies: Sequence[str]) -> str:
    """Return the service's signature on a schedule's request; the caller has proved that it comes from a schedule."""
    with refusals(house, request):
        act = _declared(house, _requester(house, SERVICE), request, studies)
        return base64.b64encode(house.certifier.sign_for_service(act)).decode()


def admit(house: House, request: Request) -> tuple[Protocol, str, str]:
    """Return protocol, commit and environment of a request that may begin when it is signed.

    Raises
    ------
    ReviewError
        When the requester is unknown, revoked or may not request. The refusal is in the ledger.
    ProtocolError
        When study or month is malformed or unknown, the month is before the study's first or has not begun, or the
        report cannot print a text of the protocol.
    ConfigurationError
        When code or packages do not meet the requirements of a regulatory run, or the code is of another commit than
        requested.
    """
    with refusals(house, request):
        _requester(house, request.requester)
        if request.commit:
            require_commit(request.commit, house.code.commit(request.study))
        protocol = house.protocols.load(request.study)
        require_own_name(house, request.study)
        _require_month(protocol, request.month, house.clock.now())
        require_printable(protocol)
        require_decided(protocol)
        if request.exploratory:
            return protocol, house.code.commit(request.study), house.environment.digest()
        return protocol, house.code.require_clean(request.study), house.environment.require_locked()


def require_own_name(house: House, study: str) -> None:
    """Raise ProtocolError when the ledger has a run of another study that a reader or a file system may take for this one.

    The protocols of a commit are held against each other when they are loaded; a study of earlier commits is in the ledger
    alone.
    """
    known = {event.subject.partition("/")[0] for event in house.ledger.events(action="run.requested")}
    alike = sorted(one for one in known - {study} if confusable_form(one) == confusable_form(study))
    if alike:
        raise ProtocolError(
            f"study {study} may be taken for {alike[0]}, which has runs in the ledger; expected a name that differs in more than "
            "case, '-' and '_'; rename the study"
        )


def _require_month(protocol: Protocol, month: str, now: datetime) -> None:
    """Raise ProtocolError unless the month belongs to the study and has begun in the study's time zone."""
    first, zone = protocol.calendar.first_month, protocol.calendar.timezone
    if month_id(month) < first:
        raise ProtocolError(f"month {month} is before the study's first, {first}; choose a later one")
    begins = day_begins(first_day(month), zone)
    if now < begins:
        raise ProtocolError(
            f"month {month} has not begun: it begins at {timestamp(begins)[:16]}Z, midnight in {zone}; expected a month "
            f"up to {local_date(now, zone):%Y-%m}; choose one"
        )


def require_commit(wanted: str, running: str) -> None:
    """Raise ConfigurationError unless the code that runs is of the wanted commit."""
    if wanted != running:
        raise ConfigurationError(
            f"the code that runs is of commit {running[:12]}; expected {wanted[:40]!r}, which the request names; "
            "give the flow run that commit as its job variable 'commit', or make the request in a checkout of that "
            "commit"
        )


def require_signed(house: House, request: Request, resumed: RunId | None) -> None:
    """Raise ReviewError unless the request has its requester's valid signature, and no run except ``resumed`` has used it.

    It must have been recorded within an hour of its signature (``recorded.py``). The refusal is in the ledger.
    """
    with refusals(house, request):
        if not request.signature:
            raise ReviewError(
                f"the request of {request.requester} for {request.study} {request.month} is not signed; expected the "
                "requester's signature; ask with 'medicore run' or 'medicore request'"
            )
        try:
            envelope = base64.b64decode(request.signature, validate=True)
        except ValueError as error:
            raise ReviewError(
                "the signature of the request is not base64; expected what 'medicore request' prints"
            ) from error
        person = _requester(house, request.requester)
        now = timestamp(house.clock.now())
        beginning = None if resumed is None else history_of(house, resumed).request.event
        recorded = recorded_at(house, envelope, now, beginning)
        act = house.certifier.verify(envelope, person, now, recorded)
        require_asked(act, request)
        for run in _used(house, request, envelope):
            if run != resumed:
                raise ReviewError(
                    f"this signed request is that of run {run}, which has ended; expected a new one; sign again"
                )


def begun_by(house: House, request: Request) -> RunId | None:
    """Return the run that began or continued with exactly this signed request; None when there is none."""
    try:
        envelope = base64.b64decode(request.signature, validate=True)
    except ValueError:
        return None
    return next(_used(house, request, envelope), None)


def proved_request(house: House, event: LedgerEvent) -> Act:
    """Return the signed act by which a run began or continued, after proving it and comparing it with the event.

    Raises
    ------
    ReviewError
        When the event has no valid signature.
    IntegrityError
        When something else was signed.
    """
    run = RunId.parse(event.subject)
    first = history_of(house, run).request
    recorded = recorded_at(
        house, base64.b64decode(str(event.details.get(ENVELOPE, ""))), event.at, first.event
    )
    act = signed_act(house, event, Permission.REQUEST, recorded=recorded)
    commit = first.code_commit if "commit" in act.details else ""
    told = Request(run.study, run.month, event.actor, event.reason, first.exploratory, commit=commit)
    try:
        require_asked(act, told)
    except ReviewError as error:
        raise IntegrityError(
            f"ledger event {event.sequence} differs from what {event.actor} signed ({error}); expected the "
            "same; take the ledger from the archive"
        ) from error
    return act


def refuse_flow_run(house: House, said: str, flow_run: str, asked: Mapping[str, Any]) -> LedgerEvent:
    """Record that the worker executed nothing of a flow run, with the claims of the flow run; return the event.

    Anyone who may use Prefect's API could have written ``asked``: it is recorded as claimed, and proves nothing.
    """
    told = {name: value for name, value in asked.items() if name != "requester"}
    details = {
        "error": ConfigurationError.__name__,
        "flow_run": flow_run,
        **({"asked": told} if told else {}),
        CLAIMED: asked.get("requester", "nobody"),
    }
    return log(house, SERVICE, "run.refused", SUBJECT, said, details)


def record_refusals(house: House, counts: Mapping[str, int]) -> str:
    """Record in one event how many requests the service's API refused, by kind; return a message about them."""
    said = f"{sum(counts.values())} request(s) to the service's API were refused: " + ", ".join(
        f"{kind} ({count} times)" for kind, count in sorted(counts.items())
    )
    log(house, SERVICE, "service.refused", SUBJECT, said, {"counts": dict(counts)})
    return said


def _requester(house: House, identifier: str) -> Person:
    return require_standing(house, identifier, Permission.REQUEST)


def _declared(house: House, person: Person, request: Request, studies: Sequence[str]) -> Act:
    details = {
        "studies": sorted(study_id(study) for study in studies),
        "month": month_id(request.month),
        "exploratory": request.exploratory,
    }
    if request.commit:
        details["commit"] = commit_id(request.commit)
    return declare(person, ACTION, SUBJECT, request.reason, details, timestamp(house.clock.now()))


def require_asked(act: Act, request: Request) -> None:
    """Raise ReviewError, which names the difference, unless the act is exactly this request."""
    wanted = {
        "what": (act.action, ACTION),
        "who asks": (act.signer, request.requester),
        "the reason": (act.reason, request.reason.strip()),
        "the month": (act.details.get("month"), request.month),
        "whether it is exploratory": (act.details.get("exploratory"), request.exploratory),
        "the commit": (act.details.get("commit", ""), request.commit),
        "the list of studies": (request.study in act.details.get("studies", ()), True),
    }
    for name, (signed, asked) in wanted.items():
        if signed != asked:
            raise ReviewError(
                f"the request is not what was signed: {name} differs; expected the signature of exactly this "
                "request; sign again"
            )


def _used(house: House, request: Request, envelope: bytes) -> Iterator[RunId]:
    """Yield the runs that began or continued with the signature in this envelope."""
    asked = signature_in(envelope)
    for history in histories_of(house, request.study, request.month):
        for event in history.told(*BY_REQUEST):
            if asked is not None and signature_of(event) == asked:
                yield history.run


@contextmanager
def refusals(house: House, request: Request) -> Iterator[None]:
    """Record a refusal in the ledger with the claimed requester, as ``refuse`` does."""
    try:
        yield
    except InfrastructureError:
        raise  # nobody refused the request
    except (ProtocolError, ConfigurationError, ReviewError) as error:
        details = {"error": type(error).__name__}
        if isinstance(error, WrongPassphraseError):
            details["cause"] = "passphrase"
        refuse(house, request.requester, "run.refused", SUBJECT, error, details)
        raise
