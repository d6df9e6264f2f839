"""Verify an exported MediCore record, offline, with Python's standard library and the openssl program alone.

    python -I -S verify_bundle.py [FOLDER] [--authority SHA256]

FOLDER is the unpacked bundle, by default the folder of this file. The program stops at the first check that fails; its
exit code is 0 or 1. ``--authority`` is the authority's fingerprint, which the sponsor gives you by another channel.
"""

import argparse
import base64
import hashlib
import io
import json
import re
import subprocess
import tarfile
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

MANIFEST, EXCERPT, EXPORTED = "MANIFEST.json", "ledger/excerpt.jsonl", "ledger/exported.jsonl"
CHECKPOINT, AUTHORITY, PROVENANCE = "ledger/checkpoint.dsse.json", "authority.pem", "record/provenance.json"
SOURCE, LOCK, PDF = "code/source.tar", "environment/requirements.lock", "record/report.signed.pdf"
KEYS, ENDINGS = ("person.added", "person.renewed"), ("person.revoked", "person.renewed")  # of certificates
UNLISTED = {MANIFEST, EXPORTED, CHECKPOINT}  # the signature over the ledger's head covers these
DECISION, KIND = "application/vnd.in-toto+json", "application/vnd.medicore.{}+json"
HEAD, ACT, ASKED = KIND.format("checkpoint"), KIND.format("act"), ("run.requested", "run.resumed")
Json = dict[str, Any]


class FaultError(Exception):
    """A check failed; the message begins with the name of the file."""


def need(condition: object, message: str) -> None:
    """Raise FaultError unless the condition holds."""
    if not condition:
        raise FaultError(message)


def canonical(value: object) -> bytes:
    """Return the canonical JSON that ledger and signatures use."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def as_json(name: str, data: bytes) -> Json:
    """Return the JSON object in a file."""
    try:
        return dict(json.loads(data))
    except (ValueError, TypeError) as error:
        raise FaultError(f"{name}: is not a JSON document") from error


def digest(data: bytes, kind: str = "sha256") -> str:
    """Return the SHA-256; other kinds serve only to compute the names that DVC (MD5) and git (SHA-1) use."""
    return hashlib.new(kind, data, usedforsecurity=False).hexdigest()


def fingerprint(pem: str) -> str:
    """Return the SHA-256 of a certificate."""
    return digest(base64.b64decode("".join(line for line in pem.splitlines() if "-----" not in line)))


class Bundle:
    """The bundle's files by name, and the ledger's events in it."""

    def __init__(self, root: Path, scratch: Path) -> None:
        paths = [path for path in root.rglob("*") if path.is_symlink() or not path.is_dir()]
        named = {path.relative_to(root).as_posix(): path for path in paths}
        self.odd = [name for name, path in named.items() if path.is_symlink() or not path.is_file()]
        self.files = {name: path.read_bytes() for name, path in named.items() if name not in self.odd}
        self.manifest, self.scratch = as_json(MANIFEST, self.read(MANIFEST)), scratch
        self.events: list[Json] = []

    def read(self, name: str) -> bytes:
        """Return a file."""
        need(name in self.files, f"{name}: is missing")
        return self.files[name]

    def below(self, old: str, new: str) -> dict[str, tuple[str, bytes]]:
        """Return the files below ``old``, with their mode, under the path ``new`` that git has for them."""
        return {new + n[len(old) :]: ("100644", data) for n, data in self.files.items() if n.startswith(old)}

    def named(self, *actions: str, on: str = "") -> list[Json]:
        """Return the events with these actions, in order; ``on`` limits them to one subject."""
        return [e for e in self.events if e.get("action") in actions and on in ("", e["subject"])]


def check_files(bundle: Bundle) -> str:
    """Compare the manifest with the ledger's last event, and the files with the manifest: exactly these files exist."""
    last = as_json(EXPORTED, (bundle.read(EXPORTED).splitlines() or [b""])[-1])
    need(last.get("action") == "run.exported", f"{EXPORTED}: does not end with the export of a run")
    same = last["details"]["manifest"] == digest(bundle.read(MANIFEST))
    need(same and last["subject"] == bundle.manifest["run"], f"{MANIFEST}: is not the one in the ledger")
    listed = {entry["name"]: entry["sha256"] for entry in bundle.manifest["files"]}
    found = {name: digest(data) for name, data in bundle.files.items() if name not in UNLISTED}
    faults = [f"{name}: is a link or a device" for name in bundle.odd]
    faults += [f"{name}: is missing" for name in (listed.keys() | UNLISTED) - bundle.files.keys()]
    faults += [f"{name}: is not in {MANIFEST}" for name in found.keys() - listed.keys()]
    changed = [name for name in found.keys() & listed.keys() if found[name] != listed[name]]
    faults += [f"{n}: has SHA-256 {found[n][:12]}, {MANIFEST} says {listed[n][:12]}" for n in changed]
    need(not faults, "\n".join(sorted(faults)))
    return f"{len(listed)} files are as {MANIFEST} says; no other is there"


def check_ledger(bundle: Bundle) -> str:
    """Verify the ledger's chain from its first event to its last."""
    before = "0" * 64
    for name in (EXCERPT, EXPORTED):
        for line in bundle.read(name).splitlines(keepends=True):
            event, place = as_json(name, line), f"{name}: event {len(bundle.events) + 1}"
            whole = {"sequence", "previous", "digest"} <= event.keys() and canonical(event) + b"\n" == line
            need(whole, f"{place} is not written as the ledger writes it")
            need(event["sequence"] == len(bundle.events) + 1, f"{place} is missing or out of order")
            need(event["previous"] == before, f"{place} does not follow the one before it")
            before = event["digest"]
            bundle.events.append(event)
            body = {key: value for key, value in event.items() if key != "digest"}
            need(len(event) == 3 or digest(canonical(body)) == before, f"{place} does not match its digest")
    hidden = sum(len(event) == 3 for event in bundle.events)
    return f"{len(bundle.events)} events follow one another; {hidden} on other matters are shown by digest"


def openssl(here: Path, *arguments: str) -> bool:
    """Return whether openssl, run in the folder ``here``, ends with exit code 0."""
    return not subprocess.run(["openssl", *arguments], cwd=here, capture_output=True, check=False).returncode


def opened(bundle: Bundle, name: str, envelope: bytes, kind: str, at: list[str]) -> tuple[Json, Json]:
    """Verify an envelope's signature, and its certificate at the times ``at``; return the content and the signer."""
    parts = as_json(name, envelope)
    try:
        keyid, sig, payload = parts["signatures"][0]["keyid"], parts["signatures"][0]["sig"], parts["payload"]
        proof, text = base64.b64decode(sig), base64.b64decode(payload)
        spelled = [{"keyid": keyid, "sig": base64.b64encode(proof).decode()}]
        whole = {"payload": base64.b64encode(text).decode(), "payloadType": kind, "signatures": spelled}
    except (ValueError, LookupError, TypeError) as error:
        raise FaultError(f"{name}: is not a signed envelope") from error
    need(canonical(whole) == envelope, f"{name}: is not an envelope as MediCore spells it")
    signer = next((e for e in bundle.named(*KEYS) if e["details"]["fingerprint"] == keyid), {})
    need(signer, f"{name}: the ledger shows nobody with the key {keyid[:12]}")
    who, pem, signed = signer["subject"], signer["details"]["certificate"], as_json(name, text)
    need(fingerprint(pem) == keyid, f"{EXCERPT}: the certificate of {who} has another fingerprint")
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(text), text)
    trust = (kind != HEAD and signer["details"].get("chain", "").encode()) or bundle.read(AUTHORITY)
    inputs = {"pem": pem.encode(), "sig": proof, "text": pae, "authority": trust, "key": b""}
    for short, data in inputs.items():
        (bundle.scratch / short).write_bytes(data)
    openssl(bundle.scratch, "x509", "-in", "pem", "-noout", "-pubkey", "-out", "key")
    proved = openssl(bundle.scratch, "dgst", "-sha256", "-verify", "key", "-signature", "sig", "text")
    need(proved, f"{name}: the signature of {who} does not verify")
    for instant in (*at, signed.get("at") or signed.get("predicate", signed)["signed_at"]):
        when = int(datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp())
        alone = ("-no-CApath", "-no-CAstore", "-x509_strict", "-purpose", "smimesign", "-CAfile", "authority")
        held = openssl(bundle.scratch, "verify", *alone, "-attime", str(when), "pem")
        need(held, f"{name}: the certificate of {who} was not valid at {instant}")
        later = [e["at"] for e in bundle.named(*ENDINGS, on=who) if e["sequence"] > signer["sequence"]]
        need(all(end > instant for end in later), f"{name}: {who} was revoked before {instant}")
    return signed, signer


def check_head(bundle: Bundle) -> str:
    """Verify that the service signed the last event, the export itself, with a certificate of the bundle's authority."""
    made = [event["details"]["certificate"].encode() for event in bundle.named("authority.created")]
    need(made == [bundle.read(AUTHORITY)], f"{AUTHORITY}: is not the one that the ledger names")
    head, signer = opened(bundle, CHECKPOINT, bundle.read(CHECKPOINT), HEAD, [])
    need(signer["details"]["role"] == "service", f"{CHECKPOINT}: was not signed by the service")
    need(head["digest"] == bundle.events[-1]["digest"], f"{CHECKPOINT}: is of another event than the last")
    return f"event {head['sequence']} was signed as the ledger's head at {head['at']}, and with it {MANIFEST}"


def check_decisions(bundle: Bundle) -> str:
    """Verify every request and decision: its signature, its signer, and the digests that it was signed on."""
    approvals, made, run = 0, Json(), bundle.manifest["run"]
    requests, decisions = bundle.named(*ASKED, on=run), bundle.named("decision.signed", on=run)
    for event in requests:
        name, asked = f"{EXCERPT}: event {event['sequence']}", base64.b64decode(event["details"]["envelope"])
        signed, signer = opened(bundle, name, asked, ACT, [event["at"]])
        told = [signer["subject"], signed["signer"], signed["reason"], signed["details"]["month"]]
        same = told == [event["actor"], event["actor"], event["reason"], run.split("/")[1]]
        need(same and run.split("/")[0] in signed["details"]["studies"], f"{name} is another request")
    for event in decisions:
        name = f"{EXCERPT}: event {event['sequence']}"
        envelope = base64.b64decode(event["details"]["envelope"])
        kept = f"record/decisions/{event['sequence']}.dsse.json"
        need(bundle.files.get(kept, envelope) == envelope, f"{kept}: is not the decision in the ledger")
        signed, signer = opened(bundle, name, envelope, DECISION, [event["at"]])
        said, who = signed["predicate"], signer["details"]
        claimed = [said[key] for key in ("run", "signer", "printed_name", "role", "certificate")]
        known = [run, signer["subject"], who["name"], who["role"], who["fingerprint"]]
        need(claimed == known and event["actor"] == signer["subject"], f"{name} is another person's or run's")
        need(who["role"] in ("reviewer", "quality"), f"{name} is by one whose role may not decide")
        need(event["actor"] != requests[0]["actor"], f"{name} is on the signer's own request")
        on = {each["name"]: next(iter(each["digest"].values())) for each in signed["subject"]}
        need(on.pop("code commit") == bundle.manifest["code_commit"], f"{name} is not on {SOURCE}")
        need(on.pop("requirements.lock") == digest(bundle.read(LOCK)), f"{LOCK}: is not what {name} is on")
        if on.pop("sealed commit") == bundle.manifest["sealed_commit"]:
            for file in {*on, "extract.parquet", "protocol.json", "report.pdf", "results.json"}:
                found = bundle.files.get(f"record/{file}")
                need(on.get(file) == (found and digest(found)), f"record/{file}: is not what {name} is on")
            approvals += said["meaning"] == "approve"
            made = event["details"].get("signed_report", made)
    need(approvals or not bundle.named("run.released", on=run), f"{EXCERPT}: released without an approval")
    need(not made or digest(bundle.read(PDF)) == made["sha256"], f"{PDF}: is not what was approved last")
    return f"{len(requests)} requests, {len(decisions)} decisions signed, {approvals} of them approving this record"


def check_record(bundle: Bundle) -> str:
    """Compare the record's files with provenance, the frozen data with the ledger, and both with DVC's pointers."""
    run = bundle.manifest["run"]
    sealed = bundle.named("run.sealed", "run.halted", "run.failed", on=run)[-1]["details"]
    same = digest(bundle.read(PROVENANCE)) == sealed["provenance"]
    need(same and sealed["commit"] == bundle.manifest["sealed_commit"], f"{PROVENANCE}: is not the ledger's")
    provenance, found = as_json(PROVENANCE, bundle.read(PROVENANCE)), {}
    for entry in provenance["files"]:
        name, data = entry["name"], bundle.read(f"record/{entry['name']}")
        found[name] = (len(data), digest(data), entry["md5"] and digest(data, "md5"))
        same = found[name] == (entry["size"], entry["sha256"], entry["md5"])
        need(same, f"record/{name}: is not what provenance recorded")
    need(digest(bundle.read(LOCK)) == provenance["run"]["environment_digest"], f"{LOCK}: is not the run's")
    frozen = sorted(name for name in found if name.startswith("lock/"))
    for event in bundle.named("lock.frozen", on=run):
        same = {name: found[name][1] for name in frozen} == event["details"]["files"]
        need(same, f"{PROVENANCE}: names other data than the ledger says were frozen")
        listed = [{"md5": found[name][2], "relpath": name[len("lock/") :]} for name in frozen]
        pointer, address = bundle.read("record/lock.dvc"), digest(json.dumps(listed).encode(), "md5")
        same = pointer == event["details"]["pointer"].encode() and f"md5: {address}.dir\n".encode() in pointer
        need(same, "record/lock.dvc: does not point at the frozen data")
    lock, folder = bundle.files.get("repository/dvc.lock", b"").decode(), bundle.manifest["folder"]
    for name, md5 in re.findall(rf"path:\s+{folder}/(\S+)\s+hash: md5\s+md5:\s+(\w{{32}})\s", lock):
        need(digest(bundle.read(f"record/{name}"), "md5") == md5, f"repository/dvc.lock: is not of {name}")
    return f"{len(found)} files as recorded when it was sealed, {len(frozen)} of them frozen data that DVC points at"


def tree_name(files: dict[str, tuple[str, bytes]]) -> str:
    """Return the name that git gives a tree of files, each with its mode."""
    lines, folders = {}, {name.partition("/")[0] for name in files if "/" in name}
    for name, (mode, data) in files.items():
        if "/" not in name:
            blob = digest(b"blob %d\0" % len(data) + data, "sha1")
            lines[name] = f"{mode} {name}\0".encode() + bytes.fromhex(blob)
    for folder in folders:
        inner = {n[len(folder) + 1 :]: file for n, file in files.items() if n.startswith(f"{folder}/")}
        lines[f"{folder}/"] = f"40000 {folder}\0".encode() + bytes.fromhex(tree_name(inner))
    tree = b"".join(lines[name] for name in sorted(lines, key=str.encode))
    return digest(b"tree %d\0" % len(tree) + tree, "sha1")


def check_code(bundle: Bundle) -> str:
    """Compute the names of the code's and the record's commits, and compare them with the manifest."""
    folder, code = bundle.manifest["folder"], {}
    with tarfile.open(fileobj=io.BytesIO(bundle.read(SOURCE))) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isreg() else None
            mode = "120000" if member.issym() else "100755" if member.mode & 0o100 else "100644"
            code[member.name] = (mode, stream.read() if stream else member.linkname.encode())
    held = [e["name"] for e in as_json(PROVENANCE, bundle.read(PROVENANCE))["files"] if e["md5"] is None]
    whole = {name: file for name, file in code.items() if not name.startswith(f"{folder}/")}
    for name in (*held, "provenance.json", ".gitignore"):
        whole[f"{folder}/{name}"] = ("100644", bundle.read(f"record/{name}"))
    whole.update(bundle.below("repository/", ""))
    released = {**whole, **bundle.below("record/decisions/", f"{folder}/decisions/")}
    released.update(bundle.below(f"{PDF}.dvc", f"{folder}/{PDF[7:]}.dvc"))
    for part, files in (("code", code), ("sealed", whole), ("record", released)):
        body = bundle.read(f"code/{part}.commit")
        named = digest(b"commit %d\0" % len(body) + body, "sha1") == bundle.manifest[f"{part}_commit"]
        need(named, f"code/{part}.commit: is not the commit of that name")
        need(body.startswith(f"tree {tree_name(files)}\n".encode()), f"{SOURCE}: is not the {part} commit")
    return f"{len(code)} files are commit {bundle.manifest['code_commit']}, which the record holds"


def main() -> int:
    """Print one line per check and return the exit code."""
    parser = argparse.ArgumentParser(description="Verify an exported MediCore record, offline.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--authority", default="", type=lambda text: text.replace(":", "").lower())
    given = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            bundle = Bundle(given.folder, Path(scratch))
            for check in (check_ledger, check_files, check_head, check_record, check_decisions, check_code):
                print(f"ok    {check.__name__[len('check_') :]}: {check(bundle)}")
            own = fingerprint(bundle.read(AUTHORITY).decode())
            need(given.authority in ("", own), f"{AUTHORITY}: has fingerprint {own}, not the one you trust")
    except FaultError as fault:
        print("\n".join(f"FAIL  {line}" for line in str(fault).splitlines()))
    except Exception as fault:  # noqa: BLE001 - whatever a forger wrote, the answer is one line
        print(f"FAIL  the next check could not be made: {type(fault).__name__} {fault}")
    else:
        print(f"VERIFIED {bundle.manifest['run']}; authority {own}: compare it with the sponsor's")
        return 0
    print("NOT VERIFIED")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
