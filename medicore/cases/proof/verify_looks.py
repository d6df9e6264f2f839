"""verify_looks: the earlier looks in a data lock are exactly those in the ledger."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from medicore.cases.run.answered_looks import answers_of
from medicore.cases.run.histories import history_of
from medicore.cases.run.stored import stored_file
from medicore.errors import IntegrityError
from medicore.ports.house import House
from medicore.records.canonical import canonical
from medicore.records.identifiers import RunId
from medicore.records.ledger.event_details import LOOK, Sealing
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.results.looks import ANSWERS, LOOKS


def require_looks_told(house: House, history: RunHistory, sealing: Sealing, held: frozenset[str]) -> None:
    """Raise IntegrityError unless the looks in the lock of a sealing are those of the ledger before the lock was frozen.

    ``held`` are the files of the record; an older record has no looks. If an older version's event does not contain a
    look, the look is compared only with its run.
    """
    lock = history.data_lock
    if LOOKS not in held or lock is None:
        return
    document = json.loads(stored_file(house, history.run, sealing.commit, LOOKS))
    until = int(document["sequence"])
    if until >= lock.event.sequence:
        raise IntegrityError(
            f"{LOOKS} in {sealing.tag} was read at ledger event {until}; expected one before {lock.event.sequence}, at which "
            "it was frozen; restore it from the archive"
        )
    stored = {str(look["run"]): look for look in document["earlier"]}
    told = _told(house, history, until)
    silent = {run for run, event in told.items() if LOOK not in event.details}
    expected = [run for run, event in told.items() if run in silent or event.details[LOOK] is not None]
    # In older versions only the record says that a run reached no estimate.
    if [run for run in stored if run not in silent] != [run for run in expected if run not in silent]:
        raise IntegrityError(
            f"{LOOKS} in {sealing.tag} names {len(stored)} earlier look(s) and the ledger {len(expected)}; expected those of "
            "the ledger, in its order; restore it from the archive"
        )
    for run, look in stored.items():
        if run not in told or (run not in silent and not _same(look, told[run].details[LOOK])):
            raise IntegrityError(
                f"{LOOKS} in {sealing.tag} tells another look {run} than the ledger; expected the numbers of its event; "
                "restore it from the archive"
            )
        _require_answers(house, history, sealing, look, until)


def _require_answers(
    house: House, history: RunHistory, sealing: Sealing, look: Mapping[str, Any], until: int
) -> None:
    """Raise IntegrityError unless the answers stored with a look are those that signed decisions give by then."""
    stored = look.get(ANSWERS, [])
    if not stored:
        return  # an older record has none; a run without them asked again, which harms nothing
    earlier = RunId.parse(str(look["run"]))
    proved = [asdict(one) for one in answers_of(house, history_of(house, earlier), until)]
    if earlier.month != history.run.month or canonical(stored) != canonical(proved):
        raise IntegrityError(
            f"{LOOKS} in {sealing.tag} holds {len(stored)} answer(s) to findings of {earlier}, and signed decisions give "
            f"{len(proved)}; expected the same; restore it from the archive"
        )


def _told(house: House, history: RunHistory, until: int) -> dict[str, LedgerEvent]:
    """Return the last estimate of each other run of the study up to an event, in the order of their first estimates."""
    events = [
        event
        for end in ("completed", "halted")
        for event in house.ledger.events(subject=f"{history.run.study}/", action=f"effect.{end}")
        if event.sequence <= until and event.subject != str(history.run)
    ]
    return {event.subject: event for event in sorted(events, key=lambda one: one.sequence)}


def _same(look: dict[str, Any], told: object) -> bool:
    """Return whether a stored look agrees with its event; the event does not contain how the run ended."""
    return canonical(
        {key: value for key, value in look.items() if key not in ("run", "kind", ANSWERS)}
    ) == canonical(told)
