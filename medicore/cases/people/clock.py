"""clock: the signed correction after which a ledger whose last times lie in the future accepts the present again."""

from contextlib import suppress

from medicore.cases.people.acting import Actor
from medicore.cases.people.attributed import record_act, require_signatory
from medicore.cases.people.signers import refuse
from medicore.errors import InfrastructureError, ReviewError, WrongPassphraseError
from medicore.ports.house import House
from medicore.records.identifiers import person_id
from medicore.records.ledger.ledger import CLOCK_TOLERANCE, LedgerEvent, steps_back
from medicore.records.moment import timestamp
from medicore.records.people.decision import require_reason
from medicore.records.people.people import Permission

CORRECTED = "clock.corrected"
SUBJECT = "ledger"


def last_event(house: House) -> LedgerEvent | None:
    """Return the last event of the ledger; None while it is empty."""
    sequence, _ = house.ledger.head()
    return next(iter(house.ledger.events(after=sequence - 1)), None) if sequence else None


def require_clock(house: House) -> None:
    """Raise InfrastructureError when the ledger cannot accept an event at the present time."""
    last, now = last_event(house), timestamp(house.clock.now())
    if last is not None and steps_back(last, now):
        raise InfrastructureError(
            f"the clock says {now}, event {last.sequence} of the ledger is of {last.at}; expected no step back over "
            f"{CLOCK_TOLERANCE.total_seconds():.0f} s; set the clock, or sign with 'medicore ledger clock' that the "
            "ledger's last times are wrong"
        )


def correct_clock(house: House, actor: Actor) -> LedgerEvent:
    """Record that the ledger's last times are wrong, signed by one who may administer; return the event.

    The events stay in the order of their numbers, with the times that they have. The next event has the present time.

    Raises
    ------
    ReviewError
        When the ledger accepts the present time anyway, or the actor lacks the permission, gives a wrong passphrase or
        no reason.
    """
    person_id(actor.identifier)
    try:
        signatory = require_signatory(
            house, actor.identifier, Permission.ADMINISTER, lambda _: actor.passphrase
        )
        require_reason(actor.reason)
        last = _require_ahead(house)
        details = {"last": last.sequence, "last_at": last.at}
        return record_act(house, signatory, CORRECTED, SUBJECT, actor.reason, details)
    except ReviewError as error:
        cause = "passphrase" if isinstance(error, WrongPassphraseError) else "refused"
        with suppress(InfrastructureError):  # the ledger accepts no refusal while its times lie in the future
            refuse(
                house,
                actor.identifier,
                "person.refused",
                SUBJECT,
                error,
                {"cause": cause, "action": CORRECTED},
            )
        raise


def _require_ahead(house: House) -> LedgerEvent:
    """Return the ledger's last event; raise ReviewError unless it lies so far in the future that nothing may follow it."""
    last, now = last_event(house), timestamp(house.clock.now())
    if last is None or not steps_back(last, now):
        raise ReviewError(
            f"the clock says {now}, which the ledger accepts; expected last times in the future; nothing is to be corrected"
        )
    return last


def corrections(house: House) -> tuple[LedgerEvent, ...]:
    """Return the corrections of the clock, in order."""
    return tuple(house.ledger.events(action=CORRECTED))
