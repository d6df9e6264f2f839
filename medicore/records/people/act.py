"""Acts: what a person did to the people of the house, as that person signs it.

A decision binds to a run; an act binds to one event of the ledger: its action, subject, reason and details.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from medicore.errors import IntegrityError, ReviewError
from medicore.records.canonical import canonical
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import moment
from medicore.records.people.decision import require_reason
from medicore.records.people.people import Person

ENVELOPE = "envelope"
"""The key in an event's details that holds the signed act; everything else there is what was signed."""


@dataclass(frozen=True, slots=True)
class Act:
    """An act before or under its signature; one that exists has a readable reason and a well-formed time.

    ``certificate`` is the fingerprint of the signer's certificate, ``signed_at`` is UTC. Build it with ``declare``.
    """

    action: str
    subject: str
    reason: str
    details: Mapping[str, Any]
    signer: str
    printed_name: str
    role: str
    signed_at: str
    certificate: str

    def __post_init__(self) -> None:
        moment(self.signed_at)
        require_reason(self.reason)

    def payload(self) -> bytes:
        """Return the bytes that are signed."""
        return canonical(asdict(self))

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Return the act whose ``payload`` was signed.

        Raises
        ------
        ReviewError
            When the bytes are not, one by one, what an act gives.
        """
        try:
            act = cls(**json.loads(payload))
            same = act.payload() == payload
        except (AttributeError, IntegrityError, RecursionError, TypeError, ValueError) as error:
            raise ReviewError("the signed bytes are no act; expected one as MediCore writes it") from error
        if not same:
            raise ReviewError("the signed bytes are not spelled as an act is; expected canonical JSON")
        return act


def declare(
    person: Person, action: str, subject: str, reason: str, details: Mapping[str, Any], signed_at: str
) -> Act:
    """Return the act of ``person``, ready to be signed; raise ReviewError when its reason says nothing."""
    return Act(
        action=action,
        subject=subject,
        reason=reason.strip(),
        details=dict(details),
        signer=person.identifier,
        printed_name=person.name,
        role=person.role.value,
        signed_at=signed_at,
        certificate=person.fingerprint,
    )


def require_told(act: Act, event: LedgerEvent) -> Act:
    """Return ``act`` when ``event`` tells exactly what was signed.

    Raises
    ------
    IntegrityError
        When action, subject, reason, details or actor of the event differ from what the envelope holds.
    """
    told = {key: value for key, value in event.details.items() if key != ENVELOPE}
    signed = (act.action, act.subject, act.reason, act.signer, act.role, canonical(dict(act.details)))
    if signed != (event.action, event.subject, event.reason, event.actor, event.role, canonical(told)):
        raise IntegrityError(
            f"ledger event {event.sequence} tells something else than {event.actor} signed; expected the same; "
            "take the ledger from the archive"
        )
    return act
