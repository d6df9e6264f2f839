"""One public key, one person: a second identifier with a used key is refused, found, and decides on nothing."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from medicore.cases.people.attributed import record_act, require_signatory
from medicore.cases.people.changes import people_check, proved_changes
from medicore.cases.people.people import Newcomer, add, listed, renew, revoke
from medicore.cases.people.signers import people
from medicore.cases.proof.verify import verify
from medicore.cases.proof.verify_ledger import verify_ledger
from medicore.cases.review.namesakes import namesakes
from medicore.cases.review.review import decision_digests
from medicore.errors import ReviewError
from medicore.records.checking import Check, CheckKind
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.moment import timestamp
from medicore.records.people.credential import Registration
from medicore.records.people.decision import state
from medicore.records.people.people import Permission, Role
from tests.stores.company import certify, company
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, issuance, words
from tests.whole_house.study import SOUND_RUN

RUN = RunId.parse(SOUND_RUN)


def certificate_of_used_key(whole: WholeHouse, person: str, name: str) -> Registration:
    """Return a company's certificate on another name for the key of a person, with that key under their passphrase."""
    kept = (whole.home / "people" / f"{person}.p12").read_bytes()
    key, _, _ = pkcs12.load_key_and_certificates(kept, words(person).encode())
    root, issuer = company(whole.clock.now())
    made = certify(name, issuer, start=whole.clock.now(), key=key)  # type: ignore[arg-type]
    return Registration(made.pem, issuer.pem + root.pem, made.pkcs12(words("rosa")))


def smuggle(whole: WholeHouse, registration: Registration, role: Role = Role.REVIEWER) -> LedgerEvent:
    """Add rosa as an operator with the state folder could: signed, past the rule of the command."""
    house = whole.house
    rosa = house.certifier.register("rosa", role, registration)
    otto = require_signatory(house, "otto", Permission.ADMINISTER, words)
    assert registration.key is not None
    house.certifier.keep("rosa", registration.key)
    return record_act(house, otto, "person.added", "rosa", "As asked", rosa.details())


def smuggle_approval(whole: WholeHouse) -> LedgerEvent:
    """Append rosa's approval of the sound run, signed with her key, past the rules of the command."""
    house, rosa = whole.house, people(whole.house)["rosa"]
    at = timestamp(whole.clock.now())
    statement = state(
        rosa,
        run=SOUND_RUN,
        digests=decision_digests(house, RUN, whole.history(SOUND_RUN).sealed_commit),
        finding=None,
        meaning="approve",
        reason="Looked at it",
        signed_at=at,
    )
    envelope = base64.b64encode(house.seals.sign(statement, words("rosa"))).decode()
    details = {"statement": statement.as_json(), "envelope": envelope}
    return house.ledger.append(
        NewEvent("rosa", "reviewer", "decision.signed", SOUND_RUN, "Looked at it", details)
    )


def people_found(whole: WholeHouse) -> Check:
    """Return the check of people that ``verify`` makes of a run."""
    (found,) = (check for check in verify(whole.house, RUN) if check.kind is CheckKind.PEOPLE)
    return found


def test_a_used_key_is_refused_whoever_had_it(month: WholeHouse) -> None:
    """Another's key, one's own earlier key, and that of a revoked person are refused, and the ledger says so (FAULTS 78)."""
    house = month.house
    used = certificate_of_used_key(month, "ana", "Rosa Reviewer")
    own = certificate_of_used_key(month, "rita", "Rita Reviewer")
    refused = "the public key of this certificate is or was that of "
    with pytest.raises(ReviewError, match=f"{refused}ana"):
        add(house, actor(), Newcomer("rosa", None, "reviewer"), lambda: used)
    with pytest.raises(ReviewError, match=f"{refused}ana"):
        renew(house, actor(), "rita", None, lambda: used)
    renew(house, actor(), "rita", None, lambda: issuance("rita"))
    with pytest.raises(ReviewError, match=f"{refused}rita"):
        renew(house, actor(), "rita", None, lambda: own)
    revoke(house, actor(), "rita")
    with pytest.raises(ReviewError, match=f"{refused}rita"):
        add(house, actor(), Newcomer("rosa", None, "reviewer"), lambda: own)
    assert [e.subject for e in house.ledger.events(action="person.refused")] == [
        "rosa",
        "rita",
        "rita",
        "rosa",
    ]
    assert "rosa" not in people(house)
    assert people_check(house).passed


def test_the_analysts_second_identifier_approves_nothing(month: WholeHouse) -> None:
    """An event with the analyst's key is named by verify, ledger verify and people list; its approval counts nowhere (FAULTS 78)."""
    given = smuggle(month, certificate_of_used_key(month, "ana", "Rosa Reviewer"))
    with pytest.raises(ReviewError, match="the public key of rosa was that of ana before"):
        month.sign(SOUND_RUN, "approve", by="rosa")
    words_found = f"event {given.sequence} gives rosa the public key that ana had before"
    assert people_found(month).found.startswith(words_found)
    assert not people_found(month).passed
    assert [check.subject for check in verify_ledger(month.house).failed] == ["people"]
    (row,) = (row for row in listed(month.house) if row["identifier"] == "rosa")
    assert row["key_of"] == "ana"
    decision = smuggle_approval(month)
    with pytest.raises(ReviewError, match="the public key of rosa was that of ana before"):
        month.follow(SOUND_RUN)
    failed = {check.subject: check.found for check in verify(month.house, RUN) if not check.passed}
    assert "the public key of rosa was that of ana before" in failed[f"signature {decision.sequence} by rosa"]
    assert month.house.records.resolve(f"record/{SOUND_RUN}") is None


def test_a_shared_key_does_not_decide_after_a_renewal_either(month: WholeHouse) -> None:
    """With a new key the second identifier still may not decide on the analyst's run, and the check becomes a warning."""
    smuggle(month, certificate_of_used_key(month, "ana", "Rosa Reviewer"))
    renew(month.house, actor(), "rosa", "Rosa Reviewer", lambda: issuance("rosa"))
    with pytest.raises(ReviewError, match="rosa and ana, who asked for this run, had one public key"):
        month.sign(SOUND_RUN, "approve", by="rosa")
    found = people_found(month)
    assert (found.passed, found.warned) == (True, True)
    assert "gives rosa the public key that ana had before" in found.found


def test_a_revocation_answers_a_used_key(month: WholeHouse) -> None:
    """Once the second identifier is revoked, nobody can sign in another's place: a warning stays, nothing fails."""
    smuggle(month, certificate_of_used_key(month, "ana", "Rosa Reviewer"))
    revoke(month.house, actor(), "rosa")
    report = verify_ledger(month.house)
    assert report.failed == ()
    assert [check.subject for check in report.warned] == ["people"]
    month.release(SOUND_RUN)
    assert [check.subject for check in verify(month.house, RUN) if not check.passed] == []


def test_an_own_key_used_again_is_told_and_blocks_nobody(month: WholeHouse) -> None:
    """What an earlier version allowed, a renewal with the same key, is a warning; the person goes on deciding."""
    house = month.house
    given = certificate_of_used_key(month, "rita", "Rita Reviewer")
    again = house.certifier.register("rita", Role.REVIEWER, given)
    assert given.key is not None
    otto = require_signatory(house, "otto", Permission.ADMINISTER, words)
    record_act(house, otto, "person.renewed", "rita", "As asked", again.details())
    house.certifier.keep("rita", given.key)
    assert [str(used) for used in proved_changes(house).used_keys] == [
        f"event {house.ledger.head()[0]} gives rita the public key that rita had before"
    ]
    month.sign(SOUND_RUN, "reject", passphrase=words("rosa"))
    assert month.follow(SOUND_RUN) is None
    assert people_found(month).warned
    assert [check.subject for check in verify(house, RUN) if not check.passed] == []


@pytest.mark.parametrize("name", ["Ana Analyst", "Аna  Analуst"])
def test_an_approver_with_the_requesters_name_is_flagged(month: WholeHouse, name: str) -> None:
    """Who has the requester's printed name, or one that looks like it, is named before and after the decision."""
    house = month.house
    add(house, actor(), Newcomer("rosa", name, "reviewer"), lambda: issuance("rosa"))
    assert [identifier for identifier, _ in namesakes(house, month.history(SOUND_RUN))] == ["rosa"]
    (row,) = (row for row in listed(house) if row["identifier"] == "rosa")
    assert "of ana" in row["warnings"][0]
    month.release(SOUND_RUN, by="rosa")
    checks = verify(house, RUN)
    (flagged,) = (check for check in checks if check.warned)
    assert flagged.subject.startswith("name of rosa in event ")
    assert "that of ana, who asked for the run" in flagged.found
    assert all(check.passed for check in checks)
    (event,) = house.ledger.events(subject=SOUND_RUN, action="verification.warned")
    assert event.details["warned"][0].startswith("name of rosa")


def test_no_other_approver_is_flagged(released: WholeHouse) -> None:
    """A reviewer of another name, a revoked namesake and one who may not approve are not named."""
    house = released.house
    for person, role in (("rosa", "reviewer"), ("arno", "analyst")):
        add(house, actor(), Newcomer(person, "Ana Analyst", role), lambda person=person: issuance(person))  # type: ignore[misc]
    revoke(house, actor(), "rosa")
    assert namesakes(house, released.history(SOUND_RUN)) == ()
    assert not [check for check in verify(house, RUN) if check.warned]


def test_a_run_of_nobody_in_the_ledger_has_no_namesakes(month: WholeHouse) -> None:
    """A run whose requester the ledger does not know is compared with nobody."""
    history = month.history(SOUND_RUN)
    asked = replace(history.events[0], details=dict(history.events[0].details), actor="ghost")
    assert namesakes(month.house, replace(history, events=(asked, *history.events[1:]))) == ()
