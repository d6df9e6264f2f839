"""The offline verifier against forgers who have more than a text editor: bundles made anew with the service's key."""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from medicore.records.canonical import canonical, document, sha256
from medicore.records.ledger.ledger import Checkpoint
from medicore.records.moment import moment, timestamp
from medicore.stores.keys.signer import sign_checkpoint
from tests.whole_house.exported import third_party
from tests.whole_house.house import WholeHouse

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
        """Write ledger, manifest and signature anew so that each follows from the other; ``added`` comes at the end."""
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


@pytest.fixture
def forger(released_house: WholeHouse, whole_ledger_bundle: Path, tmp_path: Path) -> Forger:
    """A forger with a copy of the bundle and the service's key."""
    folder = Path(shutil.copytree(whole_ledger_bundle, tmp_path / "bundle"))
    return Forger(folder, released_house.home / "people")


def test_forger_who_changes_nothing_is_believed(forger: Forger, tmp_path: Path) -> None:
    """The forging itself is sound: what is made anew without a change verifies."""
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 0, answer


def test_what_a_reviewer_signed_outlives_the_service_key(forger: Forger, tmp_path: Path) -> None:
    """With results, provenance, ledger, manifest and head all made anew, the reviewer's signature still says no."""
    results = json.loads(forger.read("record/results.json"))
    results["primary"]["estimate"] += 1.0
    forger.replace("results.json", document(results))
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "FAIL  record/results.json: is not what" in answer
    assert "ok    record" in answer


def test_code_that_no_signature_names_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A byte changed in the code is not the commit that the decision names, even with the manifest made anew."""
    source = forger.read("code/source.tar")
    place = source.index(b"\ndef ") + 1
    forger.write("code/source.tar", source[:place] + b"D" + source[place + 1 :])
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "FAIL  code/source.tar: is not the code commit" in answer


def test_changed_record_is_not_the_sealed_commit(forger: Forger, tmp_path: Path) -> None:
    """A file that no decision names on its own is still held by the sealed commit that the decision names."""
    check = json.loads(forger.read("record/check.json"))
    forger.replace("check.json", document({**check, "rows": 1}))
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "is not the sealed commit" in answer


def test_dvc_that_points_elsewhere_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A lock file of DVC that points at another file than the record's is named."""
    lock = forger.read("repository/dvc.lock")
    forger.write("repository/dvc.lock", lock.replace(md5(forger.read("record/report.pdf")), b"0" * 32))
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "FAIL  repository/dvc.lock: is not of report.pdf" in answer


def test_released_record_is_the_commit_of_that_name(forger: Forger, tmp_path: Path) -> None:
    """What the release added beside the signatures themselves is held by the released commit."""
    index = forger.read("record/decisions/index.json")
    forger.write("record/decisions/index.json", index.replace(b"Looked at it", b"Never saw it"))
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "is not the record commit" in answer


def test_decision_by_one_who_may_not_decide_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A decision whose signer the ledger knows in another role counts for nothing, whatever the signature says."""

    def demote(event: Json) -> None:
        if event["action"] == "person.added" and event["subject"] == "rita":
            event["details"]["role"] = "operator"

    forger.rewrite(demote)
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "is another person's or run's" in answer


def test_release_without_its_approval_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A ledger that releases a run, and from which the approval was cut, is refused."""

    def cut(event: Json) -> None:
        if event["action"] == "decision.signed":
            event |= {"action": "decision.refused", "details": {}}

    forger.rewrite(cut)
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "FAIL  ledger/excerpt.jsonl: released without an approval" in answer


def test_decision_after_revocation_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A decision counts for nothing when the ledger says that the signer's key had been revoked before it."""
    events = [json.loads(line) for line in forger.read("ledger/excerpt.jsonl").splitlines()]
    signed = next(e for e in events if (e["action"], e["actor"]) == ("decision.signed", "rita"))
    revoked = {
        **signed,
        "actor": "medicore",
        "action": "person.revoked",
        "subject": signed["actor"],
        "details": {},
    }
    forger.rewrite(added=({**revoked, "at": signed["at"]},))
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "rita was revoked before" in answer


def test_decision_after_expiry_is_refused(forger: Forger, tmp_path: Path) -> None:
    """The certificate must have been valid when the ledger took the decision, not only when it was issued."""

    def later(event: Json) -> None:
        if event["action"] == "decision.signed":
            at = moment(event["at"])
            event["at"] = timestamp(at.replace(year=at.year + 5))

    forger.rewrite(later)
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "the certificate of rita was not valid" in answer


def test_signature_by_another_key_is_refused(forger: Forger, tmp_path: Path) -> None:
    """A decision whose signature is cut from another envelope does not verify."""
    head = json.loads(forger.read("ledger/checkpoint.dsse.json"))["signatures"][0]["sig"]

    def transplant(event: Json) -> None:
        kept = f"record/decisions/{event['sequence']}.dsse.json"
        if event["action"] == "decision.signed" and (forger.folder / kept).exists():
            envelope = json.loads(base64.b64decode(event["details"]["envelope"]))
            envelope["signatures"][0]["sig"] = head
            event["details"]["envelope"] = base64.b64encode(canonical(envelope)).decode()
            forger.write(kept, canonical(envelope))

    forger.rewrite(transplant)
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "the signature of rita does not verify" in answer


def test_ledger_is_not_the_authoritys_own_word(forger: Forger, tmp_path: Path) -> None:
    """Whoever brings an authority of their own is found out by the fingerprint that the third party has."""
    code, answer = third_party(forger.folder, tmp_path, "--authority", "ab" * 32)
    assert code == 1
    assert "not the one you trust" in answer
