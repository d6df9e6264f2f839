"""attest: the head of the ledger, signed by the service and kept in the archive, out of the ledger's reach."""

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
"""Lists what the archive has, by key."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A signed head in the archive under its key, and the keys of the service, one of which must have signed it."""

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
                f"{head_key(head.sequence, head.digest)}; give it its name back, and find out who changed that"
            )
        return head


def attest(house: House, run: RunId, years: int) -> LedgerEvent:
    """Sign the head of the ledger, keep it in the archive for ``years``, and return the event that is this head.

    The event comes first and is itself the head that is signed: whoever cuts off even one event from the ledger
    as it stands then is caught. An archive or key that fails stops nobody's work: the ledger says so, and the next
    head that is kept covers all before it.
    """
    event = log(house, SERVICE, SIGNED, str(run), "", {})
    until = retain_until(house.clock.now().date(), years)
    try:
        house.archive.put(key_of(event), signed_head(house, event.sequence, event.digest), until.isoformat())
    except (ArchiveError, ConfigurationError, ReviewError) as error:
        log(house, SERVICE, FAILED, str(run), str(error), {"sequence": event.sequence})
    return event


def key_of(event: LedgerEvent) -> str:
    """Return the archive's key for the head that ``event`` is; two ledgers never share one."""
    return head_key(event.sequence, event.digest)


def head_key(sequence: int, digest: str) -> str:
    """Return the archive's key for the head of the ledger at an event of that number and digest."""
    return f"{FOLDER}/{sequence:012d}-{digest[:16]}.json"


def archived_keys(house: House) -> Keys:
    """Return what lists the archive's signed heads and archived objects: once, however often it is asked."""
    return cache(lambda: (*house.archive.keys(FOLDER), *house.archive.keys("archives")))


def kept(house: House, listed: Keys | None = None) -> tuple[Kept, ...]:
    """Return every signed head that the archive holds, of sealings and of whole archived records.

    ``listed`` lists the archive, for someone who lists it more than once.

    Raises
    ------
    IntegrityError
        When there are some, and the ledger does not know the service that signed them.
    """
    keys = [key for key in (listed or archived_keys(house))() if _KEPT.fullmatch(key)]
    if not keys:
        return ()
    services = service_keys(house)
    if not services:
        raise IntegrityError(
            f"the archive holds {len(keys)} signed heads of a ledger, this one does not know who signed them; expected "
            "the ledger that was signed; keep this one, take that from the archive"
        )
    return tuple(Kept(key, house.archive.get(key), services) for key in keys)
