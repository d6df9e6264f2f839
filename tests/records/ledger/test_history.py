"""The history of a run gives, from its events alone, the answers that the ledger's events give one by one."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import ArchiveError, IntegrityError, MediCoreError, ProtocolError
from medicore.records.identifiers import RunId
from medicore.records.ledger.actions import ACTIONS
from medicore.records.ledger.event_details import Archiving, Exported, details_of
from medicore.records.ledger.history import SEALED_BY, STOPPED_BY, RunHistory, histories
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, chain
from medicore.records.ledger.states import RunState, state_of

RUN = RunId("MED-2024-0147", "2025-03", 1)
OTHER = RunId("MED-2024-0147", "2025-03", 2)
NOON = "2025-04-01T12:00:00.000000Z"
IDENTITY = {"status": "candidate", "code_commit": "ab" * 20}
REQUEST = {"identity": IDENTITY, "protocol": {"title": "A trial", "sponsor": "A sponsor"}}
FINDING: dict[str, Any] = {
    "step": "propensity", "gate": "SMD", "subject": "age", "message": "age is imbalanced", "statistic": "0.2",
    "threshold": "0.1", "overridable": True, "digest": "5d" * 32, "false_alarm_rate": 0.05,
}  # fmt: skip
Told = tuple[str, dict[str, Any]]


def ledger(*told: tuple[str, str, dict[str, Any]]) -> list[LedgerEvent]:
    """Return the chain of events by subject, action and details."""
    events: list[LedgerEvent] = []
    for subject, action, details in told:
        new = NewEvent("ana", "analyst", action, subject, f"reason of {action}", details)
        events.append(chain(new, NOON, events[-1] if events else None))
    return events


def history(*told: Told | str) -> RunHistory:
    """Return the history of a run to which these things happened, with these details."""
    pairs = ((one, {}) if isinstance(one, str) else one for one in told)
    return RunHistory.of(RUN, ledger(*((str(RUN), action, details) for action, details in pairs)))


def sealing(action: str, commit: str) -> Told:
    """Return an event that seals, with a finding where it halts."""
    more = {"findings": [FINDING]} if action == "run.halted" else {}
    return action, {"commit": commit, "tag": f"tag of {commit}", "provenance": f"digest of {commit}", **more}


def test_a_run_of_which_nothing_is_told() -> None:
    """Nothing told is no error; each answer is none, or says what is missing and where to look."""
    empty = history()
    assert (empty.events, empty.sealings, empty.decisions, empty.accepted, empty.findings) == ((),) * 5
    assert (empty.release, empty.stop, empty.trouble, empty.data_lock, empty.performed("check")) == (
        None,
    ) * 5
    assert (empty.hold, empty.lifted, empty.archivings, empty.signed_exports) == (None, None, (), ())
    with pytest.raises(ProtocolError, match="knows no run of that name; see 'medicore history'"):
        _ = empty.state
    with pytest.raises(ProtocolError, match=f"^run {RUN} is unknown; see 'medicore history MED-2024-0147'$"):
        _ = empty.request
    with pytest.raises(ProtocolError, match=f"^run {RUN} has no sealed record; see 'medicore history"):
        _ = empty.sealed_commit
    for ask in ("archived", "kept_until"):
        with pytest.raises(ArchiveError, match=f"^run {RUN} is not archived; expected one that is;"):
            getattr(empty, ask)


def test_events_of_two_runs_are_not_mixed() -> None:
    """A history is of one run: an event about another is refused."""
    with pytest.raises(IntegrityError, match=f"events of {RUN} and {OTHER} are mixed; ask for one run alone"):
        RunHistory.of(RUN, ledger((str(RUN), "run.requested", {}), (str(OTHER), "run.requested", {})))


def test_the_request_is_told() -> None:
    """The run's request says who asked, on which code, for what; an attempt to sign before it changes nothing."""
    request = history("decision.refused", ("run.requested", REQUEST), "run.resumed").request
    assert (request.requester, request.event.sequence, request.exploratory) == ("ana", 2, False)
    assert (request.code_commit, request.title, request.sponsor) == ("ab" * 20, "A trial", "A sponsor")
    assert (request.identity, request.protocol) == (IDENTITY, REQUEST["protocol"])
    explored = {"identity": {"status": "exploratory"}}
    assert history(("run.requested", explored)).request.exploratory


def test_the_last_sealing_counts() -> None:
    """A halted run that went on has two sealings; its record is the last one's."""
    found = history(
        "run.requested", sealing("run.halted", "one"), "run.continued", sealing("run.sealed", "two")
    )
    assert [(one.commit, one.tag, one.provenance) for one in found.sealings] == [
        ("one", "tag of one", "digest of one"),
        ("two", "tag of two", "digest of two"),
    ]
    assert (found.sealed.tag, found.sealed_commit) == ("tag of two", "two")
    assert found.state is RunState.SEALED


def test_the_release_is_told() -> None:
    """A released run names the commit of its release, which is not that of its sealing."""
    found = history("run.requested", sealing("run.sealed", "one"), ("run.released", {"commit": "two"}))
    assert found.release is not None
    assert (found.release.commit, found.sealed_commit) == ("two", "one")


def test_the_findings_are_those_of_the_last_halt() -> None:
    """A run waits at the findings of its last halt, each with what it says and as it is stored."""
    again = {**FINDING, "digest": "6e" * 32, "overridable": False, "false_alarm_rate": None}
    found = history(
        "run.requested", sealing("run.halted", "one"), "run.continued", ("run.halted", {"findings": [again]})
    )
    (finding,) = found.findings
    assert finding.stored == again
    names = ("step", "gate", "subject", "message", "statistic", "threshold", "overridable", "digest")
    assert {name: getattr(finding, name) for name in (*names, "false_alarm_rate")} == again


def test_why_a_run_stopped() -> None:
    """A halt is told by its findings, a failure by its reason; what went wrong later is told in place of it."""
    halted = history("run.requested", sealing("run.halted", "one"))
    failed = history("run.requested", ("run.failed", {"step": "effect", "error": "EstimationError"}))
    assert halted.stop is not None
    assert (halted.stop.messages, halted.stop.step) == (("age is imbalanced",), None)
    assert failed.stop is not None
    assert (failed.stop.step, failed.stop.error, failed.stop.findings) == ("effect", "EstimationError", ())
    assert failed.stop.messages == ("reason of run.failed",)
    rejected = history("run.requested", sealing("run.halted", "one"), "run.rejected")
    assert rejected.trouble is not None
    assert rejected.trouble.messages == ("reason of run.rejected",)
    assert rejected.stop == halted.stop


def test_a_halt_without_its_findings_is_refused() -> None:
    """Who asks at what a run waits is never told that it waits at nothing."""
    with pytest.raises(
        IntegrityError, match=r"ledger event 2 \(run\.halted\) has no list of sections 'findings'"
    ):
        _ = history("run.requested", "run.halted").findings


def test_decisions_are_told_and_refused_ones_apart() -> None:
    """A decision has its envelope, what it tells and what it is on; an attempt says what was wanted and why not."""
    statement = {
        "predicate": {"meaning": "approve"},
        "subject": [{"name": "report.pdf", "digest": {"sha256": "ab"}}, {"name": "nothing", "digest": {}}],
    }
    envelope = base64.b64encode(b"signed").decode()
    found = history(
        "run.requested",
        ("decision.refused", {"meaning": "approve", "cause": "passphrase"}),
        "decision.refused",
        ("decision.signed", {"statement": statement, "envelope": envelope, "signed_report": {"size": 5}}),
        ("decision.signed", {"statement": statement, "envelope": envelope}),
    )
    first, second = found.decisions
    assert (first.envelope, first.statement, first.told.text("meaning")) == (b"signed", statement, "approve")
    assert first.digests == {"report.pdf": "ab", "nothing": ""}
    assert (first.signed_report, second.signed_report) == ({"size": 5}, None)
    assert [(one.meaning, one.cause) for one in found.refused_decisions] == [
        ("approve", "passphrase"),
        (None, None),
    ]


def test_all_accepted_decisions_are_told() -> None:
    """A run that went on twice has the decisions of both times, as they are stored."""
    taken = [{"finding": str(number), "name": "Rita"} for number in range(3)]
    found = history(
        "run.requested",
        ("run.continued", {"decisions": taken[:2]}),
        ("run.continued", {"decisions": taken[2:]}),
    )
    assert list(found.accepted) == taken


def test_the_first_data_lock_and_the_last_performance_count() -> None:
    """The lock is what was frozen first; a step was done as its last event says, whether it halted or not."""
    done = {"inputs": {"a": "1"}, "outputs": {"b": "2"}}
    found = history(
        "run.requested",
        ("lock.frozen", {"files": {"lock/raw": "1"}, "pointer": "outs"}),
        ("lock.frozen", {"files": {}, "pointer": ""}),
        ("check.completed", {}),
        ("check.halted", done),
        ("checkpoint.signed", {}),
    )
    assert found.data_lock is not None
    assert (found.data_lock.files, found.data_lock.pointer) == ({"lock/raw": "1"}, "outs")
    performed = found.performed("check")
    assert performed is not None
    assert {"inputs": performed.inputs, "outputs": performed.outputs} == done
    assert found.performed("effect") is None


def test_a_step_tells_its_look() -> None:
    """The step that estimates says which look it was, or that it was none; an older version's event says neither."""
    for told in ({"look": {"month": "2025-03"}}, {"look": None}, {}):
        performed = history(("effect.completed", {"inputs": {}, "outputs": {}, **told})).performed("effect")
        assert performed is not None
        assert performed.tells_look is bool(told)
        assert (performed.look and performed.look.values) == told.get("look")


def test_the_archive_is_told() -> None:
    """An archived run names its manifest, and the latest day until which it was ever to be kept."""
    archived = {"manifest": "ab", "ledger": 7, "objects": 12, "retain_until": "2040-03-31"}
    found = history(
        ("archive.completed", archived),
        ("archive.extended", {"retain_until": "2045-03-31"}),
        ("archive.extended", {"retain_until": "2041-03-31"}),
    )
    assert (found.archived.manifest, found.archived.covered, found.archived.objects) == ("ab", 7, 12)
    assert found.archivings == (Archiving(found.events[0]),)
    assert found.kept_until == "2045-03-31"
    assert history(("archive.completed", archived)).kept_until == "2040-03-31"


def test_only_the_last_word_on_a_hold_stands() -> None:
    """A run is held from its last hold on, until that is lifted; the lifting is told then."""
    held = history("archive.held", "archive.lifted", "archive.held", "archive.verified")
    assert (held.hold, held.lifted) == (held.events[2], held.events[1])
    lifted = history("archive.held", "archive.lifted", "archive.verified")
    assert (lifted.hold, lifted.lifted) == (None, lifted.events[1])


def test_signed_exports_are_told_newest_first() -> None:
    """An export counts when the service signed the ledger's head that it is; a copy of one does not."""
    signature = base64.b64encode(b"head").decode()
    found = history(
        ("run.exported", {"manifest": "ab", "until": 0, "whole_ledger": False}),
        ("checkpoint.signed", {"sequence": 1, "envelope": signature}),
        ("run.exported", {"manifest": "ab", "copy_of": 1}),
        ("run.exported", {"manifest": "cd", "until": 3, "whole_ledger": True}),
        ("checkpoint.signed", {"sequence": 4, "envelope": signature}),
        ("checkpoint.signed", {}),
    )
    assert found.signed_exports == (
        (Exported(found.events[3]), b"head"),
        (Exported(found.events[0]), b"head"),
    )
    newest = found.signed_exports[0][0]
    assert (newest.manifest, newest.until, newest.whole_ledger) == ("cd", 3, True)


OF_RUNS = st.tuples(
    st.sampled_from([str(RUN), str(OTHER)]),
    st.sampled_from(["run.requested", "run.sealed", "decision.refused"]),
)
OF_OTHERS = st.tuples(st.sampled_from(["requests", "ana"]), st.sampled_from(["run.refused", "person.added"]))


@given(st.lists(OF_RUNS | OF_OTHERS, max_size=12))
def test_histories_are_those_of_each_run_by_itself(told: list[tuple[str, str]]) -> None:
    """One reading of many runs gives what a reading of each run gives, in order of request, and nothing else."""
    events = ledger(*((subject, action, {}) for subject, action in told))
    runs = dict.fromkeys(event.subject for event in events if event.action == "run.requested")
    assert list(histories(events)) == [
        RunHistory.of(RunId.parse(run), (event for event in events if event.subject == run)) for run in runs
    ]


def test_a_run_is_read_from_its_first_event_on() -> None:
    """What was told of a run before its request belongs to its history; of a run that nobody asked for is none."""
    told = [(RUN, "decision.refused"), (OTHER, "export.refused"), (RUN, "run.requested")]
    events = ledger(*((str(run), action, {}) for run, action in told))
    assert histories(events) == (RunHistory(RUN, (events[0], events[2])),)


@given(st.lists(st.sampled_from(sorted(ACTIONS)), max_size=12))
def test_what_is_told_is_in_the_order_of_the_ledger(actions: list[str]) -> None:
    """Whatever happens in whatever order, the answers are the events of their kind, the state that of the table."""
    found = history(*actions)
    assert [one.event for one in found.sealings] == [e for e in found.events if e.action in SEALED_BY]
    stops = [e for e in found.events if e.action in STOPPED_BY]
    assert (found.stop.event if found.stop else None) == (stops[-1] if stops else None)
    assert found.told(*ACTIONS) == found.events
    assert (found.hold is None) or (found.lifted is None) or found.hold.sequence > found.lifted.sequence
    assert outcome(found) == outcome(found.events)


def outcome(told: RunHistory | tuple[LedgerEvent, ...]) -> object:
    """Return the state that is told, or the message of its refusal."""
    try:
        return told.state if isinstance(told, RunHistory) else state_of(told)
    except MediCoreError as error:
        return str(error)


def test_malformed_details_are_named_by_their_event() -> None:
    """Details that hold something else than MediCore writes are refused with the event's number and action."""
    found = history("run.requested", ("run.sealed", {"commit": 7}))
    with pytest.raises(
        IntegrityError,
        match=r"^ledger event 2 \(run\.sealed\) has no text 'commit'; expected the one that was recorded; run "
        "'medicore ledger verify'$",
    ):
        _ = found.sealed_commit
    with pytest.raises(IntegrityError, match=r"^ledger event 1 \(run\.requested\) has no section 'protocol'"):
        _ = found.request.protocol
    assert details_of(found.events[1]).count("commit") == 7
