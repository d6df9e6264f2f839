"""A trial by attack: people act by their keys, and one without a key writes events of every action with other people's signatures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medicore.cases.keeping.extending import extend
from medicore.cases.keeping.holding import hold, lift
from medicore.cases.people.attributed import record_act, require_signatory
from medicore.cases.people.people import renew, revoke
from medicore.cases.people.signers import people
from medicore.cases.proof.verify import foundations, record_checks
from medicore.records.checking import Check
from medicore.records.identifiers import RunId
from medicore.records.ledger.actions import ACTIONS
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.ledger.states import MOVES, NOT_OF_A_RUN, REMARKS, TRANSITIONS, RunState
from medicore.records.people.people import Permission
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, add_person, issuance, words
from tests.whole_house.study import SOUND_RUN, WAITING_RUN
from tests.whole_house.tampering import second_signature, slip_in

RUNS = (SOUND_RUN, WAITING_RUN)
RUN = RunId.parse(SOUND_RUN)
STATES = {SOUND_RUN: RunState.ARCHIVED, WAITING_RUN: RunState.HALTED}
SIGNED = frozenset(
    {
        *(
            "subject.viewed",
            "subject.sought",
            "closed.viewed",
            "run.returned",
            "run.exported",
            "decision.signed",
            "ledger.corrected",
        ),
        *("archive.extended", "archive.held", "archive.lifted", "archive.restored"),
        *("person.added", "person.renewed", "person.revoked", "person.unlocked", "clock.corrected"),
    }
)
"""What only a person's signature makes true, beside the moves from state to state and what a run does while it runs."""
WHILE_RUNNING = frozenset(
    action for action, states in REMARKS.items() if {state.name for state in states} == {"RUNNING"}
)
BY_STATE = WHILE_RUNNING | {action for _, action in MOVES} - {"run.refused"}
"""What neither a halted nor an archived run does without a decision."""
LAWFUL = ("hold", "lift", "extend", "view", "export", "add", "renew", "revoke")
KINDS = ("none", "of another act", "altered", "copied", "made of the copy")


@dataclass(frozen=True)
class Forged:
    """An event of an action on a run or a person, with a signature of some kind."""

    action: str
    subject: str
    kind: str

    @property
    def needs_a_signature(self) -> bool:
        """Whether the event may not stand, whatever signature somebody copies into it."""
        if self.subject not in RUNS:
            return self.action in SIGNED
        impossible = (STATES[self.subject], self.action) not in TRANSITIONS
        return self.action in SIGNED | BY_STATE or impossible


def act(whole: WholeHouse, what: str) -> None:
    """Let a person do something by their own key; a minute passes."""
    whole.clock.time += timedelta(minutes=1)
    house, quinn, number = whole.house, actor("quinn", "An inspection is announced"), len(people(whole.house))
    if what == "hold":
        hold(house, quinn, RUN)
    elif what == "lift":
        lift(house, quinn, RUN)
    elif what == "extend":
        later = date.fromisoformat(whole.history(RUN).kept_until) + timedelta(days=30)
        extend(house, quinn, RUN, later)
    elif what == "add":
        add_person(house, f"guest{number}", "reviewer")
    elif what == "renew":
        renew(house, actor("quinn"), "ana", None, lambda: issuance("ana"))
    elif what == "revoke":
        add_person(house, f"leaver{number}", "analyst")
        revoke(house, actor("quinn"), f"leaver{number}")
    else:
        action, permission = {
            "view": ("subject.viewed", Permission.VIEW),
            "export": ("run.exported", Permission.EXPORT),
        }[what]
        signatory = require_signatory(house, "rita", permission, words)
        record_act(house, signatory, action, SOUND_RUN, "Looked at it", {"row": 1, "manifest": "0" * 64})


def forge(whole: WholeHouse, forged: Forged) -> LedgerEvent:
    """Write an event as one who may write the ledger's file, and has every signature in it, could."""
    held = [
        e for e in whole.house.ledger.events() if "envelope" in e.details and e.action != "checkpoint.signed"
    ]
    same = [e for e in held if (e.action, e.subject) == (forged.action, forged.subject)]
    if forged.kind == "none" or (forged.kind != "of another act" and not same):
        told: Mapping[str, Any] = {k: v for e in same[-1:] for k, v in e.details.items() if k != "envelope"}
        return written(whole, NewEvent("quinn", "quality", forged.action, forged.subject, "So it is", told))
    if forged.kind == "of another act":
        other = [e for e in held if e.action != forged.action][-1]
        return written(
            whole,
            NewEvent(other.actor, other.role, forged.action, forged.subject, other.reason, other.details),
        )
    last = same[-1]
    details = dict(last.details)
    if forged.kind == "made of the copy":
        details["envelope"] = second_signature(details["envelope"])
    reason = "For another reason" if forged.kind == "altered" else last.reason
    return written(whole, NewEvent(last.actor, last.role, last.action, last.subject, reason, details))


def written(whole: WholeHouse, event: NewEvent) -> LedgerEvent:
    """Append an event without asking whether it is possible."""
    (found,) = slip_in(whole.home / "ledger.db", whole.clock, event)
    return found


def failures(whole: WholeHouse) -> list[Check]:
    """Return what ``verify`` finds wrong with both runs, or with what they share."""
    house = whole.house
    checks = [*foundations(house), *(c for run in RUNS for c in record_checks(house, RunId.parse(run), None))]
    return [check for check in checks if not check.passed]


def names(check: Check, event: LedgerEvent) -> bool:
    """Return whether a failed check names an event by its number."""
    told = f"{check.subject} {check.found}".replace(":", " ").replace("(", " ").split()
    return str(event.sequence) in told


@pytest.fixture(scope="module")
def acted(kept_release: WholeHouse, tmp_path_factory: pytest.TempPathFactory) -> WholeHouse:
    """A house with an archived run, and a halted one that has an answer to one of its two findings; people acted in it."""
    whole = kept_release.copy(tmp_path_factory.mktemp("acted"))
    whole.sign(WAITING_RUN, "proceed", finding=whole.history(WAITING_RUN).findings[0].digest)
    for what in ("hold", "lift", *LAWFUL):
        act(whole, what)
    assert failures(whole) == []
    return whole


def subjects(action: str) -> st.SearchStrategy[str]:
    """Return what an event of an action may be about."""
    return st.sampled_from(["ana", "guest5"] if action in NOT_OF_A_RUN else RUNS)


FORGED = st.sampled_from(sorted(set(ACTIONS) - {"authority.created"})).flatmap(
    lambda action: st.builds(Forged, st.just(action), subjects(action), st.sampled_from(KINDS))
)
STEPS = st.lists(st.one_of(st.sampled_from(LAWFUL), FORGED, FORGED), min_size=1, max_size=4)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_only_what_a_person_signed_stands(
    acted: WholeHouse, tmp_path_factory: pytest.TempPathFactory, steps: list[str | Forged]
) -> None:
    """After acts and forged events in any order, the first event that no signature bears is named, and nothing else fails (FAULTS 73)."""
    whole = acted.copy(tmp_path_factory.mktemp("trial"))
    before = {run: whole.state(run) for run in RUNS}
    unsigned: list[LedgerEvent] = []
    for step in steps:
        if isinstance(step, Forged):
            event = forge(whole, step)
            unsigned += [event] if step.needs_a_signature else []
        elif not unsigned:
            act(whole, step)
    found = failures(whole)
    if unsigned:
        assert any(names(check, unsigned[0]) for check in found), (unsigned[0], found)
    else:
        assert {run: whole.state(run) for run in RUNS} == before
        assert found == [] or any(isinstance(step, Forged) for step in steps)
