"""A trial by attack: whoever writes events without a key changes nothing unseen, whatever they write in whatever order."""

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medicore.cases.keeping.release import follow
from medicore.cases.people.attributed import record_act, require_signatory
from medicore.cases.people.changes import people_check
from medicore.cases.people.logged import SERVICE
from medicore.cases.people.people import renew
from medicore.cases.proof.verify import record_checks, verify
from medicore.cases.run.decisions import accepted_entry, verified
from medicore.errors import IntegrityError, MediCoreError
from medicore.ports.house import House
from medicore.records.canonical import document, sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from medicore.records.ledger.states import MOVES
from medicore.records.people.people import Permission
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, issuance, words
from tests.whole_house.study import SOUND_RUN, WAITING_RUN
from tests.whole_house.tampering import force, slip_in, written_anew

ACTIONS = sorted({action for _, action in MOVES} - {"run.requested", "run.refused"})
RUNS = (SOUND_RUN, WAITING_RUN)
Forged = tuple[str, str, str]
"""Action, run, and how well the forger did their homework."""


@pytest.fixture(scope="module")
def decided(kept_month: WholeHouse, tmp_path_factory: pytest.TempPathFactory) -> WholeHouse:
    """A house with a sealed run that nobody has decided on, and a halted one all of whose findings are answered."""
    whole = kept_month.copy(tmp_path_factory.mktemp("decided"))
    for finding in whole.history(WAITING_RUN).findings:
        whole.sign(WAITING_RUN, "proceed", finding=finding.digest)
    return whole


def details_of(whole: WholeHouse, run: str, knowledge: str) -> dict[str, Any]:
    """Return details that a forger may write: nothing, what an event before had, or also the decisions on the run."""
    history = whole.history(run)
    if knowledge == "nothing":
        return {}
    told = {**history.sealed.event.details, "decision": 1, "manifest": "0" * 64, "retain_until": "2050-01-01"}
    signed = [accepted_entry(verified(whole.house, each), each.event) for each in history.decisions]
    if knowledge == "everything but a reason":
        signed = [{**entry, "reason": "It is fine"} for entry in signed]
    return told | {"decisions": signed}


def attacked(whole: WholeHouse, folder: Path, forged: list[Forged]) -> tuple[House, list[int]]:
    """Return the house with a ledger into which the forged events were written, and their numbers."""
    ledger = SqliteLedger(Path(shutil.copy(whole.home / "ledger.db", folder)), whole.clock)
    numbers = [
        ledger.append(
            NewEvent(SERVICE, "service", action, run, "", details_of(whole, run, knowledge))
        ).sequence
        for action, run, knowledge in forged
    ]
    return replace(whole.house, ledger=ledger), numbers


def follows(forged: list[Forged], run: str) -> bool:
    """Say whether all that was written of a run follows from what people signed: to go on as they did decide."""
    own = [(action, knowledge) for action, about, knowledge in forged if about == run]
    return own in ([], [("run.continued", "everything")]) and (not own or run == WAITING_RUN)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ACTIONS),
            st.sampled_from(RUNS),
            st.sampled_from(["nothing", "everything but a reason", "everything"]),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_what_does_not_follow_from_signed_acts_is_refused_and_named(
    decided: WholeHouse, forged: list[Forged]
) -> None:
    """After any forged moves a run verifies only where people decided just that, and no report is released (FAULTS 73)."""
    with tempfile.TemporaryDirectory() as folder:
        house, _ = attacked(decided, Path(folder), forged)
        for run in RUNS:
            failed = [check for check in record_checks(house, RunId.parse(run), None) if not check.passed]
            assert (failed == []) == follows(forged, run), f"{run}: {failed}"
            try:
                follow(house, RunId.parse(run))
            except MediCoreError:
                continue
            finally:
                assert decided.records.tags(f"record/{run.partition('/')[0]}") == ()


def test_a_continuation_that_leaves_a_finding_open_is_refused(month: WholeHouse) -> None:
    """A continuation by true decisions that answer one finding of two is refused, and named by its number (FAULTS 73)."""
    first, _ = month.history(WAITING_RUN).findings
    month.sign(WAITING_RUN, "proceed", finding=first.digest)
    (told,) = month.history(WAITING_RUN).decisions
    decisions = [accepted_entry(verified(month.house, told), told.event)]
    forged = NewEvent(SERVICE, "service", "run.continued", WAITING_RUN, "", {"decisions": decisions})
    (event,) = slip_in(month.home / "ledger.db", month.clock, forged)
    words = "expected signed decisions on all of its 2 findings, found 1"
    with pytest.raises(IntegrityError, match=words):
        month.follow(WAITING_RUN)
    checks = record_checks(month.house, RunId.parse(WAITING_RUN), None)
    failed = {check.subject: check.found for check in checks if not check.passed}
    assert list(failed) == [f"run.continued {event.sequence}"]
    assert words in failed[f"run.continued {event.sequence}"]


def test_an_output_that_the_record_lacks_is_named(month: WholeHouse) -> None:
    """A sealed record without an output of its steps, its provenance rewritten in record and ledger, is named by that file."""
    run = RunId.parse(SOUND_RUN)
    sealing = month.history(SOUND_RUN).sealed
    place = f"{run.folder}/provenance.json"
    provenance = json.loads(month.records.read(sealing.commit, place))
    provenance["files"] = [entry for entry in provenance["files"] if entry["name"] != "effect.json"]
    month.records.spoil(sealing.commit, place, document(provenance))
    details = {**sealing.event.details, "provenance": sha256(document(provenance))}
    events = [*month.house.ledger.events()]
    force(month.home / "ledger.db", written_anew(events, sealing.event.sequence, details=details))
    checks = {check.subject: check for check in record_checks(month.house, run, None)}
    steps = checks[f"steps in {sealing.tag}"]
    assert not steps.passed
    assert steps.found.startswith(f"effect.json in {sealing.tag} is not what its step wrote")


def test_a_decision_without_content_silences_no_other_check(month: WholeHouse) -> None:
    """An empty decision is named by its number, the other checks are told beside it, and the failure is an event (FAULTS 73)."""
    sound = verify(month.house, RunId.parse(SOUND_RUN))
    forged = NewEvent(SERVICE, "service", "decision.signed", SOUND_RUN, "", {})
    (event,) = slip_in(month.home / "ledger.db", month.clock, forged)
    found = verify(month.house, RunId.parse(SOUND_RUN))
    named = {f"signature {event.sequence} by {SERVICE}", f"event {event.sequence} (decision.signed)"}
    assert {check.subject for check in found if not check.passed} == named
    assert len(found) == len(sound) + len(named)
    assert month.actions(SOUND_RUN)[-1] == "verification.failed"


@pytest.mark.parametrize("action", ["person.unlocked", "person.renewed"])
def test_a_change_of_a_person_that_is_told_again_is_named(month: WholeHouse, action: str) -> None:
    """A copied unlocking lets nobody unsigned sign again, and a copied renewal gives no earlier key back (FAULTS 73)."""
    renew(month.house, actor(), "ana", None, lambda: issuance("ana"))
    otto = require_signatory(month.house, "otto", Permission.ADMINISTER, words)
    record_act(month.house, otto, "person.unlocked", "ana", "She called", {})
    (told,) = month.house.ledger.events(subject="ana", action=action)
    renew(month.house, actor(), "ana", None, lambda: issuance("ana"))
    assert people_check(month.house).passed
    again = NewEvent(told.actor, told.role, told.action, told.subject, told.reason, told.details)
    (event,) = slip_in(month.home / "ledger.db", month.clock, again)
    found = people_check(month.house)
    assert not found.passed
    assert found.found.startswith(
        f"ledger event {event.sequence} ({action}) tells again what otto signed for"
    )
