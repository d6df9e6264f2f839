"""inventory: the objects that the archive received according to the ledger, compared with those that it has."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from functools import partial

from medicore.cases.run.attest import FAILED, SIGNED, Keys, archived_keys, key_of
from medicore.errors import MediCoreError
from medicore.ports.house import House
from medicore.records.checking import AS_RECORDED, Check, CheckKind, attempt, refuted
from medicore.records.ledger.event_details import COVERED, Archiving, details_of
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import moment

_UNDER_WAY = timedelta(minutes=5)
"""How long a signed head may be on its way to the archive while somebody else verifies."""

_TRIED = timedelta(minutes=30)
"""How long after the signature of a head its worker may still record that the archive did not store it."""


def archive_check(house: House, listed: Keys | None = None) -> Check:
    """Return the check of the archive itself: it is as MediCore makes it, and has every manifest and head of the ledger.

    A head that never reached it, because its worker was stopped, is only a warning after a later head covers it.
    ``listed`` returns the list of the archive, for a caller that needs it more than once.
    """
    kind, subject = CheckKind.ARCHIVE, "archive"
    try:
        house.archive.prove()
        held = {*(listed or archived_keys(house))()}
        covered, lost = _absent_heads(house, held)
        lost += _absent_manifests(house, held)
    except MediCoreError as error:
        return refuted(kind, subject, error)
    if lost:
        words = (
            f"{len(lost)} object(s) that the ledger names are not in the archive, first {lost[0]}; expected every "
            "manifest and signed head; restore them from a copy of the archive, and find out who removed them"
        )
        return Check(kind, subject, False, words)
    if covered:
        words = f"{len(covered)} signed head(s) are not in the archive, first {covered[0]}; a later head covers them"
        return Check(kind, subject, True, words, warned=True)
    return Check(kind, subject, True, AS_RECORDED)


def head_checks(house: House, history: RunHistory, listed: Keys | None = None) -> Iterator[Check]:
    """Yield the check of the retention of each signed head of a run in the archive.

    ``archive_check`` finds missing heads.
    """
    heads = [key_of(event) for event in _heads(history.told(SIGNED))]
    if not heads:
        return
    try:
        held = {*(listed or archived_keys(house))()}
    except MediCoreError as error:
        yield refuted(CheckKind.SIGNED_HEAD, f"{heads[0]} (retention)", error)
        return
    for key in heads:
        if key in held:
            work = partial(house.archive.retention, key)
            yield attempt(CheckKind.SIGNED_HEAD, f"{key} (retention)", work)


def _heads(events: Collection[LedgerEvent]) -> list[LedgerEvent]:
    """Return the events whose heads went to the archive; the head of an export is in its event, and in the bundle."""
    return [event for event in events if "envelope" not in event.details]


def _absent_heads(house: House, held: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the keys of the missing heads: those that a later head covers, and those that are lost."""
    signed = _heads([*house.ledger.events(action=SIGNED)])
    last = max((event.sequence for event in signed if key_of(event) in held), default=0)
    refused = {
        details_of(event).count("sequence"): moment(event.at) for event in house.ledger.events(action=FAILED)
    }
    now = house.clock.now()
    covered, lost = [], []
    for event in signed:
        at, told = moment(event.at), refused.get(event.sequence)
        if key_of(event) in held or (told is not None and told - at <= _TRIED):
            continue
        if event.sequence < last:
            covered.append(key_of(event))
        elif now - at > _UNDER_WAY:
            lost.append(key_of(event))
    return covered, lost


def _absent_manifests(house: House, held: Collection[str]) -> list[str]:
    """Return the keys of the manifests that the ledger names and the archive lacks."""
    lost = []
    for event in house.ledger.events(action="archive.completed"):
        start = f"archives/{event.subject}/manifest-"
        if details_of(event).has(COVERED):
            key = f"{start}{Archiving(event).covered}.json"
            found = key in held
        else:  # an earlier version did not record up to which event
            key = f"{start}*.json"
            found = any(name.startswith(start) for name in held)
        if not found:
            lost.append(key)
    return lost
