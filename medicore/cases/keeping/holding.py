"""holding: a person puts an archived run under a legal hold, or lifts the hold, and signs that."""

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
    """The result: the event that set or lifted the hold, whether it is new, and how many objects changed.

    ``event`` is None for a run that never had a hold.
    """

    event: LedgerEvent | None
    new: bool
    objects: int


def hold(house: House, actor: Actor, run: RunId) -> Holding:
    """Put all archived objects of a run under a legal hold; it lasts beyond every date, until it is lifted.

    The signed event comes first. If the archive fails in the middle, ``verify`` finds the objects without the hold,
    and the same call again completes it. If ledger and archive have the hold already, nothing changes and there is no
    event.

    Raises
    ------
    ArchiveError
        When the run is not archived, or the archive fails.
    ReviewError
        When the actor may not, does not open their own key, or gives no reason. The refusal is in the ledger.
    """
    return _act(house, actor, run, Permission.EXTEND, on=True)


def lift(house: House, actor: Actor, run: RunId) -> Holding:
    """Lift the legal hold of all archived objects of a run; the dates do not change.

    It works like ``hold``; for a run without a hold nothing changes.

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
