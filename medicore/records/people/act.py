"""Acts: signed statements of a person about one event of the ledger.

A decision is bound to a run. An act is bound to one ledger event: its action, subject, reason and details.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Self

from medicore.errors import IntegrityError, ReviewError
from medicore.records.canonical import canonical
from medicore.records.identifiers import AUTHORITY
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import moment
from medicore.records.people.decision import require_reason
from medicore.records.people.people import Person

ENVELOPE = "envelope"
"""The key in an event's details that holds the signed act; the act covers all other keys."""

RECORDING_LIMIT = timedelta(hours=1)
"""The largest difference between the signer's time and the time at which the ledger recorded the act."""


@dataclass(frozen=True, slots=True)
class Act:
    """An act, signed or ready to be signed. Its constructor checks that the reason is readable and the time valid.

    ``certificate`` is the fingerprint of the signer's certificate; ``signed_at`` is in UTC. Build it with ``declare``.
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
            When the bytes differ from the payload of the act that they hold.
        """
        try:
            act = cls(**json.loads(payload))
            same = act.payload() == payload
        except (AttributeError, IntegrityError, RecursionError, TypeError, ValueError) as error:
            raise ReviewError(
                "the signed bytes are not an act; expected an act as MediCore writes it"
            ) from error
        if not same:
            raise ReviewError("the signed bytes are in the wrong format for an act; expected canonical JSON")
        return act


def declare(
    person: Person, action: str, subject: str, reason: str, details: Mapping[str, Any], signed_at: str
) -> Act:
    """Return an act of ``person`` that is ready to be signed; raise ReviewError when its reason is empty."""
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


def declare_for_authority(
    certificate: str, action: str, subject: str, reason: str, details: Mapping[str, Any], signed_at: str
) -> Act:
    """Return an act of the authority with this certificate's fingerprint; raise ReviewError when its reason is empty."""
    return Act(
        action=action,
        subject=subject,
        reason=reason.strip(),
        details=dict(details),
        signer=AUTHORITY,
        printed_name="MediCore authority",
        role=AUTHORITY,
        signed_at=signed_at,
        certificate=certificate,
    )


def require_told(act: Act, event: LedgerEvent) -> Act:
    """Return ``act`` if ``event`` holds exactly what was signed.

    Raises
    ------
    IntegrityError
        When action, subject, reason, details or actor of the event differ from what the envelope holds.
    """
    told = {key: value for key, value in event.details.items() if key != ENVELOPE}
    signed = (act.action, act.subject, act.reason, act.signer, act.role, canonical(dict(act.details)))
    if signed != (event.action, event.subject, event.reason, event.actor, event.role, canonical(told)):
        raise IntegrityError(
            f"ledger event {event.sequence} differs from what {event.actor} signed; expected the same content; "
            "take the ledger from the archive"
        )
    return act
