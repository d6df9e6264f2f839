"""extending: a person extends the retention of a record, and signs that; nobody can shorten it."""

from datetime import date

from medicore.cases.keeping.archived_run import objects_of
from medicore.cases.people.acting import Actor
from medicore.cases.people.attributed import record_act, refusals, require_signatory
from medicore.cases.people.logged import SERVICE, log
from medicore.cases.run.histories import history_of
from medicore.errors import ArchiveError
from medicore.ports.house import House
from medicore.records.export.archived import require_longer
from medicore.records.identifiers import RunId, person_id
from medicore.records.ledger.history import EXTENDED
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.decision import require_reason
from medicore.records.people.people import Permission

_REFUSED = "archive.refused"


def extend(house: House, actor: Actor, run: RunId, until: date) -> LedgerEvent:
    """Extend the retention of all archived objects of a run to a later day; return the event.

    The signed event comes first. If the archive fails in the middle, ``verify`` finds the objects with an earlier
    date, and the same call again completes the extension.

    Raises
    ------
    ArchiveError
        When the run is not archived, the day is earlier than its retention date, or the archive fails.
    ReviewError
        When the actor lacks the permission, gives a wrong passphrase or no reason. The refusal is in the ledger.
    """
    person_id(actor.identifier)
    kept, day, who = objects_of(house, history_of(house, run)), until.isoformat(), actor.identifier
    with house.locks.hold(run.study, run.month, f"medicore archive extend, by {who}"):
        with refusals(house, who, _REFUSED, str(run), retain_until=day):
            signatory = require_signatory(house, who, Permission.EXTEND, lambda _: actor.passphrase)
            require_reason(actor.reason)
        try:
            # The same day again changes nothing in the ledger, but it finishes an interrupted extension.
            require_longer(f"run {run}", history_of(house, run).kept_until, day)
        except ArchiveError as error:
            log(house, who, _REFUSED, str(run), str(error), {"cause": "retention", "retain_until": day})
            raise
        event = record_act(house, signatory, EXTENDED, str(run), actor.reason, {"retain_until": day})
        try:
            for key in kept:
                house.archive.extend(key, day)
        except ArchiveError as error:
            log(house, SERVICE, _REFUSED, str(run), str(error), {"cause": "archive", "retain_until": day})
            raise
    return event
