"""archived_ledger: the copies of the ledger in the archive; each has the events since the copy before it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from medicore.errors import MediCoreError
from medicore.ports.house import House
from medicore.records.ledger.ledger import Checkpoint, LedgerEvent, import_lines, verify_part

_HEAD = re.compile(r"(?P<base>archives/.+)/checkpoint-(?P<last>\d+)\.json", re.ASCII)


@dataclass(frozen=True, slots=True)
class Copy:
    """A part of the ledger in the archive, with its key and the signed head that proves it."""

    key: str
    head: Checkpoint
    events: tuple[LedgerEvent, ...]


def key_of(base: str, first: int, last: int) -> str:
    """Return the key of the copy of the events ``first`` to ``last`` in a run's archive."""
    return f"{base}/ledger-{first:012d}-{last:012d}.jsonl"


def copies(house: House, heads: Mapping[str, Checkpoint]) -> Iterator[Copy]:
    """Yield every copy that a signed head proves; ``heads`` are the signed heads by their keys in the archive.

    A damaged copy is left out; the verification of its run reports it.
    """
    for key, head in heads.items():
        named = _HEAD.fullmatch(key)
        if named is None:
            continue
        ending = f"-{head.sequence:012d}.jsonl"
        for found in house.archive.keys(named["base"]):
            if found.startswith(f"{named['base']}/ledger-") and found.endswith(ending):
                try:
                    events = tuple(import_lines(house.archive.get(found).splitlines(keepends=True)))
                    verify_part(events, head)
                except MediCoreError:
                    continue
                yield Copy(found, head, events)
