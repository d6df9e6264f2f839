"""holding: a person puts what is archived of a run under a legal hold, or lifts it, and signs that."""

from dataclasses import dataclass

from medicore.cases.keeping.archived_run import objects_of
from medicore.cases.people.acting import Actor
from medicore.cases.people.attributed import record_act, refusals, require_signatory
from medicore.cases.people.logged import SERVICE, log
from medicore.cases.run.histories import history_of
from medicore.errors import ArchiveError
from medicore.ports.house import House
from medicore.records.identifiers import RunId, person_id
from medicore.records.ledger.history import HELD, LIFTED
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.decision import require_reason
from medicore.records.people.people import Permission

_REFUSED = "archive.refused"


@dataclass(frozen=True, slots=True)
class Holding:
    """What stands: the event by which a run is held or no longer is, whether it is new, and how many objects changed.

    ``event`` is None for a run that never was held.
    """

    event: LedgerEvent | None
    new: bool
    objects: int


def hold(house: House, actor: Actor, run: RunId) -> Holding:
    """Put everything that the archive holds of a run under a legal hold; it lasts past every date, until lifted.

    The signed event comes first: should the archive fail in the middle, ``verify`` finds what is not held, and the
    same again does the rest. A run that is held in ledger and archive is left as it is, without an event.

    Raises
    ------
    ArchiveError
        When the run is not archived, or the archive fails.
    ReviewError
        When the actor may not, does not open their own key, or gives no reason. The refusal is in the ledger.
    """
    return _act(house, actor, run, Permission.EXTEND, on=True)


def lift(house: House, actor: Actor, run: RunId) -> Holding:
    """Take the legal hold off everything that the archive holds of a run; the dates stay as they are.

    As ``hold``, and a run that is not held is left as it is.

    Raises
    ------
    ArchiveError, ReviewError
        As ``hold``.
    """
    return _act(house, actor, run, Permission.LIFT, on=False)


def _act(house: House, actor: Actor, run: RunId, permission: Permission, *, on: bool) -> Holding:
    person_id(actor.identifier)
    kept, who = objects_of(house, history_of(house, run)), actor.identifier
    action = HELD if on else LIFTED
    with house.locks.hold(run.study, run.month, f"medicore archive {'hold' if on else 'lift'}, by {who}"):
        with refusals(house, who, _REFUSED, str(run), asked=action):
            signatory = require_signatory(house, who, permission, lambda _: actor.passphrase)
            require_reason(actor.reason)
        history = history_of(house, run)
        left = [key for key in kept if house.archive.held(key) is not on]
        if not left and (history.hold is not None) is on:
            return Holding(history.hold or history.lifted, False, 0)
        event = record_act(house, signatory, action, str(run), actor.reason, {"objects": len(kept)})
        try:
            for key in kept:
                if on:
                    house.archive.hold(key)
                else:
                    house.archive.lift(key)
        except ArchiveError as error:
            log(house, SERVICE, _REFUSED, str(run), str(error), {"cause": "archive", "asked": action})
            raise
    return Holding(event, True, len(left))
