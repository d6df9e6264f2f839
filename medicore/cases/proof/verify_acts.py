"""verify_acts: a run's history in the ledger, compared with what people signed and what is stored."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

from medicore.cases.people.signers import proved
from medicore.cases.proof.verify_looks import require_looks_told
from medicore.cases.run.decisions import FOLLOWING, accepted, require_decided
from medicore.cases.run.histories import event_at, history_of
from medicore.cases.run.runs import next_tag
from medicore.cases.run.stored import read_provenance
from medicore.errors import IntegrityError, MediCoreError
from medicore.ports.house import House
from medicore.records.canonical import canonical
from medicore.records.checking import Check, CheckKind, attempt, refuted
from medicore.records.ledger.event_details import PerformedStep, Sealing
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.ledger.states import CORRECTED, RunState, places_of
from medicore.records.people.told_once import require_told_once
from medicore.records.section import Section
from medicore.steps.way import STEP_NAMES

Provenance = Mapping[str, Any]


def act_checks(house: House, history: RunHistory) -> Iterator[Check]:
    """Yield the checks of a run's history: states, decisions behind them, tags, identity, steps and ledger head."""
    yield from move_checks(house, history)
    yield attempt(
        CheckKind.TOLD_ONCE, "signatures, each told once", partial(_require_told_once, house, history)
    )
    yield attempt(CheckKind.TAG, "tags of the run", partial(_require_named, house, history))
    for sealing in history.sealings:
        yield from of_event(sealing.event, partial(_sealed_as_told, house, history, sealing))


def of_event(event: LedgerEvent, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Yield the checks of an event; if the event lacks what MediCore writes there, yield one failed check instead."""
    try:
        yield from checks()
    except MediCoreError as error:
        yield refuted(CheckKind.EVENT, f"event {event.sequence} ({event.action})", error)


def _sealed_as_told(house: House, history: RunHistory, sealing: Sealing) -> Iterator[Check]:
    provenance = cache(lambda: read_provenance(house, history.run, sealing.commit))
    for what, work in (
        ("identity", lambda: _identity(house, history, sealing, provenance())),
        ("steps", lambda: _steps(history, sealing, provenance())),
        ("ledger head", lambda: _head(house, sealing, provenance())),
        ("looks", lambda: _looks(house, history, sealing, provenance())),
    ):
        yield attempt(CheckKind.SEALED_AS_TOLD, f"{what} in {sealing.tag}", work)


def _looks(house: House, history: RunHistory, sealing: Sealing, provenance: Provenance) -> None:
    held = frozenset(str(entry["name"]) for entry in provenance["files"])
    require_looks_told(house, history, sealing, held)


def move_checks(house: House, history: RunHistory) -> Iterator[Check]:
    """Yield the checks of a run's states: each is allowed, each correction is signed, each decided change was signed."""
    yield attempt(CheckKind.STATE, "states of the run", lambda: history.state)
    for event in history.told(CORRECTED):
        check = attempt(
            CheckKind.CORRECTION,
            f"correction {event.sequence} by {event.actor}",
            partial(proved, house, event),
        )
        skipped = ", ".join(map(str, places_of(event)))
        yield replace(check, found=f"skips event(s) {skipped}") if check.passed else check
    for event in history.told(*FOLLOWING):
        yield attempt(
            CheckKind.DECIDED,
            f"{event.action} {event.sequence}",
            partial(require_decided, house, history, event),
        )


def _require_told_once(house: House, history: RunHistory) -> None:
    """Raise IntegrityError when an event of the run tells a signature that an earlier event tells.

    A request may have begun another run of the month; every other signed act names its run.
    """
    run = history.run
    asked = house.ledger.events(subject=f"{run.study}/{run.month}/", action="run.requested")
    others = [event for event in asked if event.subject != str(run)]
    events = sorted([*history.events, *others], key=lambda event: event.sequence)
    require_told_once(events, about=str(run))


def _require_named(house: House, history: RunHistory) -> None:
    """Raise IntegrityError when the record repository has a tag of the run that is not in the ledger."""
    named, stray = _stray_tags(house, history)
    if stray:
        # A worker may have sealed or released the run since its history was read; then the ledger says so by now.
        named, stray = _stray_tags(house, history_of(house, history.run))
    if stray:
        raise IntegrityError(
            f"the record repository has {stray[0]}, which the ledger does not name; expected the {len(named)} tag(s) of the "
            "ledger; find out who made it"
        )


def _stray_tags(house: House, history: RunHistory) -> tuple[set[str], list[str]]:
    """Return a run's tags in the ledger, and its tags in the record repository that the ledger does not name.

    While a run is active its next tag counts as named: a process that was killed after making the tag leaves it to
    the process that resumes the run, and that process accepts no other record under the tag. A sealed run is not
    sealed again.
    """
    run = history.run
    named = {sealing.tag for sealing in history.sealings}
    if history.release is not None:
        named.add(f"record/{run}")
    if history.events and history.state is RunState.RUNNING:
        named.add(next_tag(history))
    own = (f"run/{run}", f"record/{run}")
    held = [
        tag
        for prefix in (f"run/{run.study}/{run.month}/", f"record/{run.study}/{run.month}/")
        for tag in house.records.tags(prefix)
        if tag in own or tag.startswith(f"run/{run}.")
    ]
    return named, sorted(set(held) - named)


def _identity(house: House, history: RunHistory, sealing: Sealing, provenance: Provenance) -> None:
    """Raise IntegrityError unless the record was sealed under the identity in the ledger and the signatures."""
    before = RunHistory(
        history.run, tuple(event for event in history.events if event.sequence < sealing.event.sequence)
    )
    expected = {
        **history.request.identity,
        "record_tag": sealing.tag,
        "accepted": [dict(entry) for entry in accepted(house, before)],
    }
    if canonical(provenance["run"]) != canonical(expected):
        raise IntegrityError(
            f"the record {sealing.tag} was sealed under another identity than the one in the ledger; expected the "
            "request and the signed decisions of the run; restore it from the archive"
        )


def _steps(history: RunHistory, sealing: Sealing, provenance: Provenance) -> None:
    """Raise IntegrityError unless the record has the outputs that the events of its steps name."""
    stored = {entry["name"]: entry["sha256"] for entry in provenance["files"]}
    told: dict[str, str] = {}
    for event in history.told(*(f"{step}.{end}" for step in STEP_NAMES for end in ("completed", "halted"))):
        if event.sequence < sealing.event.sequence:
            told.update(PerformedStep(event).outputs)
    differing = sorted(name for name in told.keys() & stored.keys() if told[name] != stored[name])
    absent = sorted(told.keys() - stored.keys()) if sealing.event.action == "run.sealed" else []
    if differing or absent:
        name = (differing or absent)[0]
        raise IntegrityError(
            f"{name} in {sealing.tag} is not what its step wrote according to the ledger; expected SHA-256 "
            f"{told[name][:12]}; "
            "restore it from the archive"
        )


def _head(house: House, sealing: Sealing, provenance: Provenance) -> None:
    """Raise IntegrityError unless the ledger still has the event that the record names as its head."""
    named = Section(f"provenance of {sealing.tag}", provenance, "restore it from the archive").part(
        "ledger_head"
    )
    sequence, digest = named.count("sequence"), named.text("digest")
    if sequence == 0:
        return
    found = event_at(house, sequence)
    if found is None or found.digest != digest:
        raise IntegrityError(
            f"ledger event {sequence} is not the head that {sealing.tag} was sealed with; expected digest {digest[:12]}: "
            "the ledger was rewritten; take it from the archive"
        )
