"""What was done with a run follows from what people signed: whoever writes otherwise into the state folder is named."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from medicore.cases.keeping.correcting import correct
from medicore.cases.keeping.release import follow
from medicore.cases.people.logged import SERVICE
from medicore.cases.proof.verify import verify
from medicore.cases.proof.verify_acts import act_checks
from medicore.cases.review.review import approvals_of
from medicore.cases.run.decisions import verified
from medicore.cases.run.runs import next_tag
from medicore.cases.run.stored import read_provenance
from medicore.errors import IntegrityError, ReviewError
from medicore.records.canonical import document, sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from medicore.records.ledger.states import RunState
from medicore.records.people.decision import Statement
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, words
from tests.whole_house.study import SOUND, SOUND_RUN, WAITING_RUN
from tests.whole_house.tampering import force, slip_in, without_heads, written_anew

RUN = RunId.parse(SOUND_RUN)


def failed(whole: WholeHouse, run: str = SOUND_RUN) -> dict[str, str]:
    """Return the checks of a run that fail."""
    return {check.subject: check.found for check in verify(whole.house, RunId.parse(run)) if not check.passed}


def forged(whole: WholeHouse, action: str, run: str = SOUND_RUN, **details: Any) -> int:
    """Write an event of the service into the ledger, as one with the file and without any key could; return its number."""
    (event,) = slip_in(
        whole.home / "ledger.db", whole.clock, NewEvent(SERVICE, "service", action, run, "", details)
    )
    return event.sequence


def invented(whole: WholeHouse, run: str) -> list[dict[str, Any]]:
    """Return acceptances of every finding of a halted run that nobody signed."""
    return [
        {
            "finding": finding.digest, "meaning": "proceed", "reason": "Fine", "signer": "rita", "name": "Rita",
            "role": "reviewer", "signed_at": "2025-04-01T06:00:00Z", "sequence": 1,
        }
        for finding in whole.history(run).findings
    ]  # fmt: skip


def test_a_forged_continuation_passes_no_gate(month: WholeHouse) -> None:
    """A continuation with invented decisions is refused before the run is taken, and named by its number (FAULTS 73)."""
    number = forged(month, "run.continued", WAITING_RUN, decisions=invented(month, WAITING_RUN))
    with pytest.raises(IntegrityError, match=f"ledger event {number} says that {WAITING_RUN} continued"):
        month.follow(WAITING_RUN)
    assert list(failed(month, WAITING_RUN)) == [f"run.continued {number}"]
    assert month.actions(WAITING_RUN)[-2:] == ["run.continued", "verification.failed"]


def test_a_continuation_of_other_words_than_were_signed_is_refused(month: WholeHouse) -> None:
    """Whoever continues a run with true decisions, but other reasons, continues nothing."""
    for finding in month.history(WAITING_RUN).findings:
        month.sign(WAITING_RUN, "proceed", finding=finding.digest)
    decisions = [
        {
            "finding": statement.finding, "meaning": "proceed", "reason": "Another reason", "signer": "rita",
            "name": statement.printed_name, "role": "reviewer", "signed_at": statement.signed_at,
            "sequence": signed.event.sequence,
        }
        for signed in month.history(WAITING_RUN).decisions
        for statement in [verified(month.house, signed)]
    ]  # fmt: skip
    number = forged(month, "run.continued", WAITING_RUN, decisions=decisions)
    with pytest.raises(IntegrityError, match="expected signed decisions on all of its"):
        month.follow(WAITING_RUN)
    assert list(failed(month, WAITING_RUN)) == [f"run.continued {number}"]


@pytest.mark.parametrize(
    ("action", "details"),
    [
        ("run.rejected", {"decision": 1}),
        ("run.released", {"tag": f"record/{SOUND_RUN}"}),
    ],
)
def test_what_needs_a_decision_and_has_none_is_named(
    month: WholeHouse, action: str, details: Mapping[str, Any]
) -> None:
    """A rejection or a release that nobody signed fails by its number."""
    commit = month.history(SOUND_RUN).sealed_commit
    number = forged(month, action, commit=commit, **details)
    assert f"{action} {number}" in failed(month)


def test_a_second_seal_is_refused_and_one_that_stands_is_named(month: WholeHouse) -> None:
    """The ledger takes no second seal; where an older one took it, verify names it, until somebody signs that it is void."""
    sealing = month.history(SOUND_RUN).sealed.event
    again = NewEvent(SERVICE, "service", "run.sealed", SOUND_RUN, "", sealing.details)
    with pytest.raises(ReviewError, match=r"'run\.sealed' is not allowed for a run that is sealed"):
        month.house.ledger.append(again)
    (second,) = slip_in(
        month.home / "ledger.db", month.clock, replace(again, details={**sealing.details, "commit": "0" * 40})
    )
    assert f"ledger event {second.sequence} says 'run.sealed'" in failed(month)["states of the run"]
    with pytest.raises(IntegrityError, match="medicore ledger correct"):
        month.begin(SOUND)
    with pytest.raises(ReviewError):
        correct(month.house, actor("ana"), RUN)
    correction = correct(month.house, actor("otto", "Two workers sealed it in an older version"), RUN)
    assert correction.details["disregarded"] == [second.sequence]
    assert failed(month) == {}
    assert f"correction {correction.sequence} by otto" in [c.subject for c in verify(month.house, RUN)]
    month.release(SOUND_RUN)
    assert month.state(SOUND_RUN) is RunState.ARCHIVED
    with pytest.raises(ReviewError, match="every event of"):
        correct(month.house, actor("otto"), RUN)


def test_a_correction_without_a_signature_or_of_what_is_possible_skips_nothing(month: WholeHouse) -> None:
    """An unsigned correction fails, and none takes back what the state allowed, as a rejection."""
    month.sign(SOUND_RUN, "reject")
    month.follow(SOUND_RUN)
    rejected = month.history(SOUND_RUN).told("run.rejected")[0].sequence
    number = forged(month, "ledger.corrected", disregarded=[rejected])
    assert month.state(SOUND_RUN) is RunState.REJECTED
    assert list(failed(month)) == [f"correction {number} by {SERVICE}"]


def statement_of(whole: WholeHouse, run: str) -> Statement:
    """Return the approval that rita signed of a run."""
    ((statement, _),) = approvals_of(whole.house, RunId.parse(run))
    return statement


def test_an_approval_of_the_own_run_is_named(month: WholeHouse) -> None:
    """An approval that its requester signed, written past every rule, fails, and no release follows (FAULTS 75)."""
    month.sign(SOUND_RUN, "approve")
    said = statement_of(month, SOUND_RUN)
    people = month.house.ledger.events(subject="ana", action="person.added")
    (ana,) = people
    own = replace(
        said, signer="ana", printed_name=ana.details["name"], role="analyst",
        certificate=ana.details["fingerprint"],
    )  # fmt: skip
    envelope = month.house.seals.sign(own, words("ana"))
    details = {"statement": own.as_json(), "envelope": base64.b64encode(envelope).decode()}
    (event,) = slip_in(
        month.home / "ledger.db",
        month.clock,
        NewEvent("ana", "analyst", "decision.signed", SOUND_RUN, own.reason, details),
    )
    assert list(failed(month)) == [f"signature {event.sequence} by ana"]
    with pytest.raises(ReviewError):
        month.follow(SOUND_RUN)
    assert month.records.resolve(f"record/{SOUND_RUN}") is None


def test_a_decision_that_is_told_with_other_words_is_named(month: WholeHouse) -> None:
    """The event tells the reason, the name and the role that were signed, or fails."""
    month.sign(SOUND_RUN, "approve")
    (event,) = month.history(SOUND_RUN).told("decision.signed")
    for change in (
        {"reason": "A kinder reason"},
        {"role": "quality"},
        {"details": {**event.details, "statement": {**event.details["statement"], "printed_name": "Dr. R"}}},
    ):
        copy = NewEvent(event.actor, event.role, event.action, event.subject, event.reason, event.details)
        (told,) = slip_in(month.home / "ledger.db", month.clock, replace(copy, **change))
        assert f"signature {told.sequence} by rita" in failed(month)


def test_a_planted_release_tag_is_neither_released_nor_overlooked(month: WholeHouse) -> None:
    """A record/… tag with another estimate is refused by the release, and named before it (FAULTS 74)."""
    month.sign(SOUND_RUN, "approve")
    sealed = month.history(SOUND_RUN).sealed_commit
    planted = month.records.seal(
        parent=sealed, replaced="", files={f"{RUN.folder}/results.json": b"{}"}, tag=f"record/{SOUND_RUN}",
        message=f"{SOUND_RUN}: released", actor="rita", at=month.clock.now(),
    )  # fmt: skip
    assert "which the ledger does not name" in failed(month)["tags of the run"]
    with pytest.raises(IntegrityError, match=f"tag record/{SOUND_RUN} exists already, on another record"):
        month.follow(SOUND_RUN)
    assert month.state(SOUND_RUN) is RunState.SEALED
    assert month.records.resolve(f"record/{SOUND_RUN}") == planted
    del month.records.named[f"record/{SOUND_RUN}"]
    assert month.follow(SOUND_RUN) is None
    assert failed(month) == {}


def test_a_planted_run_tag_is_never_sealed(month: WholeHouse) -> None:
    """A run/… tag that waits for the next run, with another estimate and head, is on another record, and refused."""
    first = month.history(SOUND_RUN)
    run = RunId.parse(f"{SOUND_RUN.rpartition('/')[0]}/2")
    told = read_provenance(month.house, RUN, first.sealed_commit)
    for head in ({"sequence": 1, "digest": "0" * 64}, told["ledger_head"]):
        provenance = {**told, "ledger_head": head, "sealed_at": "2030-01-01T00:00:00Z"}
        month.records.named.pop(f"run/{run}", None)
        month.records.seal(
            parent=first.request.code_commit, replaced=run.folder, tag=f"run/{run}", message=f"{run}: candidate",
            files={f"{run.folder}/provenance.json": document(provenance)}, actor=SERVICE, at=month.clock.now(),
        )  # fmt: skip
        with pytest.raises(IntegrityError, match=f"tag run/{run} exists already, on another record"):
            month.run(SOUND)
    del month.records.named[f"run/{run}"]
    assert month.run(SOUND).run == str(run)
    assert failed(month, str(run)) == {}


def planted(whole: WholeHouse, run: str) -> str:
    """Plant a copy of a run's last record under the tag of its next sealing, and return that tag."""
    history = whole.history(run)
    tag = next_tag(history)
    whole.records.named[tag] = whole.records.named[history.sealings[-1].tag]
    return tag


@pytest.mark.parametrize("run", [SOUND_RUN, WAITING_RUN])
def test_a_tag_for_a_sealing_that_nobody_began_is_named(month: WholeHouse, run: str) -> None:
    """A sealed or halted run has no next sealing: a tag for one is named, on whatever record it is (FAULTS 74)."""
    tag = planted(month, run)
    assert (
        f"the record repository has {tag}, which the ledger does not name"
        in failed(month, run)["tags of the run"]
    )


def test_the_tag_of_a_run_at_work_is_left_to_who_resumes_it(month: WholeHouse) -> None:
    """Once a run has gone on, the ledger says that somebody is at work: the tag may be that of a killed process."""
    for finding in month.history(WAITING_RUN).findings:
        month.sign(WAITING_RUN, "proceed", finding=finding.digest)
    named = RunId.parse(WAITING_RUN)
    assert follow(month.house, named) is not None
    assert month.state(WAITING_RUN) is RunState.RUNNING
    planted(month, WAITING_RUN)
    assert "tags of the run" not in failed(month, WAITING_RUN)


def test_a_run_that_is_released_meanwhile_is_not_suspected(month: WholeHouse) -> None:
    """The tags are held against the ledger as it is by then, not as it was when the verification began."""
    before = month.history(SOUND_RUN)
    month.release(SOUND_RUN)
    (check,) = [check for check in act_checks(month.house, before) if check.subject == "tags of the run"]
    assert check.passed, check.found


def test_a_record_that_its_ledger_does_not_tell_is_named(month: WholeHouse) -> None:
    """Provenance, commit, tag and event rewritten together still differ from request, steps and head (FAULTS 77)."""
    sealing = month.history(SOUND_RUN).sealed
    provenance = read_provenance(month.house, RUN, sealing.commit)
    code = month.history(SOUND_RUN).request.code_commit
    files = {
        name: month.records.read(sealing.commit, f"{RUN.folder}/{name}")
        for name in month.records.names(sealing.commit, RUN.folder)
    }
    results = files["results.json"] + b"\n"
    for entry in provenance["files"]:
        if entry["name"] == "results.json":
            entry |= {"sha256": sha256(results), "size": len(results)}
    provenance["run"]["requested_by"] = "otto"
    provenance["ledger_head"]["digest"] = "0" * 64
    changed = document(provenance)
    del month.records.named[sealing.tag]
    commit = month.records.seal(
        parent=code, replaced=RUN.folder, tag=sealing.tag, message=f"{RUN}: candidate", actor=SERVICE,
        files={
            f"{RUN.folder}/{name}": data
            for name, data in (files | {"results.json": results, "provenance.json": changed}).items()
        },
        at=month.clock.now(),
    )  # fmt: skip
    details = {**sealing.event.details, "commit": commit, "provenance": sha256(changed)}
    events = [*month.house.ledger.events()]
    force(month.home / "ledger.db", written_anew(events, sealing.event.sequence, details=details))
    without_heads(month.home / "archive")
    found = failed(month)
    assert {f"{what} in {sealing.tag}" for what in ("identity", "steps", "ledger head")} <= found.keys()
