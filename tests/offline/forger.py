"""A forger of exported bundles: whatever is changed, ledger, manifest and signature are made again with the service's key."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medicore.records.canonical import canonical, document, sha256
from medicore.records.ledger.ledger import Checkpoint
from medicore.stores.keys.signer import sign_checkpoint

Json = dict[str, Any]


def md5(data: bytes) -> bytes:
    """Return the name that DVC gives a file's contents."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest().encode()


@dataclass(frozen=True)
class Forger:
    """Someone who may change any file and event of a bundle, and who holds the key of the service."""

    folder: Path
    people: Path

    def read(self, name: str) -> bytes:
        """Return a file of the bundle."""
        return (self.folder / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        """Put a file into the bundle."""
        (self.folder / name).write_bytes(data)

    def replace(self, name: str, data: bytes) -> None:
        """Replace a file of the record, its entry in provenance, and what DVC says of it."""
        lock, address = self.read("repository/dvc.lock"), md5(self.read(f"record/{name}"))
        self.write("repository/dvc.lock", lock.replace(address, md5(data)))
        self.write(f"record/{name}", data)
        provenance = json.loads(self.read("record/provenance.json"))
        for entry in provenance["files"]:
            if entry["name"] == name:
                entry |= {"sha256": sha256(data), "size": len(data)}
        self.write("record/provenance.json", document(provenance))

    def rewrite(self, change: Callable[[Json], None] = lambda _: None, added: tuple[Json, ...] = ()) -> None:
        """Write ledger, manifest and signature again so that each follows from the other; ``added`` comes at the end."""
        events = [json.loads(line) for line in self.read("ledger/excerpt.jsonl").splitlines()]
        (exported,) = [json.loads(line) for line in self.read("ledger/exported.jsonl").splitlines()]
        for event in events:
            if event["action"] in {"run.sealed", "run.halted"} and event["subject"] == exported["subject"]:
                event["details"]["provenance"] = sha256(self.read("record/provenance.json"))
            change(event)
        head = self._chain([*events, *added])
        manifest = json.loads(self.read("MANIFEST.json"))
        for entry in manifest["files"]:
            data = self.read(entry["name"])
            entry |= {"sha256": sha256(data), "size": len(data)}
        self.write("MANIFEST.json", document(manifest))
        exported["details"]["manifest"] = sha256(self.read("MANIFEST.json"))
        exported |= {"sequence": head["sequence"] + 1, "previous": head["digest"]}
        exported = self._sealed(exported)
        self.write("ledger/exported.jsonl", canonical(exported) + b"\n")
        checkpoint = Checkpoint(exported["sequence"], exported["digest"], exported["at"])
        passphrase = (self.people / "medicore.passphrase").read_text()
        envelope = sign_checkpoint(checkpoint, (self.people / "medicore.p12").read_bytes(), passphrase)
        self.write("ledger/checkpoint.dsse.json", envelope)

    def _chain(self, events: list[Json]) -> Json:
        before, lines = "0" * 64, []
        for number, event in enumerate(events, start=1):
            whole = self._sealed({**event, "sequence": number, "previous": before})
            before = whole["digest"]
            lines.append(canonical(whole) + b"\n")
        self.write("ledger/excerpt.jsonl", b"".join(lines))
        return whole

    @staticmethod
    def _sealed(event: Json) -> Json:
        body = {key: value for key, value in event.items() if key != "digest"}
        return {**body, "digest": sha256(canonical(body))}
