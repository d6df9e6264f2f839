"""review: who may not sign, or signs what is not there, is refused with its own words, and the ledger keeps it."""

from dataclasses import replace
from typing import Any

import pytest

from medicore.cases.people.people import Newcomer, add, revoke, unlock
from medicore.cases.review.review import (
    decision_digests,
    require_open,
    standing_decisions,
    verified,
)
from medicore.errors import ConfigurationError, ProtocolError, ReviewError, WrongPassphraseError
from medicore.records.identifiers import RunId
from medicore.records.ledger.event_details import SignedDecision
from medicore.records.ledger.states import RunState
from medicore.stores.report.signed_report import SignedReports
from tests.conftest import ROOT
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, add_person, issuance, open_authority, tried_by
from tests.whole_house.study import (
    BROKEN_RUN,
    FAILED_RUN,
    SOUND,
    SOUND_RUN,
    WAITING_RUN,
)

RUN, HALTED = RunId.parse(SOUND_RUN), RunId.parse(WAITING_RUN)


def require_refused(whole: WholeHouse, run: str, words: str, meaning: str, **decision: Any) -> dict[str, Any]:
    """Assert that a signature is refused, that only its refusal is recorded, and return the details of that."""
    before, state, stored = whole.events(run), whole.state(run), dict(whole.content.remote)
    with pytest.raises(ReviewError, match=words) as refused:
        whole.sign(run, meaning, **decision)
    *earlier, last = whole.events(run)
    assert earlier == before
    assert (last.action, tried_by(last), last.reason) == (
        "decision.refused", decision.get("by", "rita"), str(refused.value),
    )  # fmt: skip
    assert "\n" not in last.reason
    assert (whole.state(run), whole.content.remote) == (state, stored)
    return dict(last.details)


@pytest.fixture
def waiting(month: WholeHouse) -> WholeHouse:
    """The month with a reviewer whose certificate has expired, one who was revoked, and an analyst who asked for nothing."""
    add_person(month.house, "edgar", "reviewer", days=10)
    add_person(month.house, "ruth", "reviewer")
    revoke(month.house, actor(), "ruth")
    add_person(month.house, "arno", "analyst")
    month.clock.pass_days(11)
    return month


def test_who_may_not_sign_is_refused(waiting: WholeHouse) -> None:
    """Expired, revoked, of the wrong role, on one's own request: each with its own words (FAULTS 17, 18, 19, 22)."""
    for person, words in (
        ("edgar", "the key of edgar is valid from "),
        ("ruth", "the key of ruth was revoked on "),
        ("arno", "arno has the role analyst, which may not approve; expected one of quality, reviewer"),
        ("otto", "otto has the role operator, which may not approve"),
        ("ana", "ana asked for this run; expected the decision of another person"),
        ("medicore", "medicore has the role service, which may not approve"),
        ("nobody", "person 'nobody' is unknown"),
    ):
        details = require_refused(waiting, SOUND_RUN, words, "approve", by=person)
        assert details == {"cause": "refused", "meaning": "approve", "claimed": person}
    assert {event.role for event in waiting.events(SOUND_RUN)[-7:]} == {"service"}


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("", "the reason is empty"),
        (" \t… ", "the reason is empty"),
        ("-", "the reason is empty"),
        ("right \u202edorw", "characters that cannot be printed"),
    ],
)
def test_a_decision_needs_a_reason_that_can_be_read(month: WholeHouse, reason: str, words: str) -> None:
    """A reason that says nothing, or cannot be printed, is none (FAULTS 25)."""
    require_refused(month, SOUND_RUN, words, "approve", reason=reason)


def test_wrong_passphrases_are_refused_and_lock(month: WholeHouse) -> None:
    """A wrong passphrase opens no key; after five in a row the right one does not either, until somebody unlocks."""
    for _ in range(5):
        details = require_refused(
            month,
            SOUND_RUN,
            "the passphrase does not open the key of rita",
            "approve",
            passphrase="guessed it",
        )
        assert details["cause"] == "passphrase"
    *_, locked = month.events("rita")
    assert (locked.action, locked.actor) == ("person.locked", "medicore")
    require_refused(month, SOUND_RUN, "rita is locked after 5 wrong passphrases", "approve")
    assert month.events("rita")[-1] == locked, "it is said once"
    unlock(month.house, actor(reason="She called; it was she"), "rita")
    month.sign(SOUND_RUN, "approve")
    assert month.actions(SOUND_RUN)[-1] == "decision.signed"


def test_a_right_passphrase_between_wrong_ones_counts_them_anew(month: WholeHouse) -> None:
    """Four wrong ones lock nobody, and a decision in between begins the count again."""
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(WrongPassphraseError):
                month.sign(SOUND_RUN, "approve", passphrase="guessed it")
        month.sign(WAITING_RUN, "reject")
    month.sign(SOUND_RUN, "approve")
    assert "person.locked" not in month.actions("rita")


@pytest.mark.parametrize(
    ("run", "meaning", "more", "words"),
    [
        (SOUND_RUN, "agree", {}, "meaning 'agree' is unknown"),
        (SOUND_RUN, "proceed", {}, "finding"),
        (SOUND_RUN, "proceed", {"finding": "0123456789"}, "names 0 of the findings"),
        (WAITING_RUN, "approve", {}, "'approve' answers one that is"),
        (WAITING_RUN, "proceed", {}, "finding"),
        (WAITING_RUN, "proceed", {"finding": ""}, "names 2 of the findings"),
        (FAILED_RUN, "approve", {}, "is failed; expected one that waits for a decision"),
        (FAILED_RUN, "reject", {}, "is failed; expected one that waits for a decision"),
    ],
)
def test_a_decision_must_answer_what_the_run_waits_for(
    month: WholeHouse, run: str, meaning: str, more: dict[str, str], words: str
) -> None:
    """An unknown meaning or finding, none where one is needed, and an answer to another state are refused."""
    require_refused(month, run, words, meaning, **more)


def test_a_finding_is_named_by_eight_digits_or_more(month: WholeHouse) -> None:
    """The beginning of a digest names a finding once it is long enough to be no slip."""
    first, second = (finding.digest for finding in month.history(HALTED).findings)
    require_refused(month, WAITING_RUN, "names 1 of the findings", "proceed", finding=first[:7])
    event = month.sign(WAITING_RUN, "proceed", finding=first[:8])
    assert event.details["statement"]["predicate"]["finding"] == first
    assert second[:8] != first[:8]


def test_what_breaks_the_contract_cannot_be_overridden(month: WholeHouse) -> None:
    """No signature lets a run continue on data that break their contract; it can be rejected."""
    (finding,) = month.history(BROKEN_RUN).findings
    assert finding.overridable is False
    words = r"\(contract\) cannot be overridden; reject the run, have its cause corrected"
    require_refused(month, BROKEN_RUN, words, "proceed", finding=finding.digest)
    month.sign(BROKEN_RUN, "reject")
    month.follow(BROKEN_RUN)
    assert month.state(BROKEN_RUN) is RunState.REJECTED
    require_refused(month, BROKEN_RUN, "is rejected", "approve")


def test_an_exploratory_run_cannot_be_signed(founded: WholeHouse) -> None:
    """What may differ from its commit is signed by nobody (21 CFR 11.10)."""
    founded.run(SOUND, exploratory=True)
    require_refused(founded, SOUND_RUN, "is exploratory: it can be neither signed nor archived", "approve")


def test_the_same_decision_again_is_the_first(month: WholeHouse) -> None:
    """Signing the same again changes nothing, before the release and after it; another meaning is another decision (FAULTS 26)."""
    first = month.sign(SOUND_RUN, "approve")
    stored = dict(month.content.remote)
    assert month.sign(SOUND_RUN, "approve", reason="I said so") == first
    month.follow(SOUND_RUN)
    before = month.events(SOUND_RUN)
    assert month.sign(SOUND_RUN, "approve") == first
    assert (month.events(SOUND_RUN), month.content.remote) == (before, stored)
    require_refused(month, SOUND_RUN, "is archived", "reject")


def test_a_decision_is_bound_to_what_it_was_made_on(month: WholeHouse) -> None:
    """Its digests are those of the record: data, protocol, results, report, code, packages and sealed commit (21 CFR 11.70)."""
    event = month.sign(SOUND_RUN, "approve")
    statement = verified(month.house, SignedDecision(event))
    assert dict(statement.digests) == decision_digests(month.house, RUN, month.history(RUN).sealed_commit)
    assert {name for name, _ in statement.digests} == {
        "extract.parquet", "protocol.json", "report.pdf", "results.json", "code commit", "requirements.lock",
        "sealed commit",
    }  # fmt: skip
    assert (statement.printed_name, statement.role, statement.meaning) == (
        "Rita Reviewer",
        "reviewer",
        "approve",
    )
    assert [found for found, _ in standing_decisions(month.house, month.history(RUN))] == [statement]


def test_decisions_on_an_earlier_sealing_do_not_stand(month: WholeHouse) -> None:
    """After a run was continued nobody's answer to its findings counts as one on what was sealed then."""
    month.proceed(WAITING_RUN)
    assert month.actions(WAITING_RUN).count("decision.signed") == 2
    assert standing_decisions(month.house, month.history(HALTED)) == ()
    assert require_open(month.history(HALTED)) is RunState.SEALED


def test_a_report_that_cannot_be_signed_leaves_no_decision(month: WholeHouse) -> None:
    """When the time stamping service is away the decision fails for configuration, and the run waits as before."""

    def away() -> None:
        raise ConfigurationError("the time stamping service does not answer; try again")

    authority = open_authority(month.home, month.clock)
    reports = SignedReports(lambda: authority, ROOT / "quarto_templates", away)
    month.house = replace(month.house, signed_reports=reports)
    with pytest.raises(ConfigurationError, match="does not answer"):
        month.sign(SOUND_RUN, "approve")
    last = month.events(SOUND_RUN)[-1]
    assert (last.action, last.details["cause"]) == ("decision.refused", "configuration")
    assert month.state(SOUND_RUN) is RunState.SEALED


def test_a_run_that_nobody_asked_for_has_no_requester(founded: WholeHouse) -> None:
    """A decision on a run that is not there is refused."""
    with pytest.raises(ProtocolError, match=f"run {SOUND_RUN} is unknown"):
        _ = founded.history(RUN).request.requester
    with pytest.raises(ProtocolError, match="the ledger knows no run"):
        require_open(founded.history(RUN))


def test_a_person_of_quality_may_decide_as_a_reviewer_may(month: WholeHouse) -> None:
    """Whoever was let in by quality may sign as one let in by the operator."""
    newcomer = Newcomer("vera", "Vera Reviewer", "reviewer")
    add(month.house, actor("quinn"), newcomer, lambda: issuance("vera"))
    month.sign(SOUND_RUN, "approve", by="vera")
    month.sign(WAITING_RUN, "reject", by="quinn")
    assert [event.actor for event in month.house.ledger.events(action="decision.signed")] == ["vera", "quinn"]
