"""An exported MediCore record as files, events and signatures; ``verify_bundle.py`` beside it judges them."""

import base64
import hashlib
import json
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

MANIFEST, EXCERPT, EXPORTED = "MANIFEST.json", "ledger/excerpt.jsonl", "ledger/exported.jsonl"
WITHHELD = "code/withheld.json"
AUTHORITY, CHECKPOINT, HEAD = (
    "authority.pem",
    "ledger/checkpoint.dsse.json",
    "application/vnd.medicore.checkpoint+json",
)
DECISION, ACT = "application/vnd.in-toto+json", "application/vnd.medicore.act+json"
ASKED = ("run.requested", "run.resumed")
UNLISTED = {MANIFEST, EXPORTED, CHECKPOINT}  # the signature over the ledger's head covers these
KEYS, ENDINGS = ("person.added", "person.renewed"), ("person.revoked", "person.renewed")  # of certificates
LIMIT = timedelta(hours=1)  # the longest time between a signature and the event that records it
QUEUE = timedelta(days=7)  # the longest time between the arrival of a request and the beginning of its run
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
        self.decided: dict[int, Json] = {}  # what was signed, by the number of its event

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


def opened(bundle: Bundle, name: str, envelope: bytes, kind: str, event: Json) -> tuple[Json, Json]:
    """Verify an envelope's signature, and its certificate as of the event with it; return the content and the signer.

    The key must be the one that the ledger gives the signer at that event, however often they had a new one.
    """
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
    given, place = signer["sequence"], event["sequence"]
    need(given <= place, f"{name}: {who} was given that key by event {given}, after event {place}")
    ended = [e for e in bundle.named(*ENDINGS, on=who) if e["sequence"] > given]
    for end in ended:
        what = f"{'revoked' if end['action'] == 'person.revoked' else 'given another key'} by event"
        need(end["sequence"] > place, f"{name}: {who} was {what} {end['sequence']}, before event {place}")
    instants = (event["at"], signed.get("at") or signed.get("predicate", signed)["signed_at"])
    for instant in instants:
        when = int(moment(instant).timestamp())
        alone = ("-no-CApath", "-no-CAstore", "-x509_strict", "-purpose", "smimesign", "-CAfile", "authority")
        held = openssl(bundle.scratch, "verify", *alone, "-attime", str(when), "pem")
        need(held, f"{name}: the certificate of {who} was not valid at {instant}")
        need(all(end["at"] > instant for end in ended), f"{name}: {who} was revoked before {instant}")
    told, said = map(moment, (recorded(bundle, event), instants[1]))
    need(abs(told - said) <= LIMIT, f"{name}: was signed at {instants[1]}, more than an hour from its event")
    return signed, signer


def recorded(bundle: Bundle, event: Json) -> str:
    """Return when the signature of an event came into the ledger: a request arrives before it begins or continues a run."""
    if event.get("action") not in ASKED:
        return str(event["at"])
    text, run = event["details"]["envelope"], event["subject"]
    first = [e for e in bundle.named(ASKED[0], on=run) if e["details"]["envelope"] == text]
    used = first[0]["at"] if first and first[0]["sequence"] < event["sequence"] else event["at"]
    arrived = [e["at"] for e in bundle.named("request.admitted") if e["details"]["envelope"] == text]
    waited = [at for at in arrived if timedelta(0) <= moment(used) - moment(at) <= QUEUE]
    return str(min(waited, default=used))


def moment(text: str) -> datetime:
    """Return the moment that a text of the ledger spells."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def place(event: Json) -> str:
    """Return how an event is named in a message."""
    return f"{EXCERPT}: event {event['sequence']}"


def signed_act(bundle: Bundle, event: Json, roles: tuple[str, ...]) -> None:
    """Prove that the actor of an event signed exactly what it tells, in one of the roles that may."""
    name, told = place(event), dict(event["details"])
    act, signer = opened(bundle, name, base64.b64decode(told.pop("envelope", "")), ACT, event)
    keys = ("action", "subject", "reason", "role")
    same = [act[key] for key in keys] == [event[key] for key in keys] and act["details"] == told
    who = [act["signer"], act["role"], event["actor"]]
    need(
        same and who == [signer["subject"], signer["details"]["role"], signer["subject"]],
        f"{name} ({event['action']}) is not what {event['actor']} signed",
    )
    need(act["role"] in roles, f"{name} ({event['action']}) is by one whose role may not do that")


def check_told_once(events: list[Json]) -> int:
    """Prove that no event copies a signature from an earlier one; return how many there are.

    From an ECDSA signature (r, s) anyone can make (r, n - s): r alone tells two apart. A request may name several
    studies, and the run that it began may go on with it.
    """
    seen = dict[tuple[str, bytes, str], Json]()
    for event in events:
        text = event.get("details", {}).get("envelope", "")
        if not text or event["action"] in ("checkpoint.signed", "request.admitted"):
            continue
        parts = as_json(place(event), base64.b64decode(text))
        proof = base64.b64decode(parts["signatures"][0]["sig"])
        study = event["subject"].partition("/")[0] if event["action"] in ASKED else ""
        first = seen.setdefault((parts["payload"], proof[4 : 4 + proof[3]], study), event)
        goes_on = event["action"] == ASKED[1] and event["subject"] == first["subject"]
        need(first is event or goes_on, f"{place(event)} copies the signature in event {first['sequence']}")
    return len(seen)


def requester(bundle: Bundle, run: str) -> tuple[str, bytes]:
    """Prove the requests by which a run began and went on; return who asked first, and their public key."""
    asker, key = "", b""
    first = bundle.named("run.requested", on=run)
    need(first, f"{EXCERPT}: nobody asked for {run}")
    identity = first[0]["details"]["identity"]
    for event in bundle.named(*ASKED, on=run):
        name, asked = place(event), base64.b64decode(event["details"]["envelope"])
        signed, signer = opened(bundle, name, asked, ACT, event)
        said, wanted = signed["details"], identity["status"] == "exploratory"
        told = [signer["subject"], signed["signer"], signed["reason"], said["month"], said["exploratory"]]
        same = told == [event["actor"], event["actor"], event["reason"], run.split("/")[1], wanted]
        same = same and said.get("commit", identity["code_commit"]) == identity["code_commit"]
        same = same and signed["action"] == ASKED[0]
        need(same and run.split("/")[0] in said["studies"], f"{name} is another request")
        may = signer["details"]["role"] in ("analyst", "operator", "service")
        need(may, f"{name} is by one whose role may not ask for a run")
        asker, key = asker or signer["subject"], key or (bundle.scratch / "key").read_bytes()
    return asker, key


def signed_decision(bundle: Bundle, event: Json, asker: str, key: bytes) -> tuple[Json, Json]:
    """Prove a decision: who signed it, for which run, in which role, and not the one who asked for the run.

    Return what was said, and the digests that it was signed on.
    """
    name, envelope = place(event), base64.b64decode(event["details"]["envelope"])
    signed, signer = opened(bundle, name, envelope, DECISION, event)
    said, who = signed["predicate"], signer["details"]
    claimed = [said[each] for each in ("run", "signer", "printed_name", "role", "certificate")]
    known = [event["subject"], signer["subject"], who["name"], who["role"], who["fingerprint"]]
    need(claimed == known and event["actor"] == signer["subject"], f"{name} is another person's or run's")
    need(who["role"] in ("reviewer", "quality"), f"{name} is by one whose role may not decide")
    need(event["actor"] != asker, f"{name} is on the signer's own request")
    need((bundle.scratch / "key").read_bytes() != key, f"{name} is by the requester's own key")
    need(event["reason"] == said["reason"] and event["role"] == said["role"], f"{name} tells other words")
    return said, {each["name"]: next(iter(each["digest"].values())) for each in signed["subject"]}


def withheld(bundle: Bundle) -> dict[str, tuple[str, Any]]:
    """Return mode and git's name of the files of other studies that the export leaves out; no other file may be."""
    study, found = bundle.manifest["run"].partition("/")[0], Json()
    own = (f"studies/{study}.yaml", f"studies/sources/{study}/")
    for entry in as_json(WITHHELD, bundle.files.get(WITHHELD, b'{"files": []}'))["files"]:
        other = entry["name"].startswith("studies/") and not entry["name"].startswith(own)
        need(other, f"{WITHHELD}: {entry['name']} is no other study's, and must be in the export")
        found[entry["name"]] = (entry["mode"], entry["blob"])
    return found


def tree_name(files: dict[str, tuple[str, Any]]) -> str:
    """Return the name that git gives a tree of files, each with its mode and its contents, or git's name of them."""
    lines, folders = {}, {name.partition("/")[0] for name in files if "/" in name}
    for name, (mode, data) in files.items():
        if "/" not in name:
            blob = data if isinstance(data, str) else digest(b"blob %d\0" % len(data) + data, "sha1")
            lines[name] = f"{mode} {name}\0".encode() + bytes.fromhex(blob)
    for folder in folders:
        inner = {n[len(folder) + 1 :]: file for n, file in files.items() if n.startswith(f"{folder}/")}
        lines[f"{folder}/"] = f"40000 {folder}\0".encode() + bytes.fromhex(tree_name(inner))
    tree = b"".join(lines[name] for name in sorted(lines, key=str.encode))
    return digest(b"tree %d\0" % len(tree) + tree, "sha1")
