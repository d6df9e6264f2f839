"""A signed request that arrived within the hour begins its run days later, and everybody can prove that."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from medicore.cases.export.export import export
from medicore.cases.people.logged import log
from medicore.cases.people.people import revoke
from medicore.cases.proof.verify import verify
from medicore.cases.proof.verify_ledger import verify_ledger
from medicore.cases.run.analysis import analyse
from medicore.cases.run.arriving import record_arrival
from medicore.cases.run.recorded import ADMITTED, SUBJECT
from medicore.cases.run.requesting import Request, sign_request
from medicore.cases.run.runs import begin
from medicore.errors import ReviewError
from medicore.records.identifiers import RunId
from tests.whole_house.exported import third_party
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, add_person, words
from tests.whole_house.study import MONTH, SOUND, SOUND_RUN, sound

OTHER = "TEST-OTHER"
LATE, TOO_LATE = timedelta(days=3), timedelta(days=7, minutes=1)


def parameters(request: Request) -> Mapping[str, Any]:
    """Return the request as a flow run's parameters have it."""
    return asdict(request)


def test_days_in_the_queue_take_nothing(founded: WholeHouse, tmp_path: Any) -> None:
    """A request that was recorded on arrival begins its run after three days; record, ledger and bundle prove it."""
    request = founded.request(SOUND)
    assert record_arrival(founded.house, parameters(request))
    assert not record_arrival(founded.house, parameters(request)), "it is there already"
    (event,) = founded.house.ledger.events(subject=SUBJECT, action=ADMITTED)
    assert (event.actor, event.reason, event.details["studies"]) == ("ana", request.reason, [SOUND])
    founded.clock.time += LATE
    with founded.house.locks.hold(SOUND, MONTH, "a test"):
        analyse(founded.house, begin(founded.house, request))
    founded.release(SOUND_RUN)
    run = RunId.parse(SOUND_RUN)
    assert [check for check in verify(founded.house, run) if not check.passed] == []
    assert verify_ledger(founded.house).failed == ()
    bundle = export(founded.house, run, "rita", words)
    for name, data in bundle.files.items():
        (tmp_path / "bundle" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bundle" / name).write_bytes(data)
    code, answer = third_party(tmp_path / "bundle", tmp_path)
    assert (code, f"VERIFIED {SOUND_RUN}" in answer) == (0, True), answer


def test_what_did_not_arrive_in_time_is_refused(founded: WholeHouse) -> None:
    """Held back for more than an hour it is not recorded, and begins nothing; recorded, it waits for a week at most."""
    request = founded.request(SOUND)
    founded.clock.time += timedelta(minutes=61)
    assert not record_arrival(founded.house, parameters(request))
    with pytest.raises(ReviewError, match="at most an hour between"):
        begin(founded.house, request)
    later = founded.request(SOUND)
    assert record_arrival(founded.house, parameters(later))
    founded.clock.time += TOO_LATE
    with pytest.raises(ReviewError, match="at most an hour between"):
        begin(founded.house, later)
    assert founded.runs(SOUND) == []


@pytest.mark.parametrize(
    "changed",
    [{"signature": ""}, {"signature": "no base64"}, {"reason": "Another"}, {"requester": "nobody"}, {"requester": "rita"},
     {"study": OTHER}, {"month": "2025-04"}, {"commit": "a" * 40}, {"exploratory": True}],
)  # fmt: skip
def test_what_nobody_signed_is_not_recorded(founded: WholeHouse, changed: dict[str, Any]) -> None:
    """An altered or unsigned request leaves no trace on arrival: its flow refuses it, and says why."""
    before, _ = founded.house.ledger.head()
    request = founded.request(SOUND)
    assert not record_arrival(founded.house, {**parameters(request), **changed})
    assert not record_arrival(founded.house, {"signature": request.signature})
    assert founded.house.ledger.head()[0] == before


def test_who_was_revoked_meanwhile_begins_nothing(founded: WholeHouse) -> None:
    """The requester's right is judged when the run begins, too."""
    add_person(founded.house, "arno", "analyst")
    request = founded.request(SOUND, by="arno")
    assert record_arrival(founded.house, parameters(request))
    founded.clock.time += LATE
    revoke(founded.house, actor(), "arno")
    with pytest.raises(ReviewError, match="revoked"):
        begin(founded.house, request)


def test_one_signature_begins_a_month_of_studies(founded: WholeHouse) -> None:
    """It arrives once, with the first of its flow runs, and begins a run of each study that it names, when there is a worker."""
    founded.prepare(sound(OTHER))
    asked = Request(SOUND, MONTH, "ana", "Monthly analysis")
    signature = sign_request(founded.house, asked, [SOUND, OTHER], words)
    month = {
        "studies": [SOUND, OTHER],
        "month": MONTH,
        "requester": "ana",
        "reason": asked.reason,
        "signature": signature,
    }
    assert record_arrival(founded.house, month)
    founded.clock.time += LATE
    for study in (SOUND, OTHER):
        one = replace(asked, study=study, signature=signature)
        assert not record_arrival(founded.house, parameters(one))
        assert begin(founded.house, one).id.number == 1


def test_a_run_continues_with_its_own_request_whenever_it_is(founded: WholeHouse) -> None:
    """A run that lost its host hours after its request was signed is taken up with the same signature; another run is not."""
    request = founded.request(SOUND)
    run = begin(founded.house, request).id
    founded.clock.time += timedelta(hours=5)
    assert begin(founded.house, request).id == run
    with founded.house.locks.hold(SOUND, MONTH, "a test"):
        analyse(founded.house, begin(founded.house, request))
    assert [check for check in verify(founded.house, run) if not check.passed] == []
    with pytest.raises(ReviewError, match="at most an hour between"):
        begin(founded.house, request)


def test_two_workers_may_record_one_arrival(founded: WholeHouse) -> None:
    """An arrival that is told twice begins nothing by itself, so it is no copied signature."""
    request = founded.request(SOUND)
    assert record_arrival(founded.house, parameters(request))
    (event,) = founded.house.ledger.events(subject=SUBJECT, action=ADMITTED)
    log(founded.house, "ana", ADMITTED, SUBJECT, event.reason, event.details)
    founded.clock.time += LATE
    begin(founded.house, request)
    assert verify_ledger(founded.house).failed == ()
