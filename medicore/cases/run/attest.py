"""attest: the head of the ledger, signed by the service and stored in the archive, outside the ledger."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from medicore.cases.people.logged import SERVICE, log
from medicore.cases.people.service import ServiceKey, opened_head, service_keys, signed_head
from medicore.errors import ArchiveError, ConfigurationError, IntegrityError, ReviewError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import Checkpoint, LedgerEvent
from medicore.records.protocol.retention import retain_until

FOLDER = "checkpoints"
_KEPT = re.compile(r"checkpoints/.+|archives/.+/checkpoint-\d+\.json", re.ASCII)
SIGNED = "checkpoint.signed"
FAILED = "checkpoint.failed"

Keys = Callable[[], tuple[str, ...]]
"""Returns the list of the archive's keys."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A signed head in the archive with its key, and the keys of the service; one of these must have signed it."""

    key: str
    envelope: bytes
    keys: Mapping[str, ServiceKey]

    def opened(self, house: House) -> Checkpoint:
        """Return the checkpoint; raise IntegrityError, with its key, unless the service signed it and the key names it."""
        try:
            head = opened_head(house, self.keys, self.envelope)
        except IntegrityError as error:
            raise IntegrityError(f"{self.key}: {error}") from error
        if self.key != head_key(head.sequence, head.digest) and not self.key.endswith(
            f"/checkpoint-{head.sequence}.json"
        ):
            raise IntegrityError(
                f"{self.key}: is the signed head of event {head.sequence}; expected it as "
                f"{head_key(head.sequence, head.digest)}; give it back its name, and find out who changed it"
            )
        return head


def attest(house: House, run: RunId, years: int) -> LedgerEvent:
    """Sign the head of the ledger, store it in the archive for ``years``, and return the event that is this head.

    The event comes first and is itself the signed head, so the removal of even one event up to it is found. If
    archive or key fail, work continues: the ledger records the failure, and the next stored head covers all earlier
    ones.
    """
    event = log(house, SERVICE, SIGNED, str(run), "", {})
    until = retain_until(house.clock.now().date(), years)
    try:
        house.archive.put(key_of(event), signed_head(house, event.sequence, event.digest), until.isoformat())
    except (ArchiveError, ConfigurationError, ReviewError) as error:
        log(house, SERVICE, FAILED, str(run), str(error), {"sequence": event.sequence})
    return event


def key_of(event: LedgerEvent) -> str:
    """Return the archive's key for the head ``event``; two ledgers never share a key."""
    return head_key(event.sequence, event.digest)


def head_key(sequence: int, digest: str) -> str:
    """Return the archive's key for the head of the ledger at an event of that number and digest."""
    return f"{FOLDER}/{sequence:012d}-{digest[:16]}.json"


def archived_keys(house: House) -> Keys:
    """Return a function that lists the archive's signed heads and archived objects; it asks the archive only once."""
    return cache(lambda: (*house.archive.keys(FOLDER), *house.archive.keys("archives")))


def kept(house: House, listed: Keys | None = None) -> tuple[Kept, ...]:
    """Return every signed head in the archive, of sealings and of complete archived records.

    ``listed`` returns the list of the archive, for a caller that needs it more than once.

    Raises
    ------
    IntegrityError
        When there are signed heads, and the ledger does not know the service that signed them.
    """
    keys = [key for key in (listed or archived_keys(house))() if _KEPT.fullmatch(key)]
    if not keys:
        return ()
    services = service_keys(house)
    if not services:
        raise IntegrityError(
            f"the archive holds {len(keys)} signed heads of a ledger, and this ledger does not know who signed them; "
            "expected the ledger that was signed; keep this one, and restore that one from the archive"
        )
    return tuple(Kept(key, house.archive.get(key), services) for key in keys)
