"""What follows a decision: a run goes on, is released, or is closed, and by nothing but decisions that prove."""

import base64
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.keeping.release import follow
from medicore.cases.people.signers import people
from medicore.cases.proof.verify import verify
from medicore.cases.run.decisions import decision_digests
from medicore.cases.run.seal import release_commit
from medicore.errors import ArchiveError, ConfigurationError, IntegrityError, MediCoreError, ReviewError
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from medicore.records.ledger.states import RunState
from medicore.records.moment import timestamp
from medicore.records.people.decision import Statement, state
from medicore.records.people.people import Role, person_named
from medicore.stores.keys.authority import Authority, Subject
from medicore.stores.keys.signer import sign
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import words
from tests.whole_house.prepared_study import MONTH
from tests.whole_house.study import (
    BROKEN_RUN,
    FAILED_RUN,
    SOUND,
    SOUND_RUN,
    WAITING,
    WAITING_RUN,
    waiting,
)

RUN = RunId.parse(SOUND_RUN)
FORGED = "a long passphrase of the forger"


def statement(whole: WholeHouse, run: str, **changed: Any) -> Statement:
    """Return rita's decision on a run, with some of its parts changed."""
    parts = {
        "digests": decision_digests(whole.house, RunId.parse(run), whole.history(run).sealed_commit),
        "finding": None,
        "meaning": "approve",
        "reason": "Looked at it and found it so",
        "signed_at": timestamp(whole.clock.now()),
        **changed,
    }
    return state(person_named(people(whole.house), "rita"), run=run, **parts)


def slipped_in(whole: WholeHouse, run: str, said: Statement, envelope: bytes) -> None:
    """Write a decision into the ledger past every check, its chain intact, as one with the database could."""
    details = {"statement": said.as_json(), "envelope": base64.b64encode(envelope).decode()}
    whole.house.ledger.append(NewEvent("rita", "reviewer", "decision.signed", run, said.reason, details))


def require_halted(whole: WholeHouse, run: str, told: str, family: type[MediCoreError] = ReviewError) -> None:
    """Assert that following the decisions is refused, that the ledger says why, and that the run waits as before."""
    before = whole.state(run)
    with pytest.raises(family, match=told) as refused:
        whole.follow(run)
    last = whole.events(run)[-1]
    assert (last.action, last.actor, last.reason) == ("review.halted", "medicore", str(refused.value))
    assert whole.state(run) is before
    assert whole.records.resolve(f"record/{run}") is None


def test_an_approved_run_is_released_and_archived(month: WholeHouse) -> None:
    """The release is a child of the sealed commit, with the signed decisions and the signed report; then it is archived."""
    event = month.sign(SOUND_RUN, "approve")
    assert month.follow(SOUND_RUN) is None
    sealed, released = (month.records.resolve(f"{kind}/{RUN}") for kind in ("run", "record"))
    assert released == release_commit(month.house, RUN) is not None
    assert month.records.commit_object(released).split(b"\n")[1] == f"parent {sealed}".encode()
    before, after = (set(month.records.names(commit, RUN.folder)) for commit in (sealed, released))
    assert after - before == {
        f"decisions/{event.sequence}.dsse.json", "decisions/index.json", "report.signed.pdf.dvc",
    }  # fmt: skip
    kept = month.records.read(released, f"{RUN.folder}/decisions/{event.sequence}.dsse.json")
    assert kept == base64.b64decode(event.details["envelope"])
    assert b" <rita@medicore.invalid> " in month.records.commit_object(released)
    wanted = ["decision.signed", "review.completed", "run.released", "archive.completed", "checkpoint.signed"]
    assert month.actions(SOUND_RUN)[-5:] == wanted
    assert month.state(SOUND_RUN) is RunState.ARCHIVED


def test_following_again_changes_nothing(released: WholeHouse) -> None:
    """What is archived or rejected has nothing left to follow."""
    released.sign(BROKEN_RUN, "reject")
    released.follow(BROKEN_RUN)
    for run in (SOUND_RUN, BROKEN_RUN):
        before = released.events(run)
        assert released.follow(run) is None
        assert released.events(run) == before


def test_without_a_decision_a_run_stays_where_it_is(month: WholeHouse) -> None:
    """Whoever follows, without a signature nothing is released and nothing continued (FAULTS 23)."""
    require_halted(month, SOUND_RUN, "has no approval; sign one with")
    first, _ = month.history(WAITING_RUN).findings
    require_halted(month, WAITING_RUN, "still waits at 2 finding")
    month.sign(WAITING_RUN, "proceed", finding=first.digest)
    require_halted(month, WAITING_RUN, "still waits at 1 finding")
    with pytest.raises(ReviewError, match="is failed; nothing is left to decide"):
        month.follow(FAILED_RUN)


def test_a_continued_run_goes_on_under_its_number(month: WholeHouse) -> None:
    """With every finding answered the same run is computed to its end on the same lock, and waits for approval."""
    outcome = month.proceed(WAITING_RUN)
    actions = month.actions(WAITING_RUN)
    assert (outcome.run, outcome.state) == (WAITING_RUN, "candidate")
    assert (
        actions.count("lock.frozen") == actions.count("run.requested") == actions.count("run.continued") == 1
    )
    assert month.state(WAITING_RUN) is RunState.SEALED
    month.release(WAITING_RUN)
    commit = month.records.resolve(f"record/{WAITING_RUN}")
    assert commit is not None
    folder = f"{RunId.parse(WAITING_RUN).folder}/decisions"
    assert len(month.records.names(commit, folder)) == 4, "both answers, the approval, and their index"
    assert [check for check in verify(month.house, RunId.parse(WAITING_RUN)) if not check.passed] == []


def test_a_run_is_continued_by_its_own_code_alone(month: WholeHouse) -> None:
    """Other code, or changed code, continues nothing, and the ledger says so; with its own it goes on."""
    for finding in month.history(WAITING_RUN).findings:
        month.sign(WAITING_RUN, "proceed", finding=finding.digest)
    plan = month.root / "dvc.yaml"
    whole = plan.read_text()
    plan.write_text(f"{whole}# more\n")
    require_halted(month, WAITING_RUN, "the code is not commit", ConfigurationError)
    month.commit("A later version")
    require_halted(month, WAITING_RUN, "began on commit", ConfigurationError)
    plan.write_text(whole)
    month.commit("As before")
    require_halted(month, WAITING_RUN, "began on commit", ConfigurationError)


def test_a_continuation_that_was_killed_goes_on(month: WholeHouse) -> None:
    """A run that was continued and whose process died is reopened by following again, and by its own code."""
    for finding in month.history(WAITING_RUN).findings:
        month.sign(WAITING_RUN, "proceed", finding=finding.digest)
    assert follow(month.house, RunId.parse(WAITING_RUN)) is not None
    assert month.state(WAITING_RUN) is RunState.RUNNING
    outcome = month.follow(WAITING_RUN)
    assert outcome is not None
    assert outcome.state == "candidate"
    assert month.actions(WAITING_RUN).count("run.continued") == 1


def test_a_rejected_run_is_closed_and_kept(month: WholeHouse) -> None:
    """A rejection closes a halted or a sealed run with the reason, its head is signed, and the record still verifies."""
    for run in (BROKEN_RUN, SOUND_RUN):
        month.sign(run, "reject", reason="The source must be corrected first")
        assert month.follow(run) is None
        *_, closed, signed = month.events(run)
        assert (closed.action, closed.reason) == ("run.rejected", "The source must be corrected first")
        assert signed.action == "checkpoint.signed"
        assert month.state(run) is RunState.REJECTED
        assert [check for check in verify(month.house, RunId.parse(run)) if not check.passed] == []


def test_a_rejection_goes_before_an_approval(month: WholeHouse) -> None:
    """Where one person approves and another rejects before anything followed, the run is closed."""
    month.sign(SOUND_RUN, "approve")
    month.sign(SOUND_RUN, "reject", by="quinn")
    assert month.follow(SOUND_RUN) is None
    assert month.state(SOUND_RUN) is RunState.REJECTED
    assert month.records.resolve(f"record/{SOUND_RUN}") is None


def test_an_archive_that_broke_off_is_finished_by_following_again(month: WholeHouse) -> None:
    """A released run whose archive failed is archived by the next who follows; it is released once."""
    folder = month.home / "archive" / "archives"
    folder.parent.mkdir(exist_ok=True)
    folder.write_bytes(b"no folder")
    month.sign(SOUND_RUN, "approve")
    with pytest.raises((ArchiveError, ConfigurationError)):
        month.follow(SOUND_RUN)
    assert month.state(SOUND_RUN) is RunState.RELEASED
    assert month.actions(SOUND_RUN)[-1] == "archive.failed"
    folder.unlink()
    assert month.follow(SOUND_RUN) is None
    assert month.state(SOUND_RUN) is RunState.ARCHIVED
    assert month.actions(SOUND_RUN).count("run.released") == 1


def test_a_forged_signature_is_refused(month: WholeHouse, tmp_path: Path) -> None:
    """A decision signed with a key of the same name that our authority did not issue is no decision (FAULTS 16)."""
    said = statement(month, SOUND_RUN)
    forger = Authority.create(tmp_path / "forger", FORGED, month.clock, validity=timedelta(days=365))
    issued = forger.issue(
        Subject("rita", said.printed_name, Role.REVIEWER),
        passphrase=FORGED, authority_passphrase=FORGED, validity=timedelta(days=365),
    )  # fmt: skip
    slipped_in(
        month,
        SOUND_RUN,
        said,
        sign(replace(said, certificate=issued.fingerprint), forger.key("rita"), FORGED),
    )
    require_halted(month, SOUND_RUN, "does not verify")
    failed = [check.subject for check in verify(month.house, RUN) if not check.passed]
    assert [subject for subject in failed if subject.startswith("signature ")]


def test_an_approval_replayed_on_another_run_is_refused(month: WholeHouse) -> None:
    """The reviewer's true approval of one run releases no other (FAULTS 20)."""
    again = month.run(SOUND).run
    said = statement(month, SOUND_RUN)
    slipped_in(month, again, said, month.house.seals.sign(said, words("rita")))
    require_halted(month, again, "has no approval")
    said = statement(
        month,
        SOUND_RUN,
        digests=decision_digests(month.house, RunId.parse(again), month.history(again).sealed_commit),
    )
    slipped_in(month, again, said, month.house.seals.sign(said, words("rita")))
    require_halted(month, again, f"{SOUND_RUN}")


def test_an_approval_of_other_data_is_stale(month: WholeHouse) -> None:
    """An approval that was given when the data were others does not hold for these (FAULTS 24)."""
    digests = {
        **decision_digests(month.house, RUN, month.history(RUN).sealed_commit),
        "extract.parquet": "0" * 64,
    }
    said = statement(month, SOUND_RUN, digests=digests)
    slipped_in(month, SOUND_RUN, said, month.house.seals.sign(said, words("rita")))
    require_halted(month, SOUND_RUN, r"extract\.parquet")


def test_an_approval_by_one_who_may_not_is_refused(month: WholeHouse) -> None:
    """A true signature of who asked for the run, slipped into the ledger, releases nothing (FAULTS 17)."""
    said = replace(
        state(
            person_named(people(month.house), "ana"),
            run=SOUND_RUN,
            digests=decision_digests(month.house, RUN, month.history(RUN).sealed_commit),
            finding=None,
            meaning="approve",
            reason="Mine",
            signed_at=timestamp(month.clock.now()),
        )
    )
    envelope = month.house.seals.sign(said, words("ana"))
    details = {"statement": said.as_json(), "envelope": base64.b64encode(envelope).decode()}
    month.house.ledger.append(NewEvent("ana", "analyst", "decision.signed", SOUND_RUN, said.reason, details))
    require_halted(month, SOUND_RUN, "ana")


def test_an_override_dies_when_the_statistic_changes(month: WholeHouse) -> None:
    """What was answered of one statistic is no answer to another, though gate and subject are the same (FAULTS 21)."""
    first = month.history(WAITING_RUN).findings[0]
    month.sign(WAITING_RUN, "reject", reason="Corrected at source")
    month.follow(WAITING_RUN)
    shutil.rmtree(month.home / "inbox" / WAITING / MONTH)
    made = waiting()
    made.column("bmi", (made.numbers("bmi") + 0.5 * made.active).tolist()).deliver(month)
    second = month.run(WAITING).run
    assert (second, month.state(second)) == (f"{WAITING}/{MONTH}/2", RunState.HALTED)
    findings = month.history(second).findings
    assert (first.gate, first.subject) in [(one.gate, one.subject) for one in findings]
    with pytest.raises(ReviewError, match="names 0 of the findings"):
        month.sign(second, "proceed", finding=first.digest)
    assert month.actions(second)[-1] == "decision.refused"


def test_a_report_that_is_no_more_what_was_signed_is_not_released(month: WholeHouse) -> None:
    """When no copy of the signed report is whole, nothing is released."""
    event = month.sign(SOUND_RUN, "approve")
    address = event.details["signed_report"]["md5"]
    month.content.remote[address] = month.content.cache[address] = b"%PDF other"
    with pytest.raises(IntegrityError, match=r"report\.signed\.pdf: no copy"):
        month.follow(SOUND_RUN)
    assert month.state(SOUND_RUN) is RunState.SEALED
    assert month.records.resolve(f"record/{SOUND_RUN}") is None
