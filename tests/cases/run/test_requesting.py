"""Requests: signed by who asks for exactly what they ask for, once, and within the hour."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.answers.attempts import attempts
from medicore.cases.people.logged import SERVICE, log
from medicore.cases.run.requesting import (
    Request,
    proved_request,
    refuse_flow_run,
    require_own_name,
    require_signed,
    sign_for_service,
    sign_request,
)
from medicore.errors import IntegrityError, MediCoreError, ProtocolError, ReviewError, WrongPassphraseError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.people.act import ENVELOPE
from medicore.records.people.people import Role
from medicore.stores.keys.authority import Subject
from tests.whole_house.people import CA_WORDS, DAY, SetClock, add_person, found_house, open_authority, words
from tests.whole_house.tampering import second_signature

STUDY, OTHER, MONTH = "TEST-ONE", "TEST-TWO", "2025-03"
RUN = RunId(STUDY, MONTH, 1)
ASKED = Request(STUDY, MONTH, "ana", "Monthly analysis")


@pytest.fixture
def founded(tmp_path: Path) -> tuple[House, SetClock]:
    """A house with otto, the operator, ana, an analyst, and rita, a reviewer; and its clock."""
    house, clock = found_house(tmp_path)
    add_person(house, "ana", "analyst")
    add_person(house, "rita", "reviewer")
    return house, clock


def signed(house: House, request: Request = ASKED, *studies: str) -> Request:
    """Return a request with its requester's signature on these studies, or on its own."""
    return replace(request, signature=sign_request(house, request, studies or (request.study,), words))


def requested(house: House, request: Request, run: RunId = RUN, **told: Any) -> LedgerEvent:
    """Write the event by which a run begins."""
    status = "exploratory" if request.exploratory else "candidate"
    details = {"identity": {"status": status}, ENVELOPE: request.signature}
    event = {"reason": request.reason, "subject": str(run)} | told
    return log(house, request.requester, "run.requested", event["subject"], event["reason"], details)


def test_a_signed_request_is_proved_for_ever(founded: tuple[House, SetClock]) -> None:
    """What begins a run is its requester's act; it proves when the certificate has long expired, too."""
    house, clock = founded
    request = signed(house)
    require_signed(house, request, None)
    event = requested(house, request)
    clock.pass_days(4000)
    act = proved_request(house, event)
    assert (act.signer, act.reason, act.details["studies"], act.details["month"]) == (
        "ana",
        "Monthly analysis",
        [STUDY],
        MONTH,
    )


def test_one_signature_covers_the_studies_that_it_names(founded: tuple[House, SetClock]) -> None:
    """A portfolio is asked for by one signature; a study that it does not name is not asked for."""
    house, _ = founded
    request = signed(house, ASKED, STUDY, OTHER)
    for study in (STUDY, OTHER):
        require_signed(house, replace(request, study=study), None)
        proved_request(house, requested(house, request, RunId(study, MONTH, 1)))
    with pytest.raises(ReviewError, match="the list of studies differs"):
        require_signed(house, replace(request, study="TEST-THREE"), None)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"month": "2025-02"}, "the month differs"),
        ({"study": OTHER}, "the list of studies differs"),
        ({"reason": "Because"}, "the reason differs"),
        ({"exploratory": True}, "whether it is exploratory differs"),
        ({"signature": ""}, "is not signed"),
        ({"signature": "§"}, "is not base64"),
        ({"signature": base64.b64encode(b"{}").decode()}, "envelope"),
        ({"requester": "otto"}, "does not verify"),
        ({"requester": "rita"}, "which may not request"),
        ({"requester": "nobody"}, "is unknown"),
    ],
)
def test_what_was_not_signed_is_refused(
    founded: tuple[House, SetClock], changed: dict[str, Any], told: str
) -> None:
    """A signature moved to another request, or none, or nonsense begins nothing, and the ledger says why."""
    house, _ = founded
    request = replace(signed(house), **changed)
    with pytest.raises(ReviewError, match=told) as refused:
        require_signed(house, request, None)
    (event,) = house.ledger.events(action="run.refused")
    assert (event.actor, event.role, event.reason) == (SERVICE, "unknown", str(refused.value))
    assert event.details["claimed"] == request.requester
    assert "\n" not in event.reason


@pytest.mark.parametrize(
    ("asked", "details"),
    [
        ({}, {"claimed": "nobody"}),
        (
            {"requester": "ana", "month": "2025-03", "studies": ["REF-NHEFS"]},
            {"claimed": "ana", "asked": {"month": "2025-03", "studies": ["REF-NHEFS"]}},
        ),
    ],
)
def test_a_flow_run_that_the_worker_refused_is_in_the_ledger(
    founded: tuple[House, SetClock], asked: dict[str, Any], details: dict[str, Any]
) -> None:
    """Its event is the service's, says what was claimed, and is an attempt like any other that was refused (FAULTS 79)."""
    house, _ = founded
    event = refuse_flow_run(house, "flow run 1 is refused: it has no deployment", "1", asked)
    assert (event.action, event.actor, event.subject) == ("run.refused", SERVICE, "requests")
    assert event.details == {"error": "ConfigurationError", "flow_run": "1", **details}
    (row,) = attempts(house)
    assert (row["how"], row["requested_by"], row["messages"]) == (
        "refused",
        details["claimed"],
        [event.reason],
    )


def test_a_request_is_good_for_an_hour(founded: tuple[House, SetClock]) -> None:
    """Whoever holds a request back for more than an hour has nothing."""
    house, clock = founded
    request = signed(house)
    clock.time += timedelta(minutes=59)
    require_signed(house, request, None)
    clock.time += timedelta(minutes=2)
    with pytest.raises(ReviewError, match="at most an hour"):
        require_signed(house, request, None)


def test_a_request_begins_one_run(founded: tuple[House, SetClock]) -> None:
    """A request that is sent again begins no second run; the run that it began may go on by it."""
    house, _ = founded
    request = signed(house)
    requested(house, request)
    require_signed(house, request, RUN)
    with pytest.raises(ReviewError, match=f"is that of run {RUN}, which has ended"):
        require_signed(house, request, None)
    log(house, "ana", "run.resumed", str(RUN), request.reason, {ENVELOPE: signed(house).signature})
    require_signed(house, signed(house, replace(ASKED, reason="Once more")), None)


def test_a_second_signature_without_the_key_begins_no_second_run(founded: tuple[House, SetClock]) -> None:
    """Who has a used request, and makes the other signature that verifies of it, is refused as for the request itself."""
    house, _ = founded
    request = signed(house)
    requested(house, request)
    other = replace(request, signature=second_signature(request.signature))
    assert other.signature != request.signature
    with pytest.raises(ReviewError, match=f"is that of run {RUN}, which has ended"):
        require_signed(house, other, None)


def test_revoked_and_locked_analysts_ask_for_nothing(founded: tuple[House, SetClock]) -> None:
    """Five wrong passphrases lock who asks, and whoever is locked is told so before any key is tried."""
    house, _ = founded
    for _attempt in range(5):
        with pytest.raises(WrongPassphraseError):
            sign_request(house, ASKED, (STUDY,), lambda _: "not the words of ana")
    assert [event.subject for event in house.ledger.events(action="person.locked")] == ["ana"]
    with pytest.raises(ReviewError, match="is locked after 5"):
        signed(house)


@pytest.mark.parametrize("reason", ["", "  ", "-"])
def test_a_request_says_why(founded: tuple[House, SetClock], reason: str) -> None:
    """A reason that says nothing is refused before anything is signed."""
    house, _ = founded
    with pytest.raises(ReviewError, match="reason"):
        signed(house, replace(ASKED, reason=reason))


def test_a_study_that_may_be_taken_for_another_of_the_ledger_is_refused(
    founded: tuple[House, SetClock],
) -> None:
    """Names that differ in case, or in hyphen and underscore, alone never have runs side by side, whatever the checkout holds."""
    house, _ = founded
    requested(house, signed(house))
    require_own_name(house, STUDY)
    require_own_name(house, "TEST-TWO")
    for study in ("test-one", "TEST_ONE"):
        with pytest.raises(
            ProtocolError, match=f"study {study} may be taken for TEST-ONE, which has runs in the ledger"
        ):
            require_own_name(house, study)


@pytest.mark.parametrize(
    "told",
    [
        {"reason": "Another reason"},
        {"subject": f"{OTHER}/{MONTH}/1"},
        {"subject": f"{STUDY}/2025-02/1"},
    ],
)
def test_an_event_that_tells_something_else_is_found(
    founded: tuple[House, SetClock], told: dict[str, str]
) -> None:
    """An event that carries a good signature of another request is not believed."""
    house, _ = founded
    with pytest.raises(IntegrityError, match="differs from what ana signed"):
        proved_request(house, requested(house, signed(house), **told))


def test_an_event_without_or_with_a_forged_signature_is_found(founded: tuple[House, SetClock]) -> None:
    """A run that nobody signed for, or whose signature was altered, is found."""
    house, _ = founded
    event = log(
        house, "ana", "run.requested", str(RUN), "Monthly analysis", {"identity": {"status": "candidate"}}
    )
    with pytest.raises(ReviewError, match="has no signature"):
        proved_request(house, event)
    envelope = json.loads(base64.b64decode(signed(house).signature))
    envelope["signatures"][0]["sig"] = envelope["signatures"][0]["sig"][:-8] + "AAAAAA=="
    forged = base64.b64encode(json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode()).decode()
    with pytest.raises(MediCoreError):
        proved_request(house, requested(house, replace(ASKED, signature=forged)))


def test_the_service_asks_for_what_a_schedule_wants(founded: tuple[House, SetClock], tmp_path: Path) -> None:
    """A schedule's request is the service's act; nobody signs in its name, and its passphrase is asked of nobody."""
    house, clock = founded
    authority = open_authority(tmp_path, clock)
    service = authority.issue_service(
        Subject(SERVICE, "MediCore service", Role.SERVICE), authority_passphrase=CA_WORDS, validity=DAY
    )
    house.ledger.append(
        NewEvent(SERVICE, "service", "person.added", SERVICE, "medicore init", service.details())
    )
    asked = Request(STUDY, MONTH, SERVICE, "Scheduled")
    request = replace(asked, signature=sign_for_service(house, asked, [STUDY, OTHER]))
    require_signed(house, request, None)
    act = proved_request(house, requested(house, request))
    assert (act.signer, act.details["studies"]) == (SERVICE, [STUDY, OTHER])
    with pytest.raises(ReviewError):
        sign_request(house, asked, [STUDY], words)
    with pytest.raises(ReviewError, match=r"who asks differs|does not verify"):
        require_signed(house, replace(request, requester="ana"), None)


def test_the_service_is_refused_as_anyone_is(founded: tuple[House, SetClock]) -> None:
    """A house that knows no service signs nothing for it, and the ledger says so."""
    house, _ = founded
    with pytest.raises(ReviewError, match="person 'medicore' is unknown"):
        sign_for_service(house, Request(STUDY, MONTH, SERVICE, "Scheduled"), [STUDY])
    (event,) = house.ledger.events(action="run.refused")
    assert (event.actor, event.details["claimed"]) == (SERVICE, SERVICE)
