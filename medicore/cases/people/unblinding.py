"""unblinding: quality opens the closed comparative results of a study, with a reason, and signs that; they stay open."""

from medicore.cases.people.acting import Actor
from medicore.cases.people.attributed import record_act, refusals, require_signatory
from medicore.cases.people.seeing import REFUSED, UNBLINDED, closed, unblinding
from medicore.cases.people.signers import acts_check
from medicore.errors import ReviewError
from medicore.ports.house import House
from medicore.records.checking import Check
from medicore.records.identifiers import person_id, study_id
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.decision import require_reason
from medicore.records.people.people import Permission


def unblind(house: House, actor: Actor, study: str) -> LedgerEvent:
    """Open the comparative results of a study from now on; return the signed event.

    Raises
    ------
    ReviewError
        When the study is not closed, or the actor may not unblind, does not open their own key, or gives no reason. The
        refusal is in the ledger.
    ProtocolError
        When the study or the person is malformed.
    """
    study_id(study)
    person_id(actor.identifier)
    with (
        house.locks.hold("people", "all", f"medicore unblind {study}, by {actor.identifier}"),
        refusals(house, actor.identifier, REFUSED, study, what="unblind"),
    ):
        signatory = require_signatory(house, actor.identifier, Permission.UNBLIND, lambda _: actor.passphrase)
        require_reason(actor.reason)
        found = closed(house, study)
        if found is None:
            before = unblinding(house, study)
            words = (
                "was never closed, or its day has come"
                if before is None
                else f"was unblinded on {before.at[:10]}"
            )
            raise ReviewError(
                f"{study} is open: it {words}; expected a closed study; see 'medicore access {study}'"
            )
        return record_act(house, signatory, UNBLINDED, study, actor.reason, {"closed_until": found.until})


def unblindings_check(house: House) -> Check:
    """Return the check of all unblindings: each was signed by who may unblind."""
    return acts_check("studies that were unblinded", house, UNBLINDED, Permission.UNBLIND)
