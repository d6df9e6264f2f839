"""What one with the ledger's file can do to it behind the back of its guards."""

import base64
import contextlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from medicore.ports.ledger import Clock
from medicore.records.canonical import canonical, document, sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.stores.ledger.sqlite import SqliteLedger

if TYPE_CHECKING:
    from tests.whole_house.house import WholeHouse

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The number n of points of P-256: with (r, s), (r, n - s) is a signature on the same bytes as well."""


def second_signature(envelope: str) -> str:
    """Return an envelope, in base64, under the other signature that verifies, made without the key."""
    told = json.loads(base64.b64decode(envelope))
    r, s = decode_dss_signature(base64.b64decode(told["signatures"][0]["sig"]))
    told["signatures"][0]["sig"] = base64.b64encode(encode_dss_signature(r, ORDER - s)).decode()
    return base64.b64encode(canonical(told)).decode()


def force(ledger: Path, statement: str, *, guards: bool = True) -> None:
    """Do with the table ``events`` what its guards forbid; they are there again afterwards, or not."""
    with contextlib.closing(sqlite3.connect(ledger)) as connection:
        triggers = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        again = [f"{sql};" for sql in triggers.values()] if guards else []
        dropped = [f"DROP TRIGGER {name};" for name in triggers]
        connection.executescript("\n".join([*dropped, statement, ";", *again]))


def slip_in(ledger: Path, clock: Clock, *events: NewEvent) -> list[LedgerEvent]:
    """Append events, their chain intact, without asking what a run may do, as one who can write the file could."""
    unruled = SqliteLedger(ledger, clock)
    return [unruled.append(event) for event in events]


def written_anew(events: Sequence[LedgerEvent], number: int, **changed: Any) -> str:
    """Return the statements that change reason or details of an event, and every digest from there on."""
    statements, before = [], events[number - 2].digest
    for event in events[number - 1 :]:
        rewritten = replace(event, previous=before, **(changed if event.sequence == number else {}))
        before = rewritten.compute_digest()
        reason, details = (
            text.replace("'", "''") for text in (rewritten.reason, canonical(rewritten.details).decode())
        )
        statements.append(
            f"UPDATE events SET reason = '{reason}', details = '{details}', "  # noqa: S608 - our own
            f"previous = '{rewritten.previous}', digest = '{before}' WHERE sequence = {rewritten.sequence}"
        )
    return "; ".join(statements)


def recorded_otherwise(
    whole: "WholeHouse", run: RunId, name: str, data: bytes | None = None, **entry: str
) -> None:
    """Let a run have recorded something else in a file: the file, its entry in provenance, and the ledger's digest of that.

    Without ``data`` the entry alone is another.
    """
    sealing = whole.history(run).sealed
    provenance = json.loads(whole.records.read(sealing.commit, f"{run.folder}/provenance.json"))
    if data is not None:
        whole.records.spoil(sealing.commit, f"{run.folder}/{name}", data)
        entry = {"sha256": sha256(data)}
    for one in provenance["files"]:
        if one["name"] == name:
            one.update(entry)
    changed = document(provenance)
    whole.records.spoil(sealing.commit, f"{run.folder}/provenance.json", changed)
    details = {**sealing.event.details, "provenance": sha256(changed)}
    events = [*whole.house.ledger.events()]
    force(whole.home / "ledger.db", written_anew(events, sealing.event.sequence, details=details))


def without_heads(archive: Path) -> None:
    """Take away every signed head that the archive keeps, as one with the right to the folder could."""
    for path in (archive / "checkpoints").iterdir():
        path.chmod(0o644)
        path.unlink()
