"""approvals: every decision with who, why, on what, and whether it holds: when it was signed, and now."""

import base64
from dataclasses import replace

import pytest

from medicore.cases.people.people import listed, renew, revoke
from medicore.cases.review.approvals import approvals
from medicore.cases.run.decisions import decision_digests
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import file_entry, read_provenance
from medicore.errors import ProtocolError, ReviewError
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, issuance
from tests.whole_house.study import SOUND, SOUND_RUN, WAITING_RUN

RUN = RunId.parse(SOUND_RUN)


def test_a_decision_has_signer_certificate_and_digests(released: WholeHouse) -> None:
    """Of a release is told who approved it, in which role, why, by which certificate, on which digests."""
    answer = approvals(released.house, RUN)
    (held,) = answer["decisions"]
    (rita,) = (row for row in listed(released.house) if row["identifier"] == "rita")
    assert (answer["run"], answer["requested_by"], answer["refused"]) == (SOUND_RUN, "ana", [])
    assert (held["signer"], held["name"], held["role"], held["meaning"]) == (
        "rita", "Rita Reviewer", "reviewer", "approve",
    )  # fmt: skip
    assert (held["reason"], held["finding"]) == ("Looked at it and found it so", None)
    assert held["certificate"] == {
        "serial": rita["certificate"]["serial"],
        "fingerprint": rita["certificate"]["fingerprint"],
        "issuer": "embedded authority",
        "valid_from": rita["certificate"]["valid_from"],
        "valid_until": rita["certificate"]["valid_until"],
        "now": "in force",
    }
    assert held["digests"] == decision_digests(released.house, RUN, released.history(RUN).sealed_commit)
    assert (held["valid_when_signed"], held["valid_now"], held["fault"]) == (True, True, None)


def test_who_claimed_to_sign_is_told(month: WholeHouse) -> None:
    """A refusal is the service's event with the claimed name, and a guess the person's own; those of earlier versions read as ever."""
    with pytest.raises(ReviewError):
        month.sign(SOUND_RUN, "approve", "ana")
    with pytest.raises(ReviewError):
        month.sign(SOUND_RUN, "approve", "rita", "guessed it")
    earlier = NewEvent("quinn", "quality", "decision.refused", SOUND_RUN, "as before", {"cause": "refused"})
    month.house.ledger.append(earlier)
    told = approvals(month.house, RUN)["refused"]
    assert [(row["who"], row["cause"]) for row in told] == [
        ("ana", "refused"), ("rita", "passphrase"), ("quinn", "refused"),
    ]  # fmt: skip
    events = [event for event in month.events(SOUND_RUN) if event.action == "decision.refused"]
    assert [event.actor for event in events] == ["medicore", "rita", "quinn"]


def test_what_became_of_a_certificate_takes_nothing_from_its_decisions(released: WholeHouse) -> None:
    """Renewed, expired or revoked since: the answer says so, and the decision is valid as before (FAULTS 19)."""
    told = []
    released.clock.pass_days(1)
    renew(released.house, actor(), "rita", None, lambda: issuance("rita", 1000))
    told.append(approvals(released.house, RUN)["decisions"][0])
    released.clock.pass_days(800)
    told.append(approvals(released.house, RUN)["decisions"][0])
    assert {row["certificate"]["now"] for row in told} == {"renewed since"}
    assert all(
        (row["valid_when_signed"], row["valid_now"], row["fault"]) == (True, True, None) for row in told
    )


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_a_certificate_that_ended_is_said_so(released: WholeHouse, end: str) -> None:
    """The answer tells how the certificate stands now, with the day of a revocation."""
    if end == "revoked":
        released.clock.pass_days(2)
        at = revoke(released.house, actor(), "rita").at
        expected = f"revoked on {at}"
    else:
        released.clock.pass_days(400)
        expected = "expired"
    (held,) = approvals(released.house, RUN)["decisions"]
    assert held["certificate"]["now"] == expected
    assert (held["valid_when_signed"], held["valid_now"]) == (True, True)


def test_a_file_that_is_lost_makes_the_decision_invalid_now(released: WholeHouse) -> None:
    """The signature held when it was made; what it was made on is there no more."""
    commit = sealed_commit(released.house, RUN)
    md5 = file_entry(read_provenance(released.house, RUN, commit), "report.pdf")["md5"]
    released.content.remote[md5] = b"%PDF other"
    assert approvals(released.house, RUN)["decisions"][0]["valid_now"], "the other copy is whole"
    released.content.cache[md5] = b"%PDF other"
    (held,) = approvals(released.house, RUN)["decisions"]
    assert (held["valid_when_signed"], held["valid_now"]) == (True, False)
    assert held["fault"].startswith(f"report.pdf of {RUN}: 2 copies, none with the recorded SHA-256")


def test_a_decision_that_the_ledger_tells_otherwise_was_never_valid(month: WholeHouse) -> None:
    """An event that tells another reason than was signed is no decision, whatever its envelope holds."""
    first = month.sign(SOUND_RUN, "approve")
    told = {**first.details["statement"]["predicate"], "reason": "Because"}
    statement = {**first.details["statement"], "predicate": told}
    details = {"statement": statement, "envelope": first.details["envelope"]}
    month.house.ledger.append(NewEvent("rita", "reviewer", "decision.signed", SOUND_RUN, "Because", details))
    good, bad = approvals(month.house, RUN)["decisions"]
    assert (good["valid_when_signed"], bad["valid_when_signed"], bad["valid_now"]) == (True, False, False)
    assert "tells another decision than rita signed" in bad["fault"]


def test_a_signature_that_was_cut_from_another_envelope_does_not_hold(month: WholeHouse) -> None:
    """A changed envelope is told as a fault, and stops nothing else."""
    event = month.sign(SOUND_RUN, "approve")
    envelope = base64.b64decode(event.details["envelope"]).replace(b'"sig":"', b'"sig":"AAAA')
    details = {**event.details, "envelope": base64.b64encode(envelope).decode()}
    month.house.ledger.append(
        NewEvent("rita", "reviewer", "decision.signed", SOUND_RUN, event.reason, details)
    )
    (_, bad) = approvals(month.house, RUN)["decisions"]
    assert (bad["valid_when_signed"], "does not verify" in bad["fault"]) == (False, True)


def test_refused_attempts_are_part_of_the_answer(month: WholeHouse) -> None:
    """Who tried to sign and was refused is told with meaning, cause and words, in order, beside the decisions."""
    with pytest.raises(ReviewError):
        month.sign(SOUND_RUN, "approve", by="ana")
    with pytest.raises(ReviewError):
        month.sign(SOUND_RUN, "approve", passphrase="guessed it")
    month.sign(SOUND_RUN, "approve")
    answer = approvals(month.house, RUN)
    assert [(row["who"], row["meaning"], row["cause"]) for row in answer["refused"]] == [
        ("ana", "approve", "refused"), ("rita", "approve", "passphrase"),
    ]  # fmt: skip
    assert "ana asked for this run" in answer["refused"][0]["message"]
    assert len(answer["decisions"]) == 1


def test_answers_to_findings_hold_for_the_sealing_that_they_were_given_on(month: WholeHouse) -> None:
    """A continued run's decisions stay valid, each on its own sealed commit."""
    month.proceed(WAITING_RUN)
    month.release(WAITING_RUN, by="quinn")
    found = approvals(month.house, RunId.parse(WAITING_RUN))["decisions"]
    assert [(row["meaning"], row["signer"]) for row in found] == [
        ("proceed", "rita"), ("proceed", "rita"), ("approve", "quinn"),
    ]  # fmt: skip
    assert all(row["valid_when_signed"] and row["valid_now"] for row in found)
    assert len({row["digests"]["sealed commit"] for row in found}) == 2
    assert [row["finding"] is None for row in found] == [False, False, True]


def test_a_run_that_nobody_asked_for_has_no_approvals(month: WholeHouse) -> None:
    """An unknown run is said to be unknown."""
    with pytest.raises(ProtocolError, match=f"run {SOUND}/2025-03/99 is unknown"):
        approvals(month.house, replace(RUN, number=99))
