"""correcting: a person names the events of a run that its state did not allow, so that every reader skips them."""

from medicore.cases.people.acting import Actor
from medicore.cases.people.attributed import record_act, refusals, require_signatory
from medicore.errors import ReviewError
from medicore.ports.house import House
from medicore.records.identifiers import RunId, person_id
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.ledger.states import CORRECTED, impossible
from medicore.records.people.decision import require_reason
from medicore.records.people.people import Permission


def correct(house: House, actor: Actor, run: RunId) -> LedgerEvent:
    """Sign that every reader must skip the events of a run that its state did not allow; return the correction.

    In early versions of MediCore the ledger did not check a run's state, so two workers could seal one run. Nothing
    is removed: the events stay in the chain, and ``verify`` names correction and signer. An event that the state
    allows cannot be skipped.

    Raises
    ------
    ReviewError
        When no event of the run is impossible, or the actor may not correct, gives a wrong passphrase or no reason.
        The refusal is in the ledger.
    """
    person_id(actor.identifier)
    with (
        house.locks.hold(run.study, run.month, f"medicore ledger correct, by {actor.identifier}"),
        refusals(house, actor.identifier, "decision.refused", str(run), asked=CORRECTED),
    ):
        named = impossible(house.ledger.events(subject=str(run)))
        if not named:
            raise ReviewError(
                f"every event of {run} is one that its state allows; expected one to skip; see 'medicore history {run}'"
            )
        signatory = require_signatory(
            house, actor.identifier, Permission.ADMINISTER, lambda _: actor.passphrase
        )
        require_reason(actor.reason)
        details = {"disregarded": [event.sequence for event in named]}
        return record_act(house, signatory, CORRECTED, str(run), actor.reason, details)
