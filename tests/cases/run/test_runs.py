"""Runs: numbered as they are asked for, taken up again where they stopped, and begun by one code alone."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from medicore.cases.run.runs import all_runs, code_commit, reopen, runs_of, seal_tag, sealed_commit
from medicore.errors import ConfigurationError, ProtocolError, ReviewError, UnknownPersonError
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState
from tests.conftest import git
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import MONTH
from tests.whole_house.study import SOUND, SOUND_RUN, WAITING, WAITING_RUN, sound

RUN = RunId.parse(SOUND_RUN)


def test_a_run_begins_with_all_that_it_is_made_from(founded: WholeHouse) -> None:
    """The first event has requester, reason and signature, the commit, the lock file and the protocol as resolved."""
    active = founded.begin(SOUND)
    (event,) = founded.events(SOUND_RUN)
    identity = event.details["identity"]
    assert (event.action, event.actor, event.role, event.reason) == (
        "run.requested", "ana", "analyst", "Monthly analysis",
    )  # fmt: skip
    assert identity == active.identity
    assert identity["code_commit"] == git("rev-parse", "HEAD", folder=founded.root)
    assert identity["environment_digest"] == founded.house.environment.digest()
    assert identity["ledger_head"]["sequence"] == event.sequence - 1
    assert (identity["status"], identity["record_tag"], identity["accepted"]) == (
        "candidate", f"run/{SOUND_RUN}", [],
    )  # fmt: skip
    assert event.details["protocol"] == founded.house.protocols.load(SOUND).as_json()
    assert base64.b64decode(event.details["envelope"])
    assert active.files.names() == ("protocol.json",)


def test_a_month_is_asked_for_again_under_the_next_number(month: WholeHouse) -> None:
    """A run that has ended is never taken up: the same month has another number, and the first stays."""
    again = month.begin(SOUND)
    assert (str(again.id), again.sealing) == (f"{SOUND}/{MONTH}/2", 1)
    assert month.state(SOUND_RUN) is RunState.SEALED
    assert [str(run) for run in runs_of(month.house, SOUND, MONTH)] == [SOUND_RUN, f"{SOUND}/{MONTH}/2"]
    assert runs_of(month.house, SOUND, "2025-02") == ()
    assert len(all_runs(month.house)) == 5
    assert all_runs(month.house, WAITING) == (RunId.parse(WAITING_RUN),)


def test_a_run_that_stopped_is_taken_up_by_a_new_request(founded: WholeHouse) -> None:
    """What never came to an end goes on under its number, on the files that are there; who took it up is recorded."""
    founded.begin(SOUND).files.write("lock/half.csv", b"half")
    again = founded.begin(SOUND, by="otto")
    assert (again.id, again.sealing) == (RUN, 1)
    assert again.files.read("lock/half.csv") == b"half"
    assert [(event.action, event.actor) for event in founded.events(SOUND_RUN)] == [
        ("run.requested", "ana"), ("run.resumed", "otto"),
    ]  # fmt: skip


def test_an_exploratory_run_takes_up_no_regulatory_one(founded: WholeHouse) -> None:
    """A run is taken up by a request of its own kind alone."""
    founded.begin(SOUND)
    tried = founded.begin(SOUND, exploratory=True)
    assert (tried.id.number, tried.exploratory) == (2, True)
    assert founded.begin(SOUND).id == RUN
    assert founded.begin(SOUND, exploratory=True).id == tried.id


def test_other_code_takes_up_no_run(founded: WholeHouse) -> None:
    """A run ends by the code that it began with; by other code it is refused, which is an event, and the run stays."""
    active = founded.begin(SOUND)
    (founded.root / "dvc.yaml").write_text("stages: {}\n")
    later = founded.commit("A later version")
    began = active.identity["code_commit"]
    with pytest.raises(
        ConfigurationError, match=f"began on commit {began[:12]}, and the code is at {later[:12]}"
    ):
        founded.begin(SOUND)
    assert founded.actions(SOUND_RUN) == ["run.requested"]
    (refused,) = founded.house.ledger.events(action="run.refused")
    assert (refused.details["claimed"], refused.reason.partition(" on ")[0]) == ("ana", f"run {RUN} began")
    git("checkout", "--quiet", began, folder=founded.root)
    assert founded.begin(SOUND).id == RUN
    assert code_commit(founded.house, RUN) == began


@pytest.mark.parametrize("spoil", ["changed", "untracked", "packages"])
def test_a_regulatory_run_needs_the_code_and_packages_that_it_names(founded: WholeHouse, spoil: str) -> None:
    """A changed or added file, or another package, is refused before there is a run; an exploratory one may begin."""
    if spoil == "packages":
        lock = founded.root / "requirements.lock"
        lock.write_text(lock.read_text().replace("\nscipy==", "\nscipy==99."))
        founded.commit("Another package")
    else:
        (founded.root / {"changed": "dvc.yaml", "untracked": "more.yaml"}[spoil]).write_text("{}\n")
    with pytest.raises(ConfigurationError, match="differ") as refused:
        founded.begin(SOUND)
    assert founded.runs(SOUND) == []
    (event,) = founded.house.ledger.events(action="run.refused")
    assert (event.actor, event.details["claimed"]) == ("medicore", "ana")
    assert event.reason == str(refused.value)
    assert founded.begin(SOUND, exploratory=True).exploratory


@pytest.mark.parametrize(
    ("changed", "family", "words"),
    [
        ({"study": "MED-2024-9999"}, ProtocolError, "study MED-2024-9999 has no protocol"),
        ({"study": "../MED-2024-0181"}, ProtocolError, "not a study identifier"),
        ({"month": "2025-13"}, ProtocolError, "month '2025-13' is malformed"),
        ({"month": "../2025-03"}, ProtocolError, "is malformed"),
        ({"month": "٢٠٢٥-٠٣"}, ProtocolError, "is malformed"),
        ({"month": "2024-12"}, ProtocolError, "month 2024-12 is before the study's first, 2025-01"),
        ({"month": "2025-05"}, ProtocolError, "month 2025-05 has not begun: it begins at 2025-04-30T22:00Z"),
        ({"month": "9999-12"}, ProtocolError, "expected a month up to 2025-04; choose one"),
        ({"by": "rita"}, ReviewError, "rita has the role reviewer, which may not request"),
        ({"by": "nobody"}, UnknownPersonError, "person 'nobody' is unknown"),
        ({"commit": "0" * 40}, ConfigurationError, "expected '0000"),
    ],
)
def test_what_is_not_fit_is_refused_before_there_is_a_run(
    founded: WholeHouse, changed: dict[str, str], family: type[Exception], words: str
) -> None:
    """An unknown study, an early month, one who may not, other code than asked for: an event, and no run."""
    asked: dict[str, Any] = {"study": SOUND, "month": MONTH, **changed}
    with pytest.raises(family, match=words) as refused:
        founded.begin(asked.pop("study"), **asked)
    assert [*founded.house.ledger.events(action="run.requested")] == []
    (event,) = founded.house.ledger.events(action="run.refused")
    assert (event.details["claimed"], event.reason) == (changed.get("by", "ana"), str(refused.value))
    assert event.details["error"] == family.__name__


def test_a_month_begins_where_the_study_is(founded: WholeHouse) -> None:
    """At midnight in Zurich May may be asked for, a second before it may not, not even as an exploration."""
    founded.clock.time = datetime(2025, 4, 30, 21, 59, 59, tzinfo=UTC)
    for exploratory in (False, True):
        with pytest.raises(ProtocolError, match="2025-05 has not begun"):
            founded.begin(SOUND, "2025-05", exploratory=exploratory)
    assert [*founded.house.ledger.events(action="run.requested")] == []
    founded.clock.time += timedelta(seconds=1)
    assert str(founded.begin(SOUND, "2025-05").id) == f"{SOUND}/2025-05/1"


def test_a_protocol_that_changed_since_is_not_the_runs(founded: WholeHouse) -> None:
    """A run that is opened again has the protocol that it began with, whatever lies in the folder now."""
    began = founded.begin(SOUND).protocol
    sound().planned("seed", 49).write_protocol(founded)
    assert founded.house.protocols.load(SOUND).digest != began.digest
    assert reopen(founded.house, founded.history(RUN), fence=0).protocol == began


def test_a_run_is_opened_again_for_its_next_sealing(month: WholeHouse) -> None:
    """A halted run that is continued has the tag of a second sealing; that of the first is the run's own."""
    active = reopen(month.house, month.history(WAITING_RUN), fence=0)
    assert (active.sealing, active.tag) == (2, f"run/{WAITING_RUN}.2")
    assert seal_tag(active.id, 1) == f"run/{WAITING_RUN}"


def test_what_was_never_asked_for_or_sealed_is_said_so(founded: WholeHouse) -> None:
    """A run that nobody asked for is unknown, and one that was never sealed has no record."""
    with pytest.raises(ProtocolError, match=f"run {SOUND_RUN} is unknown"):
        reopen(founded.house, founded.history(RUN), fence=0)
    with pytest.raises(ProtocolError, match=f"run {SOUND_RUN} is unknown"):
        code_commit(founded.house, RUN)
    founded.begin(SOUND)
    with pytest.raises(ProtocolError, match=f"run {SOUND_RUN} has no sealed record"):
        sealed_commit(founded.house, RUN)
